// SPDX-License-Identifier: Apache-2.0
//
// What the products of a weight's gradient read: pixels of the kernel, turned while they are
// packed, and the input, packed with its border or where it lies.
#include "algorithms/weight_gradient/work.h"

#include "base/checked.h"

#include <math.h>
#include <string.h>

typedef fal_of_weight_chunk chunk;
typedef fal_of_weight_block block;
typedef fal_of_weight_work work;

void fal_of_weight_pack_kernel(const work *w, const block *b, const chunk *c, int64_t channel)
{
    const fal_view *from = &w->all->weight;
    const int64_t size = w->task->kernels->size;
    const int64_t at = b->group * from->group + (b->channel + channel) * from->outer +
                       c->depth * from->axis[0] + c->row * from->axis[1] +
                       c->column * from->axis[2];
    bool is_flat = from->axis[1] == c->columns * from->axis[2]; // rows go on where others end
    fal_box box = {
        .to = w->desk.weight,
        .planes = is_flat ? 1 : c->rows,
        .rows = is_flat ? c->rows * c->columns : c->columns,
        .columns = fal_least(w->cut.channels, b->channels - channel),
        .from_plane = from->axis[1],
        .from_row = from->axis[2],
        .from_column = from->outer,
        .to_plane = c->columns * w->cut.channels,
        .to_row = w->cut.channels,
    };
    for (int64_t n = 0; n < c->images; n++) {
        box.from = (const char *)from->data +
                   (at + (c->image + n) * from->channel) * w->task->kernels->input_size;
        w->task->kernels->copy(&box);
        box.to = (char *)box.to + c->rows * c->columns * w->cut.channels * size;
    }
}

// What of an axis of the input lies in a range of positions: [*begin, *end) of the range.
static void clip(int64_t first, int64_t count, int64_t size, int64_t *begin, int64_t *end)
{
    *begin = fal_least(fal_most(-first, 0), count);
    *end = fal_most(*begin, fal_least(count, size - first));
}

// The first pixel that a chunk needs, perhaps outside the input.
typedef struct corner {
    int64_t depth, row, column;
} corner;

static corner find_corner(const work *w, const block *b, const chunk *c)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    return (corner){
        c->depth * axis[0].dilation + b->depth * axis[0].stride - axis[0].padding,
        c->row * axis[1].dilation - axis[1].padding,
        c->column * axis[2].dilation - axis[2].padding,
    };
}

static const char *find_pixel(const work *w, const block *b, int64_t image, const corner *at)
{
    const fal_view *from = &w->all->input;
    const int64_t pixel = b->group * from->group + b->plane * from->outer + image * from->channel +
                          at->depth * from->axis[0] + at->row * from->axis[1] +
                          at->column * from->axis[2];
    return (const char *)from->data + pixel * w->task->kernels->input_size;
}

// The pixels of all planes of a block that a chunk needs, with the border's zeros.
static void pack_band(work *w, const block *b, const chunk *c)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *from = &w->all->input;
    const int64_t size = w->task->kernels->size;
    corner at = find_corner(w, b, c);
    int64_t begin[2], end[2];
    clip(at.row, w->cut.band_rows, p->axis[1].input, &begin[0], &end[0]);
    clip(at.column, w->cut.band_columns, p->axis[2].input, &begin[1], &end[1]);
    bool empty =
        at.depth < 0 || at.depth >= p->axis[0].input || begin[0] == end[0] || begin[1] == end[1];
    bool whole = !empty && begin[0] == 0 && begin[1] == 0 && end[0] == w->cut.band_rows &&
                 end[1] == w->cut.band_columns;
    if (!w->is_clear) // planes that fill up a tile, too, which nobody else writes to
        memset(w->desk.band, 0, (size_t)(w->cut.band * size));
    else if (!whole)
        memset(w->desk.band, 0, (size_t)(b->planes * w->cut.plane * size));
    w->is_clear = true;
    if (empty)
        return;
    at.row += begin[0];
    at.column += begin[1];
    int64_t to = begin[0] * w->cut.band_columns + begin[1];
    for (int64_t n = 0; n < c->images; n++, to += w->cut.image) {
        const fal_box box = {
            .from = find_pixel(w, b, c->image + n, &at),
            .to = (char *)w->desk.band + to * size,
            .planes = b->planes,
            .rows = end[0] - begin[0],
            .columns = end[1] - begin[1],
            .from_plane = from->outer,
            .from_row = from->axis[1],
            .from_column = from->axis[2],
            .to_plane = w->cut.plane,
            .to_row = w->cut.band_columns,
        };
        w->task->kernels->copy(&box);
    }
}

// Whether an axis' border has no part in any product.
static bool is_inside(const fal_problem_axis *axis)
{
    const int64_t last = (axis->output - 1) * axis->stride + axis->dilation * (axis->kernel - 1);
    return axis->padding == 0 && last < axis->input;
}

// Whether everything that a block reads of a chunk is so near that offsets reach it.
static bool is_near(const work *w, const block *b)
{
    const double most = (double)(INT32_C(1) << 30);
    const fal_view *from = &w->all->input;
    const fal_cut *c = &w->cut;
    const double reach = fabs((double)from->outer) * (double)b->planes +
                         fabs((double)from->channel) * (double)c->images +
                         fabs((double)from->axis[1]) * (double)c->band_rows +
                         fabs((double)from->axis[2]) * (double)c->band_columns;
    return reach < most;
}

// Whether products can read the input where it lies: all of it inside, in runs of which none is
// longer than the planes or columns that there are, and not so far apart that a tile's planes meet
// in one or two sets of a first-level cache.
static bool can_be_in_place(const work *w, const block *b)
{
    const fal_problem *p = &w->task->problem;
    const int64_t size = w->task->kernels->size, apart = w->all->input.outer * size;
    const int64_t columns = b->part->end[FAL_COLUMN] - b->part->begin[FAL_COLUMN];
    const int64_t count = b->tiling.along_columns ? columns : b->planes;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        if (!is_inside(&p->axis[i]))
            return false;
    return w->task->kernels->input_size == size && count % b->tiling.kernel->run == 0 &&
           apart % 2048 != 0 && is_near(w, b);
}

fal_of_weight_source fal_of_weight_find_source(const work *w, const block *b)
{
    const fal_view *from = &w->all->input;
    if (can_be_in_place(w, b))
        return (fal_of_weight_source){true, from->outer, from->channel, from->axis[1],
                                      from->axis[2]};
    return (fal_of_weight_source){false, w->cut.plane, w->cut.image, w->cut.band_columns, 1};
}

const void *fal_of_weight_prepare_input(work *w, const block *b, const chunk *c)
{
    const corner first = find_corner(w, b, c);
    if (b->source.in_place)
        return find_pixel(w, b, c->image, &first);
    pack_band(w, b, c);
    return w->desk.band;
}

void fal_of_weight_fill_offsets(work *w, const fal_of_weight_source *from, const chunk *c)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const int64_t row = axis[1].dilation * from->row, column = axis[2].dilation * from->column;
    int32_t *to = w->desk.offset;
    if (w->in_place == from->in_place && w->images == c->images && w->rows == c->rows &&
        w->columns == c->columns)
        return;
    for (int64_t n = 0; n < c->images; n++)
        for (int64_t r = 0; r < c->rows; r++)
            for (int64_t x = 0; x < c->columns; x++)
                *to++ = (int32_t)(n * from->image + r * row + x * column);
    w->in_place = from->in_place;
    w->images = c->images;
    w->rows = c->rows;
    w->columns = c->columns;
}
