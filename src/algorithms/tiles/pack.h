// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_TILES_PACK_H
#define FAL_ALGORITHMS_TILES_PACK_H

#include "algorithms/tiles/layout.h"
#include "base/checked.h"

// The outputs that a band is packed for.
typedef struct fal_tiles_band {
    int64_t image, group, depth, row, column, rows, columns;
} fal_tiles_band;

// Bytes of the packed weights and biases of all groups, and where those of one begin: the sums of
// all blocks before anything is added, then their weights.
size_t fal_tiles_packed_bytes(const fal_task *task);
const char *fal_tiles_packed_group(const fal_tiles_layout *l, const void *packed, int64_t group);

void fal_tiles_pack(const fal_task *task, const fal_operands *all, void *packed);

// Packs the input that a band needs, number by number, or pixel by pixel.
void fal_tiles_pack_planes(const fal_task *task, const fal_tiles_layout *l, const fal_view *input,
                           const fal_tiles_band *band, uint32_t *to);
void fal_tiles_pack_pixels(const fal_task *task, const fal_tiles_layout *l, const fal_view *input,
                           const fal_tiles_band *band, uint32_t *to);

// Some of the columns or rows of a phase: [begin, end).
typedef struct fal_tiles_range {
    int64_t begin, end;
} fal_tiles_range;

// Which of `count` positions, a stride apart from `first` on, are of the input.
static inline fal_tiles_range fal_tiles_find_inside(const fal_problem_axis *axis, int64_t first,
                                                    int64_t count)
{
    fal_tiles_range r = {0, 0};
    if (first < 0)
        r.begin = fal_least(count, fal_ceil_divide(-first, axis->stride));
    if (first < axis->input)
        r.end = fal_least(count, fal_ceil_divide(axis->input - first, axis->stride));
    r.end = fal_most(r.begin, r.end);
    return r;
}

// Positions of an axis that some outputs read of a phase, which begins with the `phase`-th. Those
// behind them may not be there.
static inline int64_t fal_tiles_count_read(const fal_problem_axis *axis, int64_t phase,
                                           int64_t outputs)
{
    const int64_t reach = axis->dilation * (axis->kernel - 1);
    return fal_ceil_divide((outputs - 1) * axis->stride + reach + 1 - phase, axis->stride);
}

#endif
