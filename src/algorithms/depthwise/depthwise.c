// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of one channel by itself, as the groups of a depthwise one are: rows of the input
// are read where they lie, each once for the rows of the output that it is a product of. Where the
// input's pixels are apart, or the border's zeros have to be multiplied, rows are copied first.
// Where the channels of a pixel lie side by side, they are in the lanes instead (across.c).
//
// Each output is one chain of fused multiply-adds over the columns of the kernel and, within a
// column, its rows; the bias is added last.
#include "algorithms/depthwise/across.h"
#include "algorithms/depthwise/work.h"
#include "algorithms/far.h"
#include "algorithms/finish.h"
#include "algorithms/numbers.h"

#include "base/checked.h"
#include "base/memory.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

fal_sharing fal_find_sharing(const fal_problem *p)
{
    const fal_problem_axis *row = &p->axis[1];
    int64_t common = fal_common_divisor(row->stride, row->dilation);
    return (fal_sharing){row->dilation / common, row->dilation, row->stride / common};
}

// ----------------------------------------------------------------------------------------- packing

// What stands before the channels.
typedef struct header {
    bool skips_border; // products with it may be left out: it is zeros, and all weights are finite
} header;

// Up to where channels in the lanes have theirs.
static size_t plain_bytes(const fal_task *task)
{
    size_t numbers = (size_t)task->problem.groups * (size_t)fal_channel_numbers(&task->problem);
    return FAL_ALIGNMENT + fal_align(numbers * (size_t)task->kernels->size);
}

static size_t packed_bytes(const fal_task *task)
{
    size_t numbers = 0;
    if (fal_plans_across(task))
        numbers = (size_t)fal_across_numbers(&task->problem);
    return plain_bytes(task) + numbers * (size_t)task->kernels->size;
}

// The weights of all channels from a column of the kernel, for the lanes of pixels, to `to` and on.
static void pack_column(const fal_task *task, const fal_view *weight, int64_t column, char *to)
{
    const fal_problem *p = &task->problem;
    const int64_t rows = p->axis[1].kernel, channel = fal_channel_numbers(p);
    const int64_t first = column * weight->axis[2];
    if (!fal_is_integer(p->weight_dtype)) {
        const fal_box box = {
            .to = to,
            .planes = 1,
            .rows = p->groups,
            .columns = rows,
            .from_row = weight->group,
            .from_column = weight->axis[1],
            .to_row = channel,
        };
        fal_take_weights(task, weight, first, &box);
        return;
    }
    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t kh = 0; kh < rows; kh++)
            *(int32_t *)(to + (g * channel + kh) * task->kernels->size) = fal_take_bytes(
                p, weight, first + g * weight->group + kh * weight->axis[1], fal_is_paired(p, 0));
}

static void pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    const int64_t size = task->kernels->size, channel = fal_channel_numbers(p);
    char *first = (char *)packed + FAL_ALIGNMENT, *to = first;
    for (int64_t i = 0; i < p->axis[2].kernel; i++, to += p->axis[1].kernel * size)
        pack_column(task, &all->weight, fal_find_tap_at(&p->axis[2], i), to);
    for (int64_t g = 0; g < p->groups; g++, to += channel * size)
        fal_pack_biases(task, all, g, 1, to);
    const bool finite = task->kernels->are_finite(first, p->groups * channel);
    *(header *)packed = (header){p->border == FALTUNG_PADDING_ZEROS && finite};
    if (fal_plans_across(task))
        fal_pack_across(task, all, (char *)packed + plain_bytes(task));
}

// ----------------------------------------------------------------------------------- the algorithm

static size_t workspace(const fal_task *task)
{
    fal_depthwise_work w;
    const size_t plain = fal_lay_out_depthwise(task, NULL, &w);
    const size_t across = fal_plans_across(task) ? fal_across_workspace(task) : 0;
    return plain > across ? plain : across;
}

// Whether an output needs what is outside the input.
static bool has_border(const fal_problem *p)
{
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        const int64_t first = fal_element_of_tap(axis, 0);
        if (first < 0 || first + fal_extent(axis, fal_count_lanes(axis)) > axis->input)
            return true;
    }
    return false;
}

