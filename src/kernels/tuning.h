// SPDX-License-Identifier: Apache-2.0
//
// What was measured of processors. It decides between ways that give the same bits.
#ifndef FAL_KERNELS_TUNING_H
#define FAL_KERNELS_TUNING_H

#include "kernels/kernels.h"

typedef struct fal_tuning {
    // How fast products are with pixels in the lanes, by the pieces of a vector: 1, 2 and 4; with
    // channels in the lanes it is 1.
    double long_rate[3];
    double piece_steps; // multiply-adds in whose time a vector takes one of several pieces
    double half_steps;  // and in whose time it is taken from two, of every second number each
    double thin_rate;   // how fast they are with channels in the lanes of one vector only
    int64_t in_place;   // the most input channels of which pixels are read in place, one by one
    int64_t broadcast;  // the same with channels in the lanes, where each channel lies by itself
    int64_t kept;       // the fewest of which those that one tile reads are kept for others
    int64_t band_bytes; // of input to be held in the second-level cache
} fal_tuning;

// The figures for kernels on this processor.
fal_tuning fal_find_tuning(const fal_kernels *kernels);

#endif
