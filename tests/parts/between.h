// SPDX-License-Identifier: Apache-2.0
//
// Random convolutions whose operands are files, computed in memory and part by part.
#ifndef TESTS_PARTS_BETWEEN_H
#define TESTS_PARTS_BETWEEN_H

#include "parts/run.h"
#include "parts/store.h"
#include "scratch.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

// Numbers that look random, always the same: the state of xorshift64*, not 0.
typedef struct numbers {
    uint64_t state;
} numbers;

// From `least` to `most`, both included.
int64_t number_between(numbers *n, int64_t least, int64_t most);

// A convolution with its operands, which are also in x.npy and, if there is one, r.npy.
typedef struct between {
    faltung_conv conv;
    array input, weight, bias, residual, expected;
    bool has_bias, has_residual;
    char text[512]; // for messages
} between;

// A random one of some hundred to a few ten thousand outputs, computed.
void between_make(scratch *t, between *b, numbers *n);
void between_free(between *b);

// What computes it part by part into y.npy, in pieces of about so many bytes.
parts_request between_request(const between *b, size_t piece);

// Asserts that y.npy is what was computed in memory, and that there is nothing else.
void assert_computed(scratch *t, const between *b);

#endif