// Whole tiles of rows, as many as keep their input near.
static int64_t rows_of_block(const fal_depthwise_work *w)
{
    const fal_problem *p = &w->task->problem;
    const int64_t near = 1 << 17, apart = w->rows.apart; // bytes
    int64_t bytes = p->axis[1].stride *
                    fal_extent(&p->axis[2], fal_least(fal_count_lanes(&p->axis[2]), FAL_STRIPE)) *
                    w->task->kernels->size;
    if (w->copies || w->collects)
        return apart * FAL_FEW_ROWS;
    return apart * FAL_FEW_ROWS * fal_most(1, near / (bytes * FAL_FEW_ROWS * apart));
}

// Rows of a stripe in one image, of all channels: of one after the other, which takes the same
// strips if these are all of them.
static void run_rows(const fal_depthwise_work *w, const fal_part *part, fal_strip_place at,
                     int64_t past)
{
    const int64_t *from = part->begin, *to = part->end;
    const bool together = (w->segments == 1 || w->rows.apart == 1) && past - at.row <= w->block;
    at.channels = together ? to[FAL_CHANNEL] - from[FAL_CHANNEL] : 1;
    for (at.channel = from[FAL_CHANNEL]; at.channel < to[FAL_CHANNEL]; at.channel += at.channels)
        for (at.depth = from[FAL_DEPTH]; at.depth < to[FAL_DEPTH]; at.depth++)
            fal_run_stripe(w, at, past);
}

// Where the channels of a pixel lie together, a few rows of all of them are computed before the
// next ones, so that what is read for one channel is still near for the others.
static int64_t rows_at_once(const fal_depthwise_work *w, const fal_part *part)
{
    const fal_view *input = &w->all->input, *output = &w->all->output;
    bool together = imaxabs(input->group) < imaxabs(input->axis[2]) ||
                    imaxabs(output->group) < imaxabs(output->axis[2]);
    return together ? w->block : part->end[FAL_ROW] - part->begin[FAL_ROW];
}

static void find_columns(fal_depthwise_work *w)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    w->first_column = fal_element_of_tap(axis, 0);
    w->past_column[0] = fal_count_first_taps(axis);
    w->past_column[1] = axis->kernel;
    for (int64_t i = 0; i < axis->kernel; i++)
        w->offset[i] =
            (int32_t)(fal_element_of_tap(axis, fal_find_tap_at(axis, i)) - w->first_column);
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *memory)
{
    const fal_problem *p = &task->problem;
    const int64_t *from = part->begin, *to = part->end;
    fal_depthwise_work w = {.task = task,
                            .all = all,
                            .packed = (const char *)packed + FAL_ALIGNMENT,
                            .rows = fal_find_sharing(p)};
    bool skips_border = ((const header *)packed)->skips_border;
    fal_finish finish;
    if (fal_goes_across(task, all)) {
        fal_run_across(task, all, (const char *)packed + plain_bytes(task), skips_border, part,
                       memory);
        return;
    }
    w.finish = fal_find_finish(task, all, &finish);
    w.clamps = fal_is_clamp(w.finish);
    const fal_kernels *k = task->kernels;
    w.collects = (w.finish && !w.clamps) || all->output.axis[2] != 1 || k->output_size != k->size ||
                 from[FAL_COLUMN] % fal_count_phases(&p->axis[2]) != 0;
    w.copies =
        all->input.axis[2] != 1 || (!skips_border && has_border(p)) || k->input_size != k->size;
    w.block = rows_of_block(&w);
    fal_lay_out_depthwise(task, memory, &w);
    find_columns(&w);
    const int64_t rows = rows_at_once(&w, part);
    for (int64_t begin = from[FAL_COLUMN]; begin < to[FAL_COLUMN]; begin += FAL_STRIPE) {
        fal_make_segments(&w, begin, fal_least(begin + FAL_STRIPE, to[FAL_COLUMN]));
        // Whole rows come by themselves, halves do not.
        w.looks_ahead = w.segments > 1 && !w.copies && !w.collects && fal_are_far(task);
        fal_strip_place at = {.image = from[FAL_IMAGE]};
        for (; at.image < to[FAL_IMAGE]; at.image++)
            for (at.row = from[FAL_ROW]; at.row < to[FAL_ROW]; at.row += rows)
                run_rows(&w, part, at, fal_least(at.row + rows, to[FAL_ROW]));
    }
}

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        size[i] = 1;
    size[FAL_ROW] = fal_find_sharing(&task->problem).apart * FAL_FEW_ROWS;
    size[FAL_COLUMN] = FAL_STRIPE;
    if (fal_plans_across(task)) {
        size[FAL_CHANNEL] = task->problem.groups;
        size[FAL_ROW] = 1;
    }
}

