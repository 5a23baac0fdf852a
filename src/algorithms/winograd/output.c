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

int64_t fal_winograd_outputs_size(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return w->task->kernels->lanes * output_plane(w, b);
}

// Transforms the sums of a vector of channels of one vector of tiles.
static void transform_back(const fal_winograd_work *w, const fal_winograd_block *b, int64_t first,
                           int64_t tiles, fal_winograd_output o)
{
    const fal_winograd_form *form = w->layout.form;
    const fal_segments s = fal_find_segments(form, first, tiles);
    const int64_t width = w->task->kernels->winograd->channels;
    const float *sums = o.sums;
    o.sums = sums + first * width;
    o.tile = form->columns * width;
    o.element = b->sums;
    for (int i = 0; i < form->columns && s.tiles[i] > 0; i++) {
        o.sums = sums + (first + i) * width;
        o.tiles = (int)s.tiles[i];
        o.to = w->desk.outputs + s.first[i] * form->columns;
        form->output(&o);
    }
}

// The outputs of a row of tiles that belong to the part.
typedef struct piece {
    const float *from;
    char *to;
    int64_t rows, columns;
} piece;

static piece find_piece(const fal_winograd_work *w, const fal_winograd_block *b, int64_t tile_row,
                        const float *from, char *to)
{
    const fal_view *output = &w->all->output;
    const fal_winograd_form *form = w->layout.form;
    const int64_t *begin = w->part->begin, *end = w->part->end;
    int64_t row = tile_row * form->rows, column = b->column * form->columns;
    int64_t top = fal_most(row, begin[FAL_ROW]), left = fal_most(column, begin[FAL_COLUMN]);
    return (piece){
        .from = from + (top - row) * output_line(w, b) + (left - column),
        .to = to + (top * output->axis[1] + left * output->axis[2]) * w->task->kernels->output_size,
        .rows = fal_least(row + form->rows, end[FAL_ROW]) - top,
        .columns = fal_least(column + b->columns * form->columns, end[FAL_COLUMN]) - left,
    };
}

// A piece of some channels to be copied: row by row of each, or, where channels lie together in the
// output, pixel by pixel of each row.
static fal_box make_box(const fal_winograd_work *w, const fal_winograd_block *b, const piece *p,
                        int64_t channels)
{
    const fal_view *output = &w->all->output;
    if (output->axis[2] != 1)
        return (fal_box){
            .from = p->from,
            .to = p->to,
            .planes = p->rows,
            .rows = p->columns,
            .columns = channels,
            .from_plane = output_line(w, b),
            .from_row = 1,
            .from_column = output_plane(w, b),
            .to_plane = output->axis[1],
            .to_row = output->axis[2],
        };
    return (fal_box){
        .from = p->from,
        .to = p->to,
        .planes = channels,
        .rows = p->rows,
        .columns = p->columns,
        .from_plane = output_plane(w, b),
        .from_row = output_line(w, b),
        .from_column = 1,
        .to_plane = output->channel,
        .to_row = output->axis[1],
    };
}

static void finish_piece(const fal_winograd_work *w, const fal_winograd_block *b, const piece *p,
                         int64_t channels)
{
    for (int64_t c = 0; c < channels; c++) {
        const fal_rows rows = {
            .from = p->from + c * output_plane(w, b),
            .to = p->to + c * w->all->output.channel * w->task->kernels->output_size,
            .rows = p->rows,
            .columns = p->columns,
            .from_row = output_line(w, b),
            .from_column = 1,
            .to_row = w->all->output.axis[1],
            .to_column = w->all->output.axis[2],
            .finish = w->finish,
        };
        w->task->kernels->write_rows(&rows);
    }
}

// Whether outputs are copied to where they go: there is nothing else to do.
static bool are_copied(const fal_winograd_work *w)
{
    const fal_kernels *k = w->task->kernels;
    const fal_view *output = &w->all->output;
    return !w->finish && (output->axis[2] == 1 || output->channel == 1) &&
           k->output_size == k->size;
}

// Does something to every piece of a vector of channels, from `channel` of the group on.
static void for_each_piece(const fal_winograd_work *w, const fal_winograd_block *b,
                           const float *from, int64_t channel, int64_t channels,
                           void (*act)(const fal_winograd_work *w, const fal_winograd_block *b,
                                       const piece *p, int64_t channels))
{
    const fal_view *output = &w->all->output;
    const int64_t group =
        b->group * output->group + b->depth * output->axis[0] + channel * output->channel;
    for (int64_t i = 0; i < b->images; i++)
        for (int64_t r = 0; r < b->rows; r++, from += b->columns * w->layout.form->columns) {
            const int64_t at = group + (b->image + i) * output->outer;
            char *image = (char *)output->data + at * w->task->kernels->output_size;
            const piece p = find_piece(w, b, b->row + r, from, image);
            act(w, b, &p, channels);
        }
}

static void fetch_piece(const fal_winograd_work *w, const fal_winograd_block *b, const piece *p,
                        int64_t channels)
{
    const fal_box box = make_box(w, b, p, channels);
    w->task->kernels->winograd->fetch_to(&box);
}

static void copy_piece(const fal_winograd_work *w, const fal_winograd_block *b, const piece *p,
                       int64_t channels)
{
    const fal_box box = make_box(w, b, p, channels);
    w->task->kernels->copy(&box);
}

void fal_winograd_emit(const fal_winograd_work *w, const fal_winograd_block *b, const float *bias,
                       int64_t first, int64_t begin, int64_t end)
{
    const int64_t lanes = w->task->kernels->lanes;
    const int64_t past = first + w->task->kernels->winograd->channels;
    const int64_t plane = output_plane(w, b);
    for (int64_t c = first; c < past; c += lanes) {
        int64_t from = fal_most(c, begin), to = fal_least(c + lanes, end);
        if (from >= to)
            continue;
        const fal_winograd_output o = {
            .sums = w->desk.sums + (c - first),
            .bias = bias + (c - first),
            .channel = plane,
            .row = output_line(w, b),
        };
        if (are_copied(w))
            for_each_piece(w, b, w->desk.outputs, from, to - from, fetch_piece);
        for (int64_t panel = 0; panel < b->panels; panel++) {
            int64_t tiles = fal_tiles_of_panel(b, panel);
            for (int64_t t = 0; t < tiles; t += lanes)
                transform_back(w, b, panel * b->panel + t, fal_least(lanes, tiles - t), o);
        }
        for_each_piece(w, b, w->desk.outputs + (from - c) * plane, from, to - from,
                       are_copied(w) ? copy_piece : finish_piece);
    }
}
