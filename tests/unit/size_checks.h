// SPDX-License-Identifier: Apache-2.0
//
// One axis, whatever its numbers are, against the model. Each fails the test, naming the axis.
#ifndef FALTUNG_TESTS_SIZE_CHECKS_H
#define FALTUNG_TESTS_SIZE_CHECKS_H

#include <faltung.h>

// Its output's size.
void size_check_output(const faltung_axis *axis);

// That, its padding by every rule, its interval of paddings and its limits.
void size_check_all(const faltung_axis *axis);

#endif
