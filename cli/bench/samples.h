// SPDX-License-Identifier: Apache-2.0
//
// Figures that were measured again and again.
#ifndef CLI_BENCH_SAMPLES_H
#define CLI_BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

// All zeros is empty.
typedef struct samples {
    double *value;
    size_t count, room;
} samples;

// False if there is no memory for it; what was there stays.
bool samples_add(samples *s, double value);
void samples_free(samples *s);

// Of at least one sample. The median sorts them.
double samples_least(const samples *s);
double samples_greatest(const samples *s);
double samples_median(samples *s);

// The median of `count` values, at least 1, which it sorts; of an even number the mean of the two
// in the middle.
double median_of(double *value, size_t count);

#endif
