// SPDX-License-Identifier: Apache-2.0
//
// The sums of a block on their way to the output.
#include "algorithms/winograd/work.h"

#include "base/checked.h"

static int64_t output_line(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return fal_round_up(b->tiles * w->layout.form->columns + w->task->kernels->lanes,
                        FAL_WINOGRAD_LINE);
}

static int64_t output_plane(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return w->layout.form->rows * output_line(w, b) + FAL_WINOGRAD_LINE;
}

// Where outputs of two phases are written in turns, those of the first wait for the second, of all
// channels that are computed at once.
int64_t fal_winograd_outputs_size(const fal_winograd_work *w, const fal_winograd_block *b)
{
    const int64_t waiting = w->layout.phases.outputs > 1 ? w->task->kernels->winograd->channels : 0;
    return (waiting + w->task->kernels->lanes) * output_plane(w, b);
}

// Transforms the sums of a vector of channels of one vector of tiles.
static void transform_vector(const fal_winograd_work *w, int64_t first, int64_t tiles,
                             fal_winograd_output o)
{
    const fal_winograd_form *form = w->layout.form;
    const fal_segments s = fal_find_segments(form, first, tiles);
    const int64_t width = w->task->kernels->winograd->channels;
    const float *sums = o.sums;
    float *outputs = o.to;
    o.tile = form->columns * width;
    for (int i = 0; i < form->columns && s.tiles[i] > 0; i++) {
        o.sums = sums + (first + i) * width;
        o.tiles = (int)s.tiles[i];
        o.to = outputs + s.first[i] * form->columns;
        form->output(&o);
    }
}

// Transforms those of all tiles, of a vector of channels that is the `first` of those computed at
// once, to outputs.
static void transform_back(const fal_winograd_work *w, const fal_winograd_block *b, int64_t first,
                           const float *bias, float *outputs)
{
    const int64_t lanes = w->task->kernels->lanes;
    const fal_winograd_output o = {
        .sums = w->desk.sums + first,
        .element = b->sums,
        .bias = bias + first,
        .to = outputs,
        .channel = output_plane(w, b),
        .row = output_line(w, b),
    };
    for (int64_t panel = 0; panel < b->panels; panel++) {
        const int64_t tiles = fal_tiles_of_panel(b, panel);
        for (int64_t t = 0; t < tiles; t += lanes)
            transform_vector(w, panel * b->panel + t, fal_least(lanes, tiles - t), o);
    }
}

// -------------------------------------------------------------------------------------- emissions

// Outputs of some channels of the block's group on their way to a phase of the output; of two
// phases, if `other` is not NULL.
typedef struct emission {
    const fal_winograd_work *w;
    const fal_winograd_block *b;
    const fal_winograd_target *target, *other;
    const float *from, *other_from; // of the first channel
    int64_t channel, channels;
} emission;

// The outputs of a row of tiles that belong to the part.
typedef struct piece {
    const float *from;
    char *to;
    int64_t column, rows, columns; // the column is that of the first, in the output
} piece;

// Those of row `row` of an image of the block's.
static piece find_piece(const emission *e, const fal_winograd_target *t, const float *from,
                        int64_t image, int64_t row)
{
    const fal_winograd_block *b = e->b;
    const fal_winograd_form *form = e->w->layout.form;
    const fal_winograd_phase_axis *axis = t->phase->axis;
    const fal_view *output = &t->output;
    const int64_t *begin = t->part.begin, *end = t->part.end;
    const int64_t first = (b->row + row) * form->rows - axis[1].lead;
    const int64_t left = b->column * form->columns - axis[2].lead;
    const int64_t r = fal_most(first, begin[FAL_ROW]), c = fal_most(left, begin[FAL_COLUMN]);
    const int64_t plane = (b->image + image) * output->outer + b->group * output->group +
                          b->depth * output->axis[0] + e->channel * output->channel;
    from += (image * b->rows + row) * b->columns * form->columns;
    return (piece){
        .from = from + (r - first) * output_line(e->w, b) + (c - left),
        .to = (char *)output->data + (plane + r * output->axis[1] + c * output->axis[2]) *
                                         e->w->task->kernels->output_size,
        .column = c * axis[2].apart + axis[2].to,
        .rows = fal_least(first + form->rows, end[FAL_ROW]) - r,
        .columns = fal_least(left + b->columns * form->columns, end[FAL_COLUMN]) - c,
    };
}

// A piece to be copied: row by row of each channel, or, where channels lie together in the output,
// pixel by pixel of each row.
static fal_box make_box(const emission *e, const piece *p)
{
    const fal_view *output = &e->target->output;
    const int64_t plane = output_plane(e->w, e->b), line = output_line(e->w, e->b);
    if (output->axis[2] != 1)
        return (fal_box){
            .from = p->from,
            .to = p->to,
            .planes = p->rows,
            .rows = p->columns,
            .columns = e->channels,
            .from_plane = line,
            .from_row = 1,
            .from_column = plane,
            .to_plane = output->axis[1],
            .to_row = output->axis[2],
        };
    return (fal_box){
        .from = p->from,
        .to = p->to,
        .planes = e->channels,
        .rows = p->rows,
        .columns = p->columns,
        .from_plane = plane,
        .from_row = line,
        .from_column = 1,
        .to_plane = output->channel,
        .to_row = output->axis[1],
    };
}

