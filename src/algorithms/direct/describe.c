// SPDX-License-Identifier: Apache-2.0
#include "algorithms/direct/work.h"

#include "algorithms/direct/flat.h"
#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

static void describe_tiles(const fal_task *task, const fal_layout *l, char *text, size_t size)
{
    const int lanes = task->kernels->lanes;
    if (l->lanes.is_long) {
        const fal_long_kernel *tile = fal_long_tile(task, &l->lanes, 0);
        snprintf(text, size, "pixels in the lanes, tiles of %d channels by %d pixels",
                 tile->channels, tile->vectors * lanes);
    } else {
        const fal_wide_kernel *tile = fal_wide_tile(task, &l->lanes, 0);
        snprintf(text, size, "channels in the lanes, tiles of %d pixels by %d channels",
                 tile->pixels, tile->channels);
    }
}

// Every band is packed, and every band needs all weights of its group.
static double count_bytes(const fal_task *task, const fal_layout *l, bool packs)
{
    const fal_problem *p = &task->problem;
    double images = (double)p->batch * (double)p->groups;
    double outputs = images * (double)p->output_channels;
    double bands = images * (double)p->axis[0].output *
                   (double)fal_ceil_divide(p->axis[1].output, l->rows) *
                   (double)fal_ceil_divide(p->axis[2].output, l->columns);
    double weights = (double)l->products * (double)l->width;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        outputs *= (double)p->axis[i].output;
    // Read, written, and read; or read in place.
    const double size = (double)task->kernels->size, input = (double)task->kernels->input_size;
    double band = (double)l->band * (packs ? input + 2 * size : size);
    return bands * (band + weights * size) + outputs * (double)task->kernels->output_size;
}

void fal_direct_describe(const fal_task *task, fal_description *d)
{
    char tiles[80];
    const bool is_long = fal_prefers_long(task), is_flat = fal_is_pointwise(&task->problem);
    const fal_task flat = fal_flatten_task(task, is_long);
    const fal_task *laid = is_flat ? &flat : task;
    const fal_layout l = fal_lay_out(laid, is_long);
    const bool in_place = fal_can_be_in_place(laid, &l, laid->problem.axis[2].output) ||
                          fal_can_be_broadcast(laid, &l);
    const bool kept = in_place && fal_pays_to_keep(laid, &l);
    describe_tiles(task, &l, tiles, sizeof tiles);
    d->bytes = count_bytes(laid, &l, kept || !in_place);
    snprintf(
        d->how, sizeof d->how,
        "%s; %s of %" PRId64 " by %" PRId64 " outputs%s; sums of %" PRId64 " products at a time",
        tiles,
        kept       ? "bands, packed by the first tile,"
        : in_place ? "input in place, bands"
                   : "bands",
        l.rows, l.columns, is_flat ? " of the plane as one row" : "", l.chunk_channels * l.taps);
}
