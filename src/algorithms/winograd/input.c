// SPDX-License-Identifier: Apache-2.0
//
// The input of a block on its way to transformed tiles: rows are copied first, so that borders,
// views and widths are all alike to the kernel.
#include "algorithms/winograd/work.h"

#include "algorithms/patch.h"
#include "base/checked.h"

#include <string.h>

int64_t fal_winograd_rows_size(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return w->layout.batch * w->layout.form->high * b->line;
}

// No block of fewer tiles has more panels than the largest, or wider ones.
int64_t fal_winograd_tiles_size(const fal_winograd_work *w)
{
    int64_t widest = fal_round_up(w->layout.most, w->task->kernels->lanes);
    widest = fal_least(widest, w->task->kernels->winograd->panel);
    int64_t panels = fal_ceil_divide(w->layout.most, widest);
    int64_t element =
        fal_round_up(w->layout.planes * widest, FAL_WINOGRAD_LINE) + FAL_WINOGRAD_LINE;
    return panels * w->layout.form->elements * element;
}

// From the first columns of a tile, as many as it has outputs, to its last two, which are in the
// next tile of its row: where rows of tiles follow each other, a second copy begins with what
// follows.
static int64_t find_beyond(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return b->in_row ? w->layout.form->columns : b->line / 2;
}

// The rows of a row of tiles: in two copies, if another row follows. What comes next is fetched
// once.
static void copy_rows(const fal_winograd_work *w, const fal_winograd_block *b, const char *from,
                      int64_t channels, bool last, int64_t tile_row, float *to)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_winograd_form *form = w->layout.form;
    const int64_t wide = b->columns * form->columns, overlap = form->wide - form->columns;
    fal_patch patch = {
        .from = from,
        .to = to,
        .channels = channels,
        .row = tile_row * form->rows - axis[1].padding,
        .column = b->column * form->columns - axis[2].padding,
        .rows = form->high,
        .columns = b->in_row ? wide + overlap : wide,
        .to_plane = form->high * b->line,
        .to_row = b->line,
        .fetch = last ? NULL : w->task->kernels->winograd->fetch_from,
    };
    fal_copy_patch(w->task, &w->all->input, &patch);
    if (b->in_row)
        return;
    patch.to = to + find_beyond(w, b);
    patch.column += form->columns;
    patch.columns = wide - form->columns + overlap;
    patch.fetch = NULL;
    fal_copy_patch(w->task, &w->all->input, &patch);
}

// The rows of all tiles at a depth, of some channels from `channel` on.
static void gather_rows(const fal_winograd_work *w, const fal_winograd_block *b, int64_t depth,
                        int64_t channel, int64_t channels)
{
    const fal_view *input = &w->all->input;
    const int64_t group =
        b->group * input->group + channel * input->channel + depth * input->axis[0];
    const bool last = channel + channels >= w->task->problem.input_channels;
    float *to = w->desk.rows;
    for (int64_t i = 0; i < b->images; i++) {
        const char *from = (const char *)input->data +
                           (group + (b->image + i) * input->outer) * w->task->kernels->input_size;
        for (int64_t r = 0; r < b->rows; r++, to += b->columns * w->layout.form->columns)
            copy_rows(w, b, from, channels, last, b->row + r, to);
    }
}

// One vector of tiles of a panel, of some planes of those that are there from `plane` on.
static void transform_vector(const fal_winograd_work *w, const fal_winograd_block *b, int64_t panel,
                             int64_t first, int64_t plane, int64_t planes)
{
    const fal_winograd_form *form = w->layout.form;
    const int64_t lanes = w->task->kernels->lanes;
    int64_t tiles = fal_least(lanes, fal_tiles_of_panel(b, panel) - first);
    const fal_segments s = fal_find_segments(form, panel * b->panel + first, tiles);
    fal_winograd_input group = {
        .from = w->desk.rows,
        .row = b->line,
        .channel = form->high * b->line,
        .beyond = find_beyond(w, b),
        .channels = planes,
        .to = w->desk.tiles + panel * form->elements * b->element + plane * b->pitch + first,
        .to_channel = b->pitch,
        .to_element = b->element,
    };
    for (int i = 0; i < form->columns; i++)
        group.segment[i] = (int32_t)(s.first[i] * form->columns);
    form->input(&group);
}

// The planes of a slice. What is not written to the rows is zero, for all channels alike.
static void transform_slice(const fal_winograd_work *w, const fal_winograd_block *b, int64_t slice)
{
    const int64_t all = w->task->problem.input_channels, lanes = w->task->kernels->lanes;
    const int64_t depth = fal_find_depth(&w->task->problem, b->depth, slice);
    const int64_t plane = (slice - b->slices.begin) * all;
    memset(w->desk.rows, 0, (size_t)fal_winograd_rows_size(w, b) * sizeof(float));
    for (int64_t c = 0; c < all; c += w->layout.batch) {
        int64_t channels = fal_least(w->layout.batch, all - c);
        if (depth >= 0)
            gather_rows(w, b, depth, c, channels);
        for (int64_t panel = 0; panel < b->panels; panel++)
            for (int64_t first = 0; first < fal_tiles_of_panel(b, panel); first += lanes)
                transform_vector(w, b, panel, first, plane + c, channels);
    }
}

void fal_winograd_transform(const fal_winograd_work *w, const fal_winograd_block *b)
{
    for (int64_t slice = b->slices.begin; slice < b->slices.end; slice++)
        transform_slice(w, b, slice);
}
