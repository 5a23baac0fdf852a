// SPDX-License-Identifier: Apache-2.0
//
// Requests by shape alone: every operand is a view, by strides of 0, of one element, so that a
// request of any size costs nothing.
#ifndef FALTUNG_TESTS_REQUEST_H
#define FALTUNG_TESTS_REQUEST_H

#include "support.h"

typedef struct dims {
    int rank;
    int64_t size[8];
} dims;

// The `dims` of the sizes given.
#define DIMS(...) ((dims){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

typedef struct request {
    faltung_conv conv;
    dims input;
    dims weight;
    dims bias; // rank 0: none
    faltung_dtype weight_dtype;
    faltung_dtype bias_dtype;
} request;

// A request of f32 operands, without a bias.
request request_make(faltung_conv conv, dims input, dims weight);

// Asks for it in every way that the library offers, and fails unless each refuses with the status
// and says the words and, behind them, the detail (NULL: nothing more is asked).
void request_refused(const request *r, faltung_status expected, const char *words,
                     const char *detail);

// Fails unless faltung_output_shape gives this shape.
void request_has_shape(const request *r, dims expected);

// Computes it on an input of ones, f32, with a weight of ones; fails unless every output is
// `expected`. The output's elements must fit into memory.
void request_gives(const request *r, double expected);

#endif
