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
    return w->layout.phases.inputs * w->layout.batch * w->layout.form->high * b->line;
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

// From the first columns of a tile, as many as it has outputs, to its others, which are in the next
// tile of its row: where rows of tiles follow each other, a second copy begins with what
// follows.
static int64_t find_beyond(const fal_winograd_work *w, const fal_winograd_block *b)
{
    return b->in_row ? w->layout.form->columns : b->line / 2;
}

// What a phase has of the input, as a plain convolution of its own.
typedef struct source {
    fal_task task;
    fal_view input;
    bool fetches; // what comes next, which is near for the other phase of a row then
    float *rows;  // of tiles
} source;

static source find_source(const fal_winograd_work *w, int phase, float *rows)
{
    const fal_winograd_phase *own = fal_winograd_input_phase(&w->layout.phases, phase);
    source s = {
        .task = *w->task,
        .input = fal_winograd_view_input(own, &w->all->input, w->task->kernels->input_size),
        .fetches = phase % 2 == 0,
        .rows = rows,
    };
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        s.task.problem.axis[i] = own->axis[i].plain;
    return s;
}

// What two copies of rows have in common, from the first to the second.
static void copy_again(const fal_patch *patch, float *to, int64_t skipped, int64_t columns)
{
    for (int64_t c = 0; c < patch->channels; c++)
        for (int64_t r = 0; r < patch->rows; r++) {
            const int64_t at = c * patch->to_plane + r * patch->to_row;
            memcpy(to + at, (const float *)patch->to + at + skipped,
                   (size_t)columns * sizeof(float));
        }
}

// The rows of a row of tiles: in two copies, if another row follows. What comes next is fetched
// once.
static void copy_rows(const fal_winograd_work *w, const fal_winograd_block *b, const source *s,
                      const char *from, int64_t channels, bool last, int64_t tile_row, float *to)
{
    const fal_problem_axis *axis = s->task.problem.axis;
    const fal_winograd_form *form = w->layout.form;
    const int64_t wide = b->columns * form->columns, overlap = axis[2].kernel - 1;
    fal_patch patch = {
        .from = from,
        .to = to,
        .channels = channels,
        .row = tile_row * form->rows - axis[1].padding,
        .column = b->column * form->columns - axis[2].padding,
        .rows = form->rows + axis[1].kernel - 1,
        .columns = b->in_row ? wide + overlap : wide,
        .to_plane = form->high * b->line,
        .to_row = b->line,
        .fetch =
            last || w->looks_ahead || !s->fetches ? NULL : w->task->kernels->winograd->fetch_from,
    };
    fal_copy_patch(&s->task, &s->input, &patch);
    if (b->in_row)
        return;
    float *beyond = to + find_beyond(w, b);
    int64_t known = 0; // where columns do not lie side by side, they are looked up but once
    if (s->input.axis[2] != 1) {
        known = wide - form->columns;
        copy_again(&patch, beyond, form->columns, known);
    }
    patch.to = beyond + known;
    patch.column += form->columns + known;
    patch.columns = wide - form->columns + overlap - known;
    patch.fetch = NULL;
    fal_copy_patch(&s->task, &s->input, &patch);
}

// The rows of all tiles at a depth, of some channels from `channel` on.
static void gather_rows(const fal_winograd_work *w, const fal_winograd_block *b, const source *s,
                        int64_t depth, int64_t channel, int64_t channels)
{
    const fal_view *input = &s->input;
    const int64_t group =
        b->group * input->group + channel * input->channel + depth * input->axis[0];
    const bool last = channel + channels >= w->task->problem.input_channels;
    float *to = s->rows;
    for (int64_t i = 0; i < b->images; i++) {
        const char *from = (const char *)input->data +
                           (group + (b->image + i) * input->outer) * w->task->kernels->input_size;
        for (int64_t r = 0; r < b->rows; r++, to += b->columns * w->layout.form->columns)
            copy_rows(w, b, s, from, channels, last, b->row + r, to);
    }
}

// One vector of tiles of a panel, of some planes of those that are there from `plane` on.
static void transform_vector(const fal_winograd_work *w, const fal_winograd_block *b,
                             const source *s, int64_t panel, int64_t first, int64_t plane,
                             int64_t planes)
{
    const fal_winograd_form *form = w->layout.form;
    const int64_t lanes = w->task->kernels->lanes;
    int64_t tiles = fal_least(lanes, fal_tiles_of_panel(b, panel) - first);
    const fal_segments segments = fal_find_segments(form, panel * b->panel + first, tiles);
    fal_winograd_input group = {
        .from = s->rows,
        .row = b->line,
        .channel = form->high * b->line,
        .beyond = find_beyond(w, b),
        .channels = planes,
        .to = w->desk.tiles + panel * form->elements * b->element + plane * b->pitch + first,
        .to_channel = b->pitch,
        .to_element = b->element,
    };
    for (int i = 0; i < form->columns; i++)
        group.segment[i] = (int32_t)(segments.first[i] * form->columns);
    form->input(&group);
}

// Some channels of a phase, from `channel` on, to planes from `plane` on; at a depth of -1 they are
// of the border.
static void transform_channels(const fal_winograd_work *w, const fal_winograd_block *b,
                               const source *s, int64_t depth, int64_t channel, int64_t channels,
                               int64_t plane)
{
    const int64_t lanes = w->task->kernels->lanes;
    if (depth >= 0)
        gather_rows(w, b, s, depth, channel, channels);
    for (int64_t panel = 0; panel < b->panels; panel++)
        for (int64_t first = 0; first < fal_tiles_of_panel(b, panel); first += lanes)
            transform_vector(w, b, s, panel, first, plane + channel, channels);
}

// The planes of a slice, from `plane` on, a few channels of all phases at a time, so that these
// find each other's lines near. What is not written to the rows is zero, for all channels alike.
static void transform_slice(const fal_winograd_work *w, const fal_winograd_block *b, int64_t depth,
                            int64_t plane)
{
    const int64_t all = w->task->problem.input_channels, batch = w->layout.batch;
    const int phases = w->layout.phases.inputs;
    const int64_t size = w->layout.batch * w->layout.form->high * b->line;
    source s[FAL_WINOGRAD_PHASES];
    for (int i = 0; i < phases; i++)
        s[i] = find_source(w, i, w->desk.rows + i * size);
    memset(w->desk.rows, 0, (size_t)(phases * size) * sizeof(float));
    for (int64_t c = 0; c < all; c += batch)
        for (int i = 0; i < phases; i++)
            transform_channels(w, b, &s[i], depth, c, fal_least(batch, all - c), plane + i * all);
}

void fal_winograd_transform(const fal_winograd_work *w, const fal_winograd_block *b)
{
    const int64_t planes = w->task->problem.input_channels * w->layout.phases.inputs;
    for (int64_t slice = b->slices.begin; slice < b->slices.end; slice++)
        transform_slice(w, b, fal_find_depth(&w->task->problem, b->depth, slice),
                        (slice - b->slices.begin) * planes);
}
