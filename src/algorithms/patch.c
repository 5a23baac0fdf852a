// SPDX-License-Identifier: Apache-2.0
#include "algorithms/patch.h"

#include "base/checked.h"

// What is copied from, and how.
typedef struct source {
    const fal_task *task;
    const fal_view *input;
    const fal_patch *patch;
} source;

// Behind the last position that an output needs there are zeros, whatever the input holds or its
// border shows: so a padded input and one that was padded before have the same bits.
static int64_t past_needed(const fal_problem_axis *axis)
{
    return axis->output + axis->dilation * (axis->kernel - 1) - axis->padding;
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

// Whether the elements of a row lie in about as many lines as if they were neighbours.
static bool are_near(const fal_view *input)
{
    return input->axis[2] == 1 || input->axis[2] == 2;
}

// Copies the part of a patch that begins at a row and column of the input, of elements that are
// there, and has that of the channels that come next fetched.
static void copy_box(const source *s, range rows, range columns, int64_t row, int64_t column)
{
    const fal_view *input = s->input;
    const fal_patch *patch = s->patch;
    const fal_kernels *kernels = s->task->kernels;
    const int64_t at = row * input->axis[1] + column * input->axis[2];
    fal_box box = {
        .from = (const char *)patch->from + at * kernels->input_size,
        .to = (char *)patch->to + (rows.begin * patch->to_row + columns.begin) * kernels->size,
        .planes = patch->channels,
        .rows = rows.end - rows.begin,
        .columns = columns.end - columns.begin,
        .from_plane = input->channel,
        .from_row = input->axis[1],
        .from_column = input->axis[2],
        .to_plane = patch->to_plane,
        .to_row = patch->to_row,
    };
    kernels->copy(&box);
    if (!patch->fetch || !are_near(input) || kernels->input_size != kernels->size)
        return;
    const int64_t next = patch->channels * input->channel + at;
    box.columns = (box.columns - 1) * input->axis[2] + 1;
    box.from = (const char *)patch->from + next * kernels->input_size;
    patch->fetch(&box);
}

// One row of a patch where elements are shown again outside the input; `row` is the input's.
static void copy_border_row(const source *s, range rows, range inside, int64_t row)
{
    const fal_problem *p = &s->task->problem;
    for (int64_t i = 0; i < s->patch->columns; i++) {
        int64_t element = find_element(p, &p->axis[2], s->patch->column + i);
        if (element >= 0 && (i < inside.begin || i >= inside.end))
            copy_box(s, rows, (range){i, i + 1}, row, element);
    }
}

static void copy_border(const source *s, range rows, range columns)
{
    const fal_problem *p = &s->task->problem;
    for (int64_t r = 0; r < s->patch->rows; r++) {
        int64_t row = find_element(p, &p->axis[1], s->patch->row + r);
        if (row < 0)
            continue;
        if ((r < rows.begin || r >= rows.end) && columns.begin < columns.end)
            copy_box(s, (range){r, r + 1}, columns, row, s->patch->column + columns.begin);
        copy_border_row(s, (range){r, r + 1}, columns, row);
    }
}

void fal_copy_patch(const fal_task *task, const fal_view *input, const fal_patch *patch)
{
    const source s = {task, input, patch};
    const fal_problem *p = &task->problem;
    range rows = clip(patch->row, patch->rows, &p->axis[1]);
    range columns = clip(patch->column, patch->columns, &p->axis[2]);
    if (rows.begin < rows.end && columns.begin < columns.end)
        copy_box(&s, rows, columns, patch->row + rows.begin, patch->column + columns.begin);
    if (p->border != FALTUNG_PADDING_ZEROS)
        copy_border(&s, rows, columns);
}
