// SPDX-License-Identifier: Apache-2.0
#include "parts/grid.h"

#include <string.h>

grid grid_of(const faltung_explanation *e, int spatial_axes)
{
    grid g = {.batched = e->rank == spatial_axes + 2, .axes = spatial_axes + 1};
    const int channel = g.batched ? 1 : 0;
    g.channels = e->output_shape[channel];
    g.size[0] = g.batched ? e->output_shape[0] : 1;
    g.block[0] = 1;
    for (int i = 1; i < g.axes; i++) {
        g.size[i] = e->output_shape[channel + i];
        g.block[i] = e->block[channel + i] > 0 ? e->block[channel + i] : 1;
    }
    g.most = g.size[0];
    return g;
}

// Pixels from one index of an axis to the next.
static int64_t step_of(const grid *g, int axis)
{
    int64_t step = 1;
    for (int i = axis + 1; i < g->axes; i++)
        step *= g->size[i];
    return step;
}

span grid_all(const grid *g)
{
    return (span){0, g->size[0] * step_of(g, 0)};
}

// Of what there is along an axis from an index on, as many as a piece may have: up to a multiple of
// blocks, if it is not to the end.
static int64_t count_along(const grid *g, int axis, int64_t index, int64_t left)
{
    int64_t count = g->size[axis] - index;
    if (axis == g->cut && count > g->most)
        count = g->most;
    if (count > left)
        count = left;
    if (index + count < g->size[axis]) {
        int64_t rest = (index + count) % g->block[axis];
        if (rest < count)
            count -= rest;
    }
    return count;
}

faltung_part grid_next(const grid *g, span left, span *taken)
{
    int64_t index[GRID_MAX_AXES], rest = left.begin;
    int axis = g->cut;
    for (int i = 0; i < g->axes; i++) {
        const int64_t step = step_of(g, i);
        index[i] = rest / step;
        rest -= index[i] * step;
    }
    // Along the outermost axis that it may be cut along, at whose index the span begins, and that
    // it does not end within.
    for (rest = left.begin % step_of(g, axis); rest || left.end - left.begin < step_of(g, axis);
         rest = left.begin % step_of(g, axis))
        axis++; // ends: a step along the last axis is 1
    const int64_t step = step_of(g, axis);
    const int64_t count = count_along(g, axis, index[axis], (left.end - left.begin) / step);
    faltung_part part = {{0}, {0}};
    const int channel = g->batched ? 1 : 0;
    part.end[channel] = g->channels;
    for (int i = g->batched ? 0 : 1; i < g->axes; i++) {
        const int at = i == 0 ? 0 : channel + i;
        part.begin[at] = i > axis ? 0 : index[i];
        part.end[at] = i < axis ? index[i] + 1 : i == axis ? index[i] + count : g->size[i];
    }
    *taken = (span){left.begin, left.begin + count * step};
    return part;
}
