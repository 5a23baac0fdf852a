// SPDX-License-Identifier: Apache-2.0
//
// A model of sizes and paddings: the formulas of the header, in integers so wide that nothing in
// them can overflow. It says which statuses are right for an axis, as a set of bits (1 << status):
// where several things are wrong with it at once, any of them may be named.
#ifndef FALTUNG_TESTS_SIZE_MODEL_H
#define FALTUNG_TESTS_SIZE_MODEL_H

#include <faltung.h>

__extension__ typedef __int128 wide;

typedef struct model_padding {
    wide begin;
    wide end;
    wide output_padding;
} model_padding;

typedef struct model_interval {
    wide output;
    wide twice_min;
    wide twice_max;
    bool exists;
    wide lowest;
} model_interval;

// Each gives the set of statuses and, if FALTUNG_OK is among them, the result.
unsigned model_output_size(const faltung_axis *axis, wide *size);
unsigned model_set_padding(const faltung_axis *axis, faltung_padding_rule rule,
                           model_padding *padding);
unsigned model_find_interval(const faltung_axis *axis, model_interval *interval);
unsigned model_find_limits(const faltung_axis *axis, wide *low, wide *high);

#endif
