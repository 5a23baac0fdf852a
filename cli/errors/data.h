// SPDX-License-Identifier: Apache-2.0
//
// Numbers that sums are put to the test with.
#ifndef CLI_ERRORS_DATA_H
#define CLI_ERRORS_DATA_H

#include <faltung.h>

// Fills `count` numbers of an input, or of a weight, which differ; the same every time.
typedef struct data_kind {
    const char *name;
    void (*fill)(float *numbers, int64_t count, bool is_weight);
} data_kind;

extern const data_kind data_kinds[];
extern const int data_kind_count;

#endif
