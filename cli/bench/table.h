// SPDX-License-Identifier: Apache-2.0
//
// The built-in layer table: what networks are made of, and what other libraries are compared by.
#ifndef CLI_BENCH_TABLE_H
#define CLI_BENCH_TABLE_H

typedef struct layer {
    const char *name;
    const char *problem; // some of which the library may not be able to compute
    int target;          // share of the ceiling that it is to reach, in percent; 0: it is bound by
                         // memory, or none has been set
} layer;

extern const layer layers[];
extern const int layer_count;

#endif
