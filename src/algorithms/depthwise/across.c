// SPDX-License-Identifier: Apache-2.0
//
// Rows of the output from left to right: pixels near a border one by one, each with the taps that
// it has, and those between them together. The sums of a row go where they belong, or through a
// buffer if there is more to do to them.
#include "algorithms/depthwise/across_work.h"

#include "algorithms/far.h"
#include "algorithms/finish.h"
#include "algorithms/numbers.h"
#include "algorithms/workspace.h"
#include "base/checked.h"
#include "base/memory.h"

#include <string.h>

enum { WHOLE = 16 }; // numbers that packed channels are a multiple of: a vector of any set

typedef fal_across_work work;
typedef fal_across_strip strip;

// ----------------------------------------------------------------------------------------- packing

static int64_t whole(int64_t channels)
{
    return fal_ceil_divide(channels, WHOLE) * WHOLE;
}

static int64_t count_taps(const fal_problem *p)
{
    return p->axis[1].kernel * p->axis[2].kernel;
}

bool fal_plans_across(const fal_task *task)
{
    return task->channels_last && task->kernels->input_size == task->kernels->size;
}

bool fal_goes_across(const fal_task *task, const fal_operands *all)
{
    return fal_plans_across(task) && all->input.group == 1 && all->output.group == 1;
}

int64_t fal_across_numbers(const fal_problem *p)
{
    return (count_taps(p) + 1) * whole(p->groups);
}

void fal_pack_across(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    const fal_view *weight = &all->weight;
    const int64_t row = whole(p->groups), taps = count_taps(p), rows = p->axis[1].kernel;
    const fal_box box = {
        .to = packed,
        .planes = rows,
        .rows = p->axis[2].kernel,
        .columns = p->groups,
        .from_plane = weight->axis[1],
        .from_row = weight->axis[2],
        .from_column = weight->group,
        .to_plane = row,
        .to_row = rows * row,
    };
    memset(packed, 0, (size_t)(fal_across_numbers(p) * task->kernels->size));
    fal_take_weights(task, weight, 0, &box);
    fal_pack_biases(task, all, 0, p->groups, (char *)packed + taps * row * task->kernels->size);
}

// Zeros that stand for pixels of a border: one, or, for several rows at once, as many as are read
// together, if they lie next to each other.
static int64_t count_zeros(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t pixels = fal_find_slide(task) ? fal_find_slide(task)->columns : 1;
    return (pixels - 1) * p->groups + FAL_ACROSS_BLOCK;
}

static size_t lay_out(const fal_task *task, char *workspace, work *w)
{
    const size_t taps = (size_t)count_taps(&task->problem), size = (size_t)task->kernels->size;
    const size_t rows = fal_find_slide(task) ? (size_t)fal_find_slide(task)->rows : 1;
    const size_t bytes[] = {taps * sizeof *w->input, taps * sizeof *w->weight,
                            (size_t)count_zeros(task) * size,
                            rows * FAL_ACROSS_BUFFERED * FAL_ACROSS_BLOCK * size};
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *place[PLACES];
    const size_t total = fal_divide_workspace(workspace, PLACES, bytes, place);
    w->input = place[0];
    w->weight = place[1];
    w->zeros = place[2];
    w->buffer = place[3];
    return total;
}

size_t fal_across_workspace(const fal_task *task)
{
    work w;
    return lay_out(task, NULL, &w);
}

// -------------------------------------------------------------------------------------------- rows

// The taps of the pixel in a column; returns how many there are.
static int64_t find_taps(const work *w, const strip *s, int64_t column)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *rows = &p->axis[1], *columns = &p->axis[2];
    const fal_view *input = &w->all->input;
    const int64_t size = w->task->kernels->size, row = whole(p->groups) * size;
    const char *weight = w->weights + s->channel * size;
    int64_t taps = 0;
    for (int64_t kw = 0; kw < columns->kernel; kw++) {
        const int64_t x = fal_find_element(
            p->border, column * columns->stride + kw * columns->dilation - columns->padding,
            columns->input);
        for (int64_t kh = 0; kh < rows->kernel; kh++, weight += row) {
            const int64_t y =
                fal_find_element(p->border, s->first + kh * rows->dilation, rows->input);
            const bool is_zero = x < 0 || y < 0;
            if (is_zero && w->skips_border)
                continue;
            w->weight[taps] = weight;
            w->input[taps++] =
                is_zero ? w->zeros : s->plane + (y * input->axis[1] + x * input->axis[2]) * size;
        }
    }
    return taps;
}