// Rows of the input are read once for every tile of rows of the output.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const int64_t phases = fal_count_phases(&p->axis[2]);
    int64_t width = fal_least(p->axis[2].output, FAL_STRIPE);
    const fal_plane_kernel *tile = fal_find_plane_kernel(task, fal_ceil_divide(width, phases));
    double planes = (double)p->batch * (double)p->groups * (double)p->axis[0].output;
    double rows = (double)p->axis[1].output, reach = (double)p->axis[1].kernel - 1;
    double inputs = rows * (1 + reach / (double)tile->rows) * (double)p->axis[2].input;
    double outputs = rows * (double)p->axis[2].output;
    d->bytes = (planes * (inputs + outputs) + (double)p->groups * (double)fal_channel_numbers(p)) *
               (double)task->kernels->size;
    if (fal_plans_across(task)) {
        snprintf(d->how, sizeof d->how, "channels in the lanes, row by row; one sum");
        return;
    }
    snprintf(d->how, sizeof d->how,
             "pixels in the lanes, tiles of %d rows by %d pixels of a channel, up to %d columns "
             "at a time; one sum",
             tile->rows, tile->phases * tile->vectors * task->kernels->lanes, FAL_STRIPE);
}

static bool is_too_far(const fal_problem *p)
{
    const double most = (double)(INT32_C(1) << 30);
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        double reach = (double)axis->dilation * (double)axis->kernel;
        double padding = (double)(axis->padding < 0 ? -axis->padding : axis->padding);
        if (reach > most || padding > most)
            return true;
    }
    return false;
}

static bool has_huge_band(const fal_problem *p)
{
    const double most = 4 << 20, vectors = FAL_PLANE_WIDTH * 16; // numbers
    double row = vectors * (double)p->axis[2].stride +
                 (double)p->axis[2].dilation * (double)p->axis[2].kernel;
    return row * (FAL_FEW_ROWS * (double)p->axis[1].stride + (double)p->axis[1].kernel) > most;
}

// Whether both phases of a dilated input's columns can be computed together, pixels in the lanes.
static bool has_two_phases(const fal_task *task)
{
    const fal_problem_axis *column = &task->problem.axis[2];
    return column->input_dilation == 2 && column->stride == 1 && column->dilation % 2 == 1 &&
           task->problem.border == FALTUNG_PADDING_ZEROS && !task->channels_last;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    if (fal_is_complex(p->dtype))
        return "numbers are complex";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!p->border_counts || deep->input_dilation > 1 || row->input_dilation > 1 ||
        (column->input_dilation > 1 && !has_two_phases(task)))
        return "the convolution is transposed";
    if (p->input_channels != 1 || p->output_channels != 1)
        return "groups have several channels";
    if (deep->kernel != 1 || deep->padding != 0 || (deep->output - 1) * deep->stride >= deep->input)
        return "the kernel reaches over depth";
    if (column->stride > 2 || (row->output > 1 && fal_find_sharing(p).stride != column->stride))
        return "strides other than 1 and 2 are left to others";
    if (is_too_far(p) || has_huge_band(p))
        return "the input that a few rows of the output need is over 4194304 numbers";
    return NULL;
}

// Direct sums have the same order, and so the same bits.
static const char *should_not(const fal_task *task)
{
    const fal_problem_axis *row = &task->problem.axis[1];
    if (row->output == 1 && row->kernel == 1 && !task->channels_last)
        return "there is one row, and no other to share the input with";
    return NULL;
}

static double work(const fal_task *task)
{
    return fal_direct.work(task); // there are as many products, each group having one channel
}

const fal_algorithm fal_depthwise = {
    .name = "depthwise",
    .reason = "one channel by itself, each row of the input read once for several of the output",
    .cannot = cannot,
    .should_not = should_not,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .workspace = workspace,
    .grain = grain,
    .work = work,
    .describe = describe,
    .run = run,
};
