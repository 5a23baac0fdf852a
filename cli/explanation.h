// SPDX-License-Identifier: Apache-2.0
//
// Why a padding is what it is.
#ifndef CLI_EXPLANATION_H
#define CLI_EXPLANATION_H

#include <faltung.h>
#include <stdio.h>

// Explains the padding of an axis that `rule` has found, with `output` as the size that comes of
// it: the interval of symmetric paddings for that size, their limits over all inputs, and by how
// much the sampling grid is shifted against the other rules' with the same output. A few lines of
// words; or one JSON object, without the members that do not apply.
void explain_padding(FILE *file, const faltung_axis *axis, int64_t output,
                     faltung_padding_rule rule, bool as_json);

#endif
