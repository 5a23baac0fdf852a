// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd_gradient/layout.h"

#include "base/checked.h"

// Whole rows of tiles, where these are short, or equal parts of one: some 32 tiles, so that sums
// are not read and written too often, nor chains too long to be exact.
static int64_t chunk_size(const fal_gradient_layout *l)
{
    const int64_t most = 32;
    if (l->wide > most)
        return fal_ceil_divide(l->wide, fal_ceil_divide(l->wide, most));
    return fal_least(l->tiles, most / l->wide * l->wide);
}

// As many planes as have the sums of all elements in a little more than the cache that bands have:
// where 64 fit but barely, all channels are transformed once. Blocks are nearly equal.
static int64_t find_planes(const fal_task *task, int64_t channels)
{
    const int64_t planes = task->problem.batch, most = task->kernels->winograd->most;
    const int64_t numbers = task->tuning.band_bytes * 5 / 4 / (int64_t)sizeof(float);
    const int64_t fit = numbers / (FAL_WINOGRAD_ELEMENTS * channels);
    return fal_ceil_divide(planes, fal_ceil_divide(planes, fal_most(fit, most)));
}

fal_gradient_layout fal_gradient_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t width = task->kernels->winograd->channels, lanes = task->kernels->lanes;
    const int64_t near = 64; // channels
    fal_gradient_layout l = {
        .high = fal_ceil_divide(p->axis[1].kernel, FAL_WINOGRAD_TILE),
        .wide = fal_ceil_divide(p->axis[2].kernel, FAL_WINOGRAD_TILE),
    };
    l.tiles = p->input_channels * p->axis[0].kernel * l.high * l.wide;
    l.chunk = chunk_size(&l);
    l.channels = fal_round_up(fal_least(p->output_channels, near), width);
    l.planes = find_planes(task, l.channels);
    l.row = (fal_least(l.chunk, l.wide) * FAL_WINOGRAD_TILE + 2) * lanes;
    l.pitch = fal_round_up(l.planes, lanes);
    l.of_planes = l.chunk * l.pitch + FAL_GRADIENT_LINE;
    l.of_channels = l.chunk * width;
    l.of_sums = l.planes * width + FAL_GRADIENT_LINE;
    return l;
}
