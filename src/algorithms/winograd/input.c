// SPDX-License-Identifier: Apache-2.0
//
// The input of a block on its way to transformed tiles: rows are copied first, so that borders,
// views and widths are all alike to the kernel.
#include "algorithms/winograd/work.h"

#include "base/checked.h"

#include <string.h>

enum { ROWS = 6 };

int64_t fal_winograd_rows_size(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return w->layout.batch * ROWS * b->line;
}

// No block of fewer tiles has more panels than the largest, or wider ones.
int64_t fal_winograd_tiles_size(const fal_winograd_work *w)
{
    int64_t widest = fal_round_up(w->layout.most, w->task->kernels->lanes);
    widest = fal_least(widest, w->task->kernels->winograd->panel);
    int64_t panels = fal_ceil_divide(w->layout.most, widest);
    int64_t element = fal_round_up(w->task->problem.input_channels * widest, FAL_WINOGRAD_LINE) +
                      FAL_WINOGRAD_LINE;
    return panels * FAL_WINOGRAD_ELEMENTS * element;
}

// From the first four columns of a tile to its last two, which are in the next tile of its row:
// where rows of tiles follow each other, a second copy begins with what follows.
static int64_t find_beyond(const fal_winograd_block *b)
{
    return b->in_row ? FAL_WINOGRAD_TILE : b->line / 2;
}

// Behind the last position that an output needs there are zeros, whatever the input holds or its
// border shows: so a padded input and one that was padded before have the same bits.
static int64_t past_needed(const fal_problem_axis *axis)
{
    return axis->output + (axis->kernel - 1) - axis->padding;
}

// The part [begin, end) of `count` positions from `first` on that are of the input.
typedef struct range {
    int64_t begin, end;
} range;

static range clip(int64_t first, int64_t count, const fal_problem_axis *axis)
{
    int64_t past = fal_least(axis->input, past_needed(axis));
    range r = {fal_least(fal_most(0, -first), count), 0};
    r.end = fal_most(r.begin, fal_least(count, past - first));
    return r;
}

// The element that is at a position or, outside, shown there; -1: a zero.
static int64_t find_element(const fal_problem *p, const fal_problem_axis *axis, int64_t position)
{
    return position < past_needed(axis) ? fal_find_element(p->border, position, axis->input) : -1;
}

// Six rows of the input under a row of tiles, on their way to a desk; some columns of them.
typedef struct strip {
    const char *from; // the plane of the first channel
    float *to;
    int64_t channels, row, column, columns; // the first row and column, perhaps outside
    bool last;                              // whether no channels follow
} strip;

// Copies the part of a strip that begins at a row and column of it, of elements that are there, and
// fetches that of the channels that come next.
static void copy_box(const fal_winograd_work *w, const fal_winograd_block *b, const strip *s,
                     range rows, range columns, int64_t row, int64_t column)
{
    const fal_view *input = &w->all->input;
    const fal_kernels *kernels = w->task->kernels;
    const int64_t at = row * input->axis[1] + column * input->axis[2];
    fal_box box = {
        .from = s->from + at * kernels->input_size,
        .to = s->to + rows.begin * b->line + columns.begin,
        .planes = s->channels,
        .rows = rows.end - rows.begin,
        .columns = columns.end - columns.begin,
        .from_plane = input->channel,
        .from_row = input->axis[1],
        .from_column = input->axis[2],
        .to_plane = ROWS * b->line,
        .to_row = b->line,
    };
    kernels->copy(&box);
    if (s->last || input->axis[2] != 1 || kernels->input_size != kernels->size)
        return;
    box.from = s->from + (s->channels * input->channel + at) * kernels->input_size;
    kernels->winograd->fetch_from(&box);
}

// One row of a strip where elements are shown again outside the input; `row` is the input's.
static void copy_border_row(const fal_winograd_work *w, const fal_winograd_block *b, const strip *s,
                            range rows, range inside, int64_t row)
{
    const fal_problem *p = &w->task->problem;
    for (int64_t i = 0; i < s->columns; i++) {
        int64_t element = find_element(p, &p->axis[2], s->column + i);
        if (element >= 0 && (i < inside.begin || i >= inside.end))
            copy_box(w, b, s, rows, (range){i, i + 1}, row, element);
    }
}