void fal_finish_across(const work *w, const strip *s, const char *sums, char *to, int64_t pixels)
{
    const fal_rows rows = {
        .from = sums,
        .to = to,
        .rows = pixels,
        .columns = s->channels,
        .from_row = FAL_ACROSS_BLOCK,
        .from_column = 1,
        .to_row = w->all->output.axis[2],
        .to_column = 1,
        .finish = w->clamps ? NULL : w->finish,
    };
    w->task->kernels->write_rows(&rows);
}

// The sums of pixels of a row that have the same taps, to the output or the buffer.
static void sum_pixels(const work *w, const strip *s, int64_t taps, int64_t column, int64_t pixels)
{
    const fal_problem *p = &w->task->problem;
    const fal_kernels *k = w->task->kernels;
    const fal_view *output = &w->all->output;
    char *to = s->output + column * output->axis[2] * k->output_size;
    const fal_across across = {
        .input = w->input,
        .weight = w->weight,
        .taps = taps,
        .pixels = pixels,
        .channels = s->channels,
        .input_step = p->axis[2].stride * w->all->input.axis[2],
        .output_step = w->is_direct ? output->axis[2] : FAL_ACROSS_BLOCK,
        .bias = w->biases + s->channel * k->size,
        .output = w->is_direct ? to : w->buffer,
        .finish = w->clamps ? w->finish : NULL,
    };
    k->sum_across(&across);
    if (!w->is_direct)
        fal_finish_across(w, s, w->buffer, to, pixels);
}

// Pixels from `column` on that meet the columns of the kernel inside of the input.
static void run_inside(const work *w, const strip *s, int64_t column, int64_t pixels)
{
    const int64_t size = w->task->kernels->size;
    const int64_t taps = find_taps(w, s, column);
    const int64_t most = w->is_direct ? pixels : FAL_ACROSS_BUFFERED;
    const int64_t step = w->task->problem.axis[2].stride * w->all->input.axis[2];
    for (int64_t done = 0, count; done < pixels; done += count) {
        count = fal_least(most, pixels - done);
        sum_pixels(w, s, taps, column + done, count);
        for (int64_t tap = 0; tap < taps && done + count < pixels; tap++)
            w->input[tap] = (const char *)w->input[tap] + count * step * size;
    }
}

// Pixels near a border, one by one.
static void run_border(const work *w, const strip *s)
{
    for (int64_t column = s->begin; column < s->past; column++) {
        if (column == s->inside && s->inside < s->beyond)
            column = s->beyond;
        if (column < s->past)
            sum_pixels(w, s, find_taps(w, s, column), column, 1);
    }
}

// The columns that meet no border.
static void find_inside(const work *w, strip *s)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    const int64_t reach = axis->dilation * (axis->kernel - 1);
    const int64_t room = axis->input + axis->padding - reach; // for the first column of a window
    s->inside = axis->padding > 0 ? fal_ceil_divide(axis->padding, axis->stride) : 0;
    s->beyond = room > 0 ? fal_ceil_divide(room, axis->stride) : 0;
    s->inside = fal_most(s->inside, s->begin);
    s->beyond = fal_most(s->inside, fal_least(s->beyond, s->past));
}

// Whether zeros have to be multiplied in a row, which do not go on from pixel to pixel.
static bool has_zeros(const work *w, const strip *s)
{
    const fal_problem_axis *rows = &w->task->problem.axis[1];
    const int64_t last = s->first + rows->dilation * (rows->kernel - 1);
    return (s->first < 0 || last >= rows->input) && !w->skips_border &&
           w->task->problem.border == FALTUNG_PADDING_ZEROS;
}

// From a strip to the same of the next row.
static void step_down(const work *w, strip *s)
{
    s->first += w->task->problem.axis[1].stride;
    s->output += w->all->output.axis[1] * w->task->kernels->output_size;
}

