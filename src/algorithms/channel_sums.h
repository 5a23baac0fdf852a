// SPDX-License-Identifier: Apache-2.0
//
// Sums over everything but the channels: what a bias contributes to.
#ifndef FAL_ALGORITHMS_CHANNEL_SUMS_H
#define FAL_ALGORITHMS_CHANNEL_SUMS_H

#include <faltung.h>

// Images, depth, rows and columns.
enum { FAL_SUM_AXES = FALTUNG_MAX_AXES + 1 };

// Where the elements are; distances in elements.
typedef struct fal_channel_sums {
    faltung_dtype dtype;
    const void *input;
    int64_t channels, channel; // how many, and how far apart
    int64_t size[FAL_SUM_AXES], step[FAL_SUM_AXES];
    void *output; // a sum of each channel
    int64_t output_step;
} fal_channel_sums;

// How many channels are best summed at once.
int64_t fal_channels_at_once(const fal_channel_sums *sums);

// Sums `count` channels from `first` on, no more than fal_channels_at_once.
//
// A channel's elements are taken in the order of their indexes, in double, and cut into chunks of
// 4096. Element i of a chunk is added to partial sum i mod 16; these are added in halves, 8 to 15
// to 0 to 7, and so on. Chunks are added in pairs, pairs in pairs, and so on; what is left over at
// the end from the last to the first. The order depends on the number of elements only.
void fal_sum_channels(const fal_channel_sums *sums, int64_t first, int64_t count);

#endif
