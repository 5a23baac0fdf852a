// SPDX-License-Identifier: Apache-2.0
#include "plan/grid.h"

#include "base/checked.h"

int64_t fal_grid_extent(const fal_grid *g, int axis)
{
    return g->part.end[axis] - g->part.begin[axis];
}

int64_t fal_grid_count(fal_grid *g)
{
    g->pieces = 1;
    for (int i = 0; i < FAL_PART_AXES; i++) {
        g->count[i] = fal_ceil_divide(fal_grid_extent(g, i) + g->missing[i], g->size[i]);
        g->pieces *= g->count[i];
    }
    return g->pieces;
}

void fal_grid_divide_channels(fal_grid *g, int64_t grain, int64_t times)
{
    int64_t size = fal_ceil_divide(g->size[FAL_CHANNEL], times);
    g->size[FAL_CHANNEL] = fal_least(g->size[FAL_CHANNEL], fal_round_up(size, grain));
}

fal_part fal_grid_locate(const fal_grid *g, const int order[FAL_PART_AXES], int64_t index)
{
    fal_part piece = {.ahead = 0};
    for (int k = 0; k < FAL_PART_AXES; k++) {
        int i = order[k];
        const int64_t begin = g->part.begin[i] - g->missing[i] + index % g->count[i] * g->size[i];
        piece.begin[i] = fal_most(begin, g->part.begin[i]);
        piece.end[i] = fal_least(begin + g->size[i], g->part.end[i]);
        index /= g->count[i];
    }
    return piece;
}