static void copy_border(const fal_winograd_work *w, const fal_winograd_block *b, const strip *s,
                        range rows, range columns)
{
    const fal_problem *p = &w->task->problem;
    for (int64_t r = 0; r < ROWS; r++) {
        int64_t row = find_element(p, &p->axis[1], s->row + r);
        if (row < 0)
            continue;
        if ((r < rows.begin || r >= rows.end) && columns.begin < columns.end)
            copy_box(w, b, s, (range){r, r + 1}, columns, row, s->column + columns.begin);
        copy_border_row(w, b, s, (range){r, r + 1}, columns, row);
    }
}

// Zeros outside the input are left as they are.
static void copy_strip(const fal_winograd_work *w, const fal_winograd_block *b, const strip *s)
{
    const fal_problem *p = &w->task->problem;
    range rows = clip(s->row, ROWS, &p->axis[1]);
    range columns = clip(s->column, s->columns, &p->axis[2]);
    if (rows.begin < rows.end && columns.begin < columns.end)
        copy_box(w, b, s, rows, columns, s->row + rows.begin, s->column + columns.begin);
    if (p->border != FALTUNG_PADDING_ZEROS)
        copy_border(w, b, s, rows, columns);
}

// The rows of a row of tiles: in two copies, if another row follows.
static void copy_rows(const fal_winograd_work *w, const fal_winograd_block *b, const char *from,
                      int64_t channels, bool last, int64_t tile_row, float *to)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const int64_t wide = b->columns * FAL_WINOGRAD_TILE, overlap = ROWS - FAL_WINOGRAD_TILE;
    strip s = {
        .from = from,
        .to = to,
        .channels = channels,
        .row = tile_row * FAL_WINOGRAD_TILE - axis[1].padding,
        .column = b->column * FAL_WINOGRAD_TILE - axis[2].padding,
        .columns = b->in_row ? wide + overlap : wide,
        .last = last,
    };
    copy_strip(w, b, &s);
    if (b->in_row)
        return;
    s.to += find_beyond(b);
    s.column += FAL_WINOGRAD_TILE;
    s.last = true; // they are fetched once
    s.columns = wide - FAL_WINOGRAD_TILE + overlap;
    copy_strip(w, b, &s);
}

// The rows of all tiles, of some channels from `channel` on.
static void gather_rows(const fal_winograd_work *w, const fal_winograd_block *b, int64_t channel,
                        int64_t channels)
{
    const fal_view *input = &w->all->input;
    const int64_t group = b->group * input->group + channel * input->channel +
                          b->depth * w->task->problem.axis[0].stride * input->axis[0];
    const bool last = channel + channels >= w->task->problem.input_channels;
    float *to = w->desk.rows;
    for (int64_t i = 0; i < b->images; i++) {
        const char *from = (const char *)input->data +
                           (group + (b->image + i) * input->outer) * w->task->kernels->input_size;
        for (int64_t r = 0; r < b->rows; r++, to += b->columns * FAL_WINOGRAD_TILE)
            copy_rows(w, b, from, channels, last, b->row + r, to);
    }
}

// One vector of tiles of a panel.
static void transform_vector(const fal_winograd_work *w, const fal_winograd_block *b, int64_t panel,
                             int64_t first, int64_t channel, int64_t channels)
{
    const int64_t lanes = w->task->kernels->lanes;
    int64_t tiles = fal_least(lanes, fal_tiles_of_panel(b, panel) - first);
    const fal_segments s = fal_find_segments(panel * b->panel + first, tiles);
    fal_winograd_input group = {
        .from = w->desk.rows,
        .row = b->line,
        .channel = ROWS * b->line,
        .beyond = find_beyond(b),
        .channels = channels,
        .to =
            w->desk.tiles + panel * FAL_WINOGRAD_ELEMENTS * b->element + channel * b->pitch + first,
        .to_channel = b->pitch,
        .to_element = b->element,
    };
    for (int i = 0; i < FAL_WINOGRAD_SEGMENTS; i++)
        group.segment[i] = (int32_t)(s.first[i] * FAL_WINOGRAD_TILE);
    w->task->kernels->winograd->input(&group);
}

void fal_winograd_transform(const fal_winograd_work *w, const fal_winograd_block *b)
{
    const int64_t all = w->task->problem.input_channels, lanes = w->task->kernels->lanes;
    memset(w->desk.rows, 0, (size_t)fal_winograd_rows_size(w, b) * sizeof(float));
    for (int64_t c = 0; c < all; c += w->layout.batch) {
        int64_t channels = fal_least(w->layout.batch, all - c);
        gather_rows(w, b, c, channels);
        for (int64_t panel = 0; panel < b->panels; panel++)
            for (int64_t first = 0; first < fal_tiles_of_panel(b, panel); first += lanes)
                transform_vector(w, b, panel, first, c, channels);
    }
}
