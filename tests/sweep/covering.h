// SPDX-License-Identifier: Apache-2.0
//
// Few combinations of values of many factors, such that any values of any two or three factors
// occur together.
#ifndef FALTUNG_TESTS_SWEEP_COVERING_H
#define FALTUNG_TESTS_SWEEP_COVERING_H

#include "support.h"

enum { MAX_FACTORS = 32 };

typedef struct covering {
    int factors;
    int levels[MAX_FACTORS]; // values of each factor, counted from 0
    int strength;            // 2: all pairs, 3: all triples
    // What a combination costs, for the cheap ones to be taken first; 0: it makes no sense.
    double (*cost)(const int *combination);
} covering;

// Shows combinations to `visit` until everything that makes sense together has been seen together.
// The same combinations every time. Returns how many there were.
int covering_visit(const covering *c, void (*visit)(const int *combination));

#endif
