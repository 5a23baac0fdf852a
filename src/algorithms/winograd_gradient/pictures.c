// SPDX-License-Identifier: Apache-2.0
//
// The two pictures on their way to transformed tiles: a row of tiles is copied for a vector of
// channels, which come to lie in the lanes, with zeros outside, and transformed there.
#include "algorithms/winograd_gradient/work.h"

#include "base/checked.h"

#include <string.h>

enum { EDGE = 6 };

// Neighbouring tiles of a chunk: `slot` is the first one's number in it.
typedef struct run {
    int64_t image, depth, row, column, tiles, slot; // row and column in tiles
} run;

// The run that begins with a tile.
static run find_run(const fal_gradient_work *w, const fal_gradient_chunk *c, int64_t tile)
{
    const fal_gradient_layout *l = &w->layout;
    const int64_t deep = w->task->problem.axis[0].kernel, row = tile / l->wide;
    run r = {.column = tile % l->wide,
             .row = row % l->high,
             .depth = row / l->high % deep,
             .image = row / l->high / deep,
             .slot = tile - c->first};
    r.tiles = fal_least(l->wide - r.column, c->first + c->tiles - tile);
    return r;
}

// Rows of a picture of some channels, of which those outside are zeros.
typedef struct picture {
    const void *from; // the first channel's plane
    int64_t channels, step;
    const int64_t *axis; // distances
    int64_t size[2];     // of the plane
    int64_t first[2];    // where rows and columns begin
    int64_t rows, columns;
} picture;

// The part [*begin, *end) of `count` positions from `first` on that are of an axis.
static void clip(int64_t first, int64_t count, int64_t size, int64_t *begin, int64_t *end)
{
    *begin = fal_least(fal_most(0, -first), count);
    *end = fal_most(*begin, fal_least(count, size - first));
}

// The first `lanes` channels, or as many as there are, side by side.
static void copy_band(const fal_gradient_work *w, const picture *p)
{
    const fal_kernels *k = w->task->kernels;
    int64_t begin[2], end[2];
    clip(p->first[0], p->rows, p->size[0], &begin[0], &end[0]);
    clip(p->first[1], p->columns, p->size[1], &begin[1], &end[1]);
    const int64_t channels = fal_least(p->channels, k->lanes);
    const bool is_whole = end[0] - begin[0] == p->rows && end[1] - begin[1] == p->columns;
    if (!is_whole || channels < k->lanes)
        memset(w->desk.band, 0, (size_t)(p->rows * w->layout.row) * sizeof(float));
    if (begin[0] == end[0] || begin[1] == end[1])
        return;
    const int64_t at =
        (p->first[0] + begin[0]) * p->axis[1] + (p->first[1] + begin[1]) * p->axis[2];
    const fal_box box = {
        .from = (const char *)p->from + at * k->input_size,
        .to = w->desk.band + begin[0] * w->layout.row + begin[1] * k->lanes,
        .planes = end[0] - begin[0],
        .rows = end[1] - begin[1],
        .columns = channels,
        .from_plane = p->axis[1],
        .from_row = p->axis[2],
        .from_column = p->step,
        .to_plane = w->layout.row,
        .to_row = k->lanes,
    };
    k->copy(&box);
}

// Every vector of a picture's channels, `lanes` numbers apart where they go.
static void transform_run(const fal_gradient_work *w, picture p, fal_winograd_turned t,
                          void (*transform)(const fal_winograd_turned *tiles))
{
    const fal_kernels *k = w->task->kernels;
    t.from = w->desk.band;
    t.row = w->layout.row;
    for (; p.channels > 0; p.channels -= k->lanes) {
        copy_band(w, &p);
        transform(&t);
        p.from = (const char *)p.from + k->lanes * p.step * k->input_size;
        t.to = (float *)t.to + k->lanes;
    }
}

static void transform_planes(const fal_gradient_work *w, const fal_gradient_block *b, const run *r)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_view *view = &w->all->input;
    const fal_gradient_layout *l = &w->layout;
    const int64_t depth = r->depth * axis[0].dilation + b->depth * axis[0].stride - axis[0].padding;
    const bool is_there = depth >= 0 && depth < axis[0].input;
    const int64_t at = b->group * view->group + b->plane * view->outer + r->image * view->channel +
                       (is_there ? depth * view->axis[0] : 0);
    const picture p = {
        .from = (const char *)view->data + at * w->task->kernels->input_size,
        .channels = b->planes,
        .step = view->outer,
        .axis = view->axis,
        .size = {is_there ? axis[1].input : 0, axis[2].input},
        .first = {r->row * FAL_WINOGRAD_TILE - axis[1].padding,
                  r->column * FAL_WINOGRAD_TILE - axis[2].padding},
        .rows = EDGE,
        .columns = r->tiles * FAL_WINOGRAD_TILE + EDGE - FAL_WINOGRAD_TILE,
    };
    const fal_winograd_turned t = {
        .tiles = r->tiles,
        .to = w->desk.planes + r->slot * l->pitch,
        .to_tile = l->pitch,
        .to_element = l->of_planes,
    };
    transform_run(w, p, t, w->task->kernels->winograd->turned_input);
}

static void transform_channels(const fal_gradient_work *w, const fal_gradient_block *b,
                               const run *r, int64_t channel, int64_t past)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_view *view = &w->all->weight;
    const int64_t width = w->task->kernels->winograd->channels;
    const int64_t at = b->group * view->group + channel * view->outer + r->image * view->channel +
                       r->depth * view->axis[0];
    const picture p = {
        .from = (const char *)view->data + at * w->task->kernels->input_size,
        .channels = fal_least(width, past - channel),
        .step = view->outer,
        .axis = view->axis,
        .size = {axis[1].kernel, axis[2].kernel},
        .first = {r->row * FAL_WINOGRAD_TILE, r->column * FAL_WINOGRAD_TILE},
        .rows = FAL_WINOGRAD_TILE,
        .columns = r->tiles * FAL_WINOGRAD_TILE,
    };
    const fal_winograd_turned t = {
        .tiles = r->tiles,
        .to = w->desk.channels + r->slot * width,
        .to_tile = width,
        .to_element = w->layout.of_channels,
    };
    transform_run(w, p, t, w->task->kernels->winograd->turned_output);
}

void fal_gradient_transform_planes(const fal_gradient_work *w, const fal_gradient_block *b,
                                   const fal_gradient_chunk *c)
{
    run r;
    for (int64_t tile = c->first; tile < c->first + c->tiles; tile += r.tiles) {
        r = find_run(w, c, tile);
        transform_planes(w, b, &r);
    }
}

void fal_gradient_transform_channels(const fal_gradient_work *w, const fal_gradient_block *b,
                                     const fal_gradient_chunk *c, int64_t channel, int64_t past)
{
    run r;
    for (int64_t tile = c->first; tile < c->first + c->tiles; tile += r.tiles) {
        r = find_run(w, c, tile);
        transform_channels(w, b, &r, channel, past);
    }
}