static void copy_piece(const emission *e, int64_t image, int64_t row)
{
    const piece p = find_piece(e, e->target, e->from, image, row);
    const fal_box box = make_box(e, &p);
    if (p.rows > 0 && p.columns > 0)
        e->w->task->kernels->copy(&box);
}

static void fetch_piece(const emission *e, int64_t image, int64_t row)
{
    const piece p = find_piece(e, e->target, e->from, image, row);
    const fal_box box = make_box(e, &p);
    if (p.rows > 0 && p.columns > 0)
        e->w->task->kernels->winograd->fetch_to(&box);
}

static void finish_piece(const emission *e, int64_t image, int64_t row)
{
    const piece p = find_piece(e, e->target, e->from, image, row);
    const fal_view *output = &e->target->output;
    const fal_kernels *k = e->w->task->kernels;
    for (int64_t c = 0; p.rows > 0 && c < e->channels; c++) {
        const fal_rows rows = {
            .from = p.from + c * output_plane(e->w, e->b),
            .to = p.to + c * output->channel * k->output_size,
            .rows = p.rows,
            .columns = p.columns,
            .from_row = output_line(e->w, e->b),
            .from_column = 1,
            .to_row = output->axis[1],
            .to_column = output->axis[2],
            .finish = e->w->finish,
        };
        k->write_rows(&rows);
    }
}

// Pieces of two phases, whose columns take turns.
static fal_winograd_weave make_weave(const emission *e, int64_t image, int64_t row)
{
    piece first = find_piece(e, e->target, e->from, image, row);
    piece second = find_piece(e, e->other, e->other_from, image, row);
    if (first.columns <= 0 || (second.columns > 0 && second.column < first.column)) {
        const piece p = first;
        first = second;
        second = p;
    }
    return (fal_winograd_weave){
        .even = first.from,
        .odd = second.from,
        .to = first.to,
        .planes = e->channels,
        .rows = first.rows,
        .columns = fal_most(first.columns, 0) + fal_most(second.columns, 0),
        .from_plane = output_plane(e->w, e->b),
        .from_row = output_line(e->w, e->b),
        .to_plane = e->target->output.channel,
        .to_row = e->target->output.axis[1],
    };
}

static void weave_piece(const emission *e, int64_t image, int64_t row)
{
    const fal_winograd_weave weave = make_weave(e, image, row);
    e->w->task->kernels->winograd->weave(&weave);
}

static void fetch_weave(const emission *e, int64_t image, int64_t row)
{
    const fal_winograd_weave weave = make_weave(e, image, row);
    const fal_box box = {
        .to = weave.to,
        .planes = weave.planes,
        .rows = weave.rows,
        .columns = weave.columns,
        .to_plane = weave.to_plane,
        .to_row = weave.to_row,
    };
    e->w->task->kernels->winograd->fetch_to(&box);
}

// What is done to a piece, or to pieces of two phases.
typedef void action(const emission *e, int64_t image, int64_t row);

static void for_each_piece(const emission *e, action *act)
{
    for (int64_t i = 0; i < e->b->images; i++)
        for (int64_t r = 0; r < e->b->rows; r++)
            act(e, i, r);
}

// Whether outputs are copied to where they go: there is nothing else to do.
static bool are_copied(const fal_winograd_work *w, const fal_view *output)
{
    const fal_kernels *k = w->task->kernels;
    return !w->finish && k->output_size == k->size &&
           (output->axis[2] == 1 || output->channel == 1);
}

// Whether those of two phases, one after the other, are copied in turns.
static bool are_woven(const fal_winograd_work *w)
{
    const fal_view *output = &w->all->output;
    return w->layout.phases.outputs > 1 && are_copied(w, output) && output->axis[2] == 1;
}

void fal_winograd_emit(const fal_winograd_work *w, const fal_winograd_block *b, int phase,
                       const float *bias, int64_t first, int64_t begin, int64_t end)
{
    const int64_t lanes = w->task->kernels->lanes, plane = output_plane(w, b);
    const int64_t width = w->task->kernels->winograd->channels;
    const bool woven = are_woven(w), waits = woven && phase % 2 == 0;
    float *outputs = w->desk.outputs + (w->layout.phases.outputs > 1 ? width * plane : 0);
    emission e = {.w = w, .b = b, .target = &w->target[phase]};
    action *fetch = NULL, *act = finish_piece;
    if (woven) {
        e.other = &w->target[phase - phase % 2];
        fetch = fetch_weave;
        act = weave_piece;
    } else if (are_copied(w, &e.target->output)) {
        fetch = w->looks_ahead ? NULL : fetch_piece;
        act = copy_piece;
    }
    for (int64_t c = 0; c < width; c += lanes) {
        const int64_t from = fal_most(first + c, begin), to = fal_least(first + c + lanes, end);
        if (from >= to)
            continue;
        const int64_t skipped = (from - first - c) * plane;
        if (waits) {
            transform_back(w, b, c, bias, w->desk.outputs + c * plane);
            continue;
        }
        e.channel = from;
        e.channels = to - from;
        e.from = outputs + skipped;
        e.other_from = w->desk.outputs + c * plane + skipped;
        if (fetch)
            for_each_piece(&e, fetch);
        transform_back(w, b, c, bias, outputs);
        for_each_piece(&e, act);
    }
}
