// SPDX-License-Identifier: Apache-2.0
//
// Reading tests/vectors/convolutions.txt, which holds per case a line such as
//   case conv2d:2x3x8x8,4x3x3x3,padding=1 seed=23 bias=yes output=2x4x8x8
// followed by the output's elements, each the hexadecimal digits of its bits, a complex one those
// of its two parts, and after the last case "end" and the number of cases. Lines that begin with #
// are comments. Anything else is an error: a test that silently skips a case would pass.
#ifndef VECTOR_FILE_H
#define VECTOR_FILE_H

#include <faltung.h>

#include <stdio.h>

typedef struct vector_case {
    char problem[256]; // for faltung_problem_parse
    uint64_t seed;     // of input, weight and bias, drawn in this order
    bool has_bias;
    int rank; // of the output
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int64_t count;      // elements of the output, complex ones counted twice
    faltung_dtype type; // of the elements; 0 if there are none
    double *expected;   // the elements, exactly; of complex ones their parts
} vector_case;

typedef struct vector_file {
    vector_case *cases;
    int count;
} vector_file;

typedef struct vector_error {
    char text[320]; // one line, naming the line of the file
} vector_error;

// Reads all of `stream`. On success the caller frees the file; on failure nothing is left to free,
// and `error` says why.
bool vector_file_read(FILE *stream, vector_file *file, vector_error *error);
void vector_file_free(vector_file *file);

#endif
