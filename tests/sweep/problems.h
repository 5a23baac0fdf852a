// SPDX-License-Identifier: Apache-2.0
//
// Which convolutions are tried: those over planes are combinations of values of many factors.
#ifndef FALTUNG_TESTS_SWEEP_PROBLEMS_H
#define FALTUNG_TESTS_SWEEP_PROBLEMS_H

#include "covering.h"
#include "trial.h"

// Channels of a group 1 to 35, planes 1 to 20, kernels 1 to 7, strides 1 to 3, dilations 1 and 2,
// paddings 0 to 3 on each side, grouped, transposed, and more: any two values together.
covering all_pairs(void);

// Of each factor those values that kernels and layouts may take for special: any three together.
covering special_triples(void);

// The trials that their combinations stand for.
trial trial_of_pairs(const int *combination);
trial trial_of_triples(const int *combination);

// The trial that some bytes stand for, each a factor's value; false if it makes no sense, or takes
// long.
bool trial_of_bytes(const uint8_t *bytes, size_t count, trial *t);

// Kernels of 3x3 without strides for an output of that width, of enough channels to be computed by
// Winograd's transforms.
trial trial_of_tiles(prng *random, int64_t width);

// Kernels of 3 or 4 with a stride of 2, or transposed so, for an output of about that width, by
// Winograd's transforms.
trial trial_of_phases(prng *random, int64_t width);

// A kernel of up to so many rows and columns without strides, by Fourier transforms.
trial trial_of_spectra(prng *random, int64_t kernel);

// Any trial, over 1 to 3 axes.
trial trial_by_chance(prng *random);

#endif
