// SPDX-License-Identifier: Apache-2.0
//
// Pixels in the lanes, none of which needs its neighbours, are read where they are, one band of
// them by all tiles of output channels in turn. In the input each channel is in another page, where
// no processor sees by itself what will be read, so that meanwhile the next band's lines are
// brought near. Of many channels, or where vectors lie over two lines of the cache, the first tile
// keeps what it reads in a band that is packed so, in which the others read it.
#include "algorithms/direct/work.h"

#include "algorithms/chunks.h"
#include "base/checked.h"
#include "base/memory.h"

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

// Where the band that will be computed after this one begins, of this part or, probably, of what
// this thread computes next; NULL: that is unknown.
static const char *find_next(const fal_work *w, fal_band band)
{
    const int64_t *begin = w->part->begin, *end = w->part->end;
    const int64_t channels = w->task->problem.output_channels;
    band.column += band.columns;
    if (band.column >= end[FAL_COLUMN]) {
        band.column = begin[FAL_COLUMN];
        band.row += band.rows;
    }
    if (band.row >= end[FAL_ROW]) {
        band.row = begin[FAL_ROW];
        band.group++;
    }
    if (band.group * channels >= end[FAL_CHANNEL]) {
        band.group = begin[FAL_CHANNEL] / channels;
        band.image += band.images;
    }
    if (band.image < end[FAL_IMAGE])
        return fal_find_in_place(w, &band);
    band.image = begin[FAL_IMAGE];
    return w->ahead ? fal_find_in_place(w, &band) + w->ahead * w->task->kernels->size : NULL;
}

void fal_begin_keeping(fal_work *w, const fal_band *band, bool is_kept)
{
    const int64_t size = w->task->kernels->size;
    // Vectors of few pixels may begin before the first one (long.c), and those behind a head do
    // with a line.
    w->kept.data = (char *)w->desk.band + (w->task->kernels->lanes - band->head) * size;
    w->is_kept = is_kept;
}

// Whether a band's pixels lie one behind the other and several tiles read them. Outputs that leave
// gaps, as those of phases do, keep memory busy enough.
static bool pays_to_fetch(const fal_work *w, const fal_band *band)
{
    return w->l->taps == 1 && w->l->lanes.is_long && band->rows == 1 && fal_is_in_place(w, band) &&
           w->all->output.axis[2] == 1 &&
           w->task->problem.output_channels > w->task->kernels->longs[0]->channels;
}

void fal_begin_fetching(fal_work *w, const fal_band *band)
{
    const int64_t size = w->task->kernels->size;
    w->next = pays_to_fetch(w, band) ? find_next(w, *band) : NULL;
    w->lines = find_span(w, band->rows, band->columns) * size / FAL_ALIGNMENT + 1;
    w->visit = 0;
}

static bool is_fetching(const fal_work *w)
{
    return w->next && (!w->keeps || w->is_kept);
}

// Whether the pixels of a tile meet in few sets of the first-level cache, since channels are whole
// multiples of a large power of two apart: then no more of them may be brought there. A way of it
// has 4 KiB in all processors that are known here.
static bool is_crowded(const fal_work *w)
{
    const int64_t way = 4096, ways = 8;
    const int64_t apart = w->source.channel * w->task->kernels->size;
    const int64_t sets = way / fal_most(1, fal_least(apart & -apart, way)); // all, if they are one
    return fal_least(w->l->chunk_channels, w->task->problem.input_channels) > ways * sets;
}

// Whether what the next tile reads is brought into the first-level cache. It need not be where so
// many tiles of output channels bring all of it into the second.
static bool looks_ahead(const fal_work *w)
{
    const bool near = w->task->problem.output_channels >= 4 * w->task->kernels->longs[0]->channels;
    return !(w->keeps && w->is_kept) && !(near && is_crowded(w));
}

void fal_do_beside(const fal_work *w, int64_t channel, fal_long_strip *strip)
{
    const int64_t size = w->task->kernels->size;
    strip->looks_ahead = looks_ahead(w);
    if (w->keeps && !w->is_kept) {
        strip->keep = (char *)w->kept.data + channel * w->kept.channel * size;
        strip->keep_step = w->kept.channel;
    }
    if (is_fetching(w)) {
        strip->fetch_step = w->source.channel * size;
        strip->fetch = w->next + channel * strip->fetch_step;
        strip->visit = w->visit;
        strip->lines = w->lines;
    }
}

void fal_count_visits(fal_work *w, int64_t tiles)
{
    w->visit += is_fetching(w) ? tiles : 0;
}
