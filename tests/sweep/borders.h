// SPDX-License-Identifier: Apache-2.0
//
// What padding shows of an input, by hand.
#ifndef FALTUNG_TESTS_SWEEP_BORDERS_H
#define FALTUNG_TESTS_SWEEP_BORDERS_H

#include "trial.h"

// A mode that a sample may have, at random; zeros where it may have no other.
faltung_padding_mode choose_mode(const sample *s, prng *random);

// The sums over an input that was padded by hand, to be freed.
oracle_sum *sums_of_padded(const trial *t, const operands *o, faltung_padding_mode mode);

#endif
