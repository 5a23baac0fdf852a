// SPDX-License-Identifier: Apache-2.0
//
// One convolution, computed by every instruction set that this processor has, between unmapped
// pages, and compared with the oracle.
#ifndef FALTUNG_TESTS_SWEEP_TRIAL_H
#define FALTUNG_TESTS_SWEEP_TRIAL_H

#include "oracle.h"

// How a trial is computed.
typedef enum way {
    BY_ONE_CALL,
    PLANNED,  // with a workspace of its own
    IN_PARTS, // so, and in four parts
    IN_SLABS, // so, and of no more of the operands than they need
} way;

typedef struct trial {
    sample sample; // measured
    faltung_dtype dtype;
    bool with_bias;
    way way;
    bool channels_last; // in input and output
    int threads;        // 0: as many as pay
    faltung_accuracy accuracy;
    const char *algorithm; // that is asked for, if it can compute this; NULL: the best one is
    bool once; // by one instruction set and against one page, which are chosen at random
} trial;

// Memory for all trials, and a word about the current one should it crash. To be called by the test
// that runs them.
void trials_begin(void);
void trials_end(void);

// Computes a trial on small integers, whose sums are exact in any order, with all its operands,
// workspace and packed weights against an unmapped page, once at their ends and once at their
// begins, or as `once` says. Fails the test, naming the problem, unless every element of the output
// is exact; or, where numbers are transformed, within what that explains, and of the same bits for
// all instruction sets. An algorithm that is asked for and cannot compute this leaves nothing to
// do.
void trial_check(const trial *t, prng *random);

#endif