// Rows of a strip, [row, past) of those from it on, one by one.
static void run_strips(const work *w, strip s, int64_t row, int64_t past)
{
    for (int64_t r = 0; r < past; r++, step_down(w, &s)) {
        strip own = s;
        if (r < row)
            continue;
        if (has_zeros(w, &s))
            own.beyond = own.inside;
        run_border(w, &own);
        if (own.inside < own.beyond)
            run_inside(w, &own, own.inside, own.beyond - own.inside);
    }
}

// The same, as many as the kernels have, at once: what meets a border, too, if its zeros do not
// count.
static void run_together(const work *w, strip s, int64_t row)
{
    fal_slide_inside(w, &s, row);
    if (w->skips_border && w->task->problem.border == FALTUNG_PADDING_ZEROS) {
        fal_slide_border(w, &s, row);
        return;
    }
    for (int64_t r = 0; r < w->slide->rows; r++, step_down(w, &s))
        if (r >= row)
            run_border(w, &s);
}

// Some rows of the output from `first` on, without those before `row`, of the part's channels.
static void run_rows(const work *w, const fal_part *part, int64_t image, int64_t depth,
                     int64_t first, int64_t row, int64_t past)
{
    const fal_problem *p = &w->task->problem;
    const fal_kernels *k = w->task->kernels;
    const fal_view *input = &w->all->input, *output = &w->all->output;
    const int64_t from = image * input->outer + depth * p->axis[0].stride * input->axis[0];
    const int64_t to = image * output->outer + depth * output->axis[0] + first * output->axis[1];
    strip s = {.first = first * p->axis[1].stride - p->axis[1].padding,
               .begin = part->begin[FAL_COLUMN],
               .past = part->end[FAL_COLUMN]};
    find_inside(w, &s);
    for (s.channel = part->begin[FAL_CHANNEL]; s.channel < part->end[FAL_CHANNEL];
         s.channel += FAL_ACROSS_BLOCK) {
        s.channels = fal_least(FAL_ACROSS_BLOCK, part->end[FAL_CHANNEL] - s.channel);
        s.plane = (const char *)input->data + (from + s.channel) * k->input_size;
        s.output = (char *)output->data + (to + s.channel) * k->output_size;
        if (w->slide && past - first == w->slide->rows && fal_can_slide(w, &s))
            run_together(w, s, row - first);
        else
            run_strips(w, s, row - first, past - first);
    }
}

// All rows of a plane of the part: as many at once as the kernels have, the last of them with some
// that are there already; or one by one.
static void run_plane(const work *w, const fal_part *part, int64_t image, int64_t depth)
{
    const int64_t begin = part->begin[FAL_ROW], end = part->end[FAL_ROW];
    const int64_t together = w->slide && end - begin >= w->slide->rows ? w->slide->rows : 1;
    for (int64_t row = begin; row < end; row += together) {
        const int64_t first = fal_least(row, end - together);
        run_rows(w, part, image, depth, first, row, first + together);
    }
}

void fal_run_across(const fal_task *task, const fal_operands *all, const void *packed,
                    bool skips_border, const fal_part *part, void *workspace)
{
    const fal_problem *p = &task->problem;
    const int64_t *from = part->begin, *to = part->end, size = task->kernels->size;
    fal_finish finish;
    work w = {
        .task = task,
        .all = all,
        .weights = packed,
        .weight_step = whole(p->groups),
        .skips_border = skips_border,
        .slide = fal_find_slide(task),
    };
    w.biases = w.weights + count_taps(p) * whole(p->groups) * size;
    w.finish = fal_find_finish(task, all, &finish);
    w.clamps = fal_is_clamp(w.finish);
    w.is_direct = (!w.finish || w.clamps) && task->kernels->output_size == size;
    w.looks_ahead = fal_are_far(task);
    lay_out(task, workspace, &w);
    memset(w.zeros, 0, (size_t)(count_zeros(task) * size));
    for (int64_t image = from[FAL_IMAGE]; image < to[FAL_IMAGE]; image++)
        for (int64_t depth = from[FAL_DEPTH]; depth < to[FAL_DEPTH]; depth++)
            run_plane(&w, part, image, depth);
}
