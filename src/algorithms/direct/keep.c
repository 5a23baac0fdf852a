// SPDX-License-Identifier: Apache-2.0
//
// Pixels in the lanes of many channels, none of which needs its neighbours. In the input each
// channel is in another page, and vectors may lie over two lines of the cache; packing them before
// anything is computed waits for memory. So the first tile of output channels reads them where they
// are, and keeps them in the band, in which the others read them; and meanwhile these have what the
// next band needs brought near.
#include "algorithms/direct/work.h"

#include "algorithms/chunks.h"
#include "base/checked.h"
#include "base/memory.h"

#include <limits.h>

// What a band of so many rows and columns takes of a channel of the input, in numbers.
static int64_t find_span(const fal_work *w, int64_t rows, int64_t columns)
{
    return (rows - 1) * w->source.row + columns;
}

bool fal_can_be_kept(const fal_task *task, const fal_layout *l)
{
    const fal_problem *p = &task->problem;
    const int64_t tiles = 4; // of which the first one is slower
    return l->taps == 1 && l->lanes.is_long && l->lanes.pieces == 1 &&
           p->input_channels >= task->tuning.kept / 4 &&
           p->output_channels >= tiles * task->kernels->longs[0]->channels;
}

// Where vectors can begin with lines of the input, which those of several rows cannot, it takes
// more channels.
bool fal_pays_to_keep(const fal_task *task, const fal_layout *l)
{
    return fal_can_be_kept(task, l) &&
           (task->problem.input_channels >= task->tuning.kept || l->rows > 1);
}

void fal_find_kept(fal_work *w)
{
    const int64_t size = w->task->kernels->size, channels = w->task->problem.input_channels;
    const int64_t rows = fal_least(w->l->rows, w->part->end[FAL_ROW] - w->part->begin[FAL_ROW]);
    const int64_t span = w->task->kernels->lanes + find_span(w, rows, w->l->columns);
    w->kept = w->source;
    w->kept.channel = fal_round_to_odd_lines(span, size);
    const bool pays =
        fal_pays_to_keep(w->task, w->l) || w->all->input.channel % w->task->kernels->lanes != 0;
    w->keeps = pays && w->source.row >= 0 && w->kept.channel * channels <= w->l->band;
}

// Where the band that will be computed after this one begins; NULL: there is none in this part.
static const char *find_next(const fal_work *w, fal_band band)
{
    const int64_t *begin = w->part->begin, *end = w->part->end;
    band.column += band.columns;
    if (band.column >= end[FAL_COLUMN]) {
        band.column = begin[FAL_COLUMN];
        band.row += band.rows;
    }
    if (band.row >= end[FAL_ROW]) {
        band.row = begin[FAL_ROW];
        band.image += band.images;
    }
    return band.image < end[FAL_IMAGE] ? fal_find_in_place(w, &band) : NULL;
}

void fal_begin_keeping(fal_work *w, const fal_band *band, bool is_kept)
{
    const int64_t size = w->task->kernels->size;
    const int64_t lines = find_span(w, band->rows, band->columns) * size / FAL_ALIGNMENT + 1;
    // Vectors of few pixels may begin before the first one (long.c), and those behind a head do
    // with a line.
    w->kept.data = (char *)w->desk.band + (w->task->kernels->lanes - band->head) * size;
    w->is_kept = is_kept;
    w->next = find_next(w, *band);
    w->visit = 0;
    w->visits = w->next ? (int)fal_least(2 * lines, INT_MAX) : 0;
}

void fal_keep(const fal_work *w, int64_t channel, fal_long_strip *strip)
{
    const int64_t size = w->task->kernels->size;
    if (!w->keeps)
        return;
    strip->is_near = w->is_kept;
    if (!w->is_kept) {
        strip->keep = (char *)w->kept.data + channel * w->kept.channel * size;
        strip->keep_step = w->kept.channel;
    } else if (w->next) {
        strip->fetch_step = w->source.channel * size;
        strip->fetch = w->next + channel * strip->fetch_step;
        strip->visit = w->visit;
        strip->visits = w->visits;
    }
}
