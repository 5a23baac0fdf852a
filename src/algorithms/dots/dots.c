// SPDX-License-Identifier: Apache-2.0
//
// Weight gradients of few channels, as the groups of a depthwise convolution have: each element is
// the dot product of two pictures, with pixels in the lanes. The pictures are packed so that what
// an element multiplies lies one behind the other, also where a stride or the ends of rows come
// between. Of single channels that lie last those are in the lanes instead (across.c).
//
// Each of 64 bytes' lanes sums every so many pixels, by chains of fused multiply-adds over chunks
// of images or rows that are added in order; in the end the lanes are added by halves.
#include "algorithms/dots/across.h"
#include "algorithms/dots/work.h"

#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static int64_t count_taps(const fal_problem *p)
{
    return p->axis[1].output * p->axis[2].output;
}

static size_t lay_out_desk(const fal_task *task, const fal_dots_layout *l, char *workspace,
                           fal_dots_desk *d)
{
    const size_t size = (size_t)task->kernels->size;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)l->band * size,
        (size_t)l->grad * size,
        (size_t)l->sums * size,
        (size_t)count_taps(&task->problem) * sizeof *d->offset,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    *d = (fal_dots_desk){.memory = p[0], .band = p[1], .grad = p[2], .sums = p[3], .offset = p[4]};
    return total;
}

// --------------------------------------------------------------------------------------- computing

static void *sums_of(const fal_dots_work *w, const fal_dots_block *b, int64_t plane,
                     int64_t channel)
{
    int64_t at = (plane * b->channels + channel) * w->taps * w->l.lanes;
    return (char *)w->desk.sums + at * w->task->kernels->size;
}

static void run_chunk(fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c, bool add)
{
    const fal_dots_layout *l = &w->l;
    fal_clear_dots(w, b, c);
    fal_pack_dots_grad(w, b, c);
    for (int64_t plane = 0; plane < b->planes; plane++) {
        fal_pack_dots_band(w, b, c, plane);
        for (int64_t o = 0; o < b->channels; o += 2) {
            const int64_t picture = l->images * l->grad_image;
            fal_dots dots = {
                .input = w->desk.band,
                .grad = (const char *)w->desk.grad + o * picture * w->task->kernels->size,
                .pictures = o + 1 < b->channels ? 2 : 1,
                .grad_picture = picture,
                .offset = w->desk.offset,
                .taps = w->taps,
                .images = c->images,
                .strips = l->strips,
                .vectors = l->vectors,
                .input_image = l->image,
                .input_strip = l->pitch,
                .grad_image = l->grad_image,
                .grad_strip = l->grad_pitch,
                .sums = sums_of(w, b, plane, o),
                .add = add,
            };
            fal_look_ahead_dots(w, b, c, &dots);
            w->task->kernels->sum_dots(&dots);
        }
    }
}

// The lanes of a sum, by halves; of a number that compilers know.
static double fold_floats(float *sum)
{
    for (int half = 64 / (int)sizeof *sum / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

static double fold_doubles(double *sum)
{
    for (int half = 64 / (int)sizeof *sum / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

void fal_write_dots(const fal_task *task, const fal_operands *all, const fal_dots_block *b,
                    int64_t row, int64_t column, double sum)
{
    const fal_view *output = &all->output;
    const int64_t o = b->channel, c = b->plane;
    if (!isfinite(sum)) {
        int64_t channel = b->group * task->problem.output_channels + o;
        const fal_part element = {
            .begin = {c, channel, b->depth, row, column},
            .end = {c + 1, channel + 1, b->depth + 1, row + 1, column + 1},
        };
        fal_reference.run(task, all, NULL, &element, NULL);
        return;
    }
    int64_t at = b->group * output->group + o * output->channel + c * output->outer +
                 b->depth * output->axis[0] + row * output->axis[1] + column * output->axis[2];
    fal_store(task->problem.output_dtype, output->data, at, sum);
}

static double fold_lanes(const fal_dots_work *w, void *sums)
{
    return w->task->problem.dtype == FALTUNG_F64 ? fold_doubles(sums) : fold_floats(sums);
}

static void write_block(const fal_dots_work *w, const fal_dots_block *b)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    const int64_t step = w->l.lanes * w->task->kernels->size;
    for (int64_t plane = 0; plane < b->planes; plane++)
        for (int64_t o = 0; o < b->channels; o++) {
            char *sums = sums_of(w, b, plane, o);
            fal_dots_block one = *b;
            one.plane += plane;
            one.channel += o;
            for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
                for (int64_t kw = from[FAL_COLUMN]; kw < to[FAL_COLUMN]; kw++, sums += step)
                    fal_write_dots(w->task, w->all, &one, kh, kw, fold_lanes(w, sums));
        }
}

// All chunks of a block, in order.
static void run_block(fal_dots_work *w, const fal_dots_block *b)
{
    const fal_problem *p = &w->task->problem;
    bool add = false;
    fal_dots_chunk c = {0};
    for (c.depth = 0; c.depth < p->axis[0].kernel; c.depth++)
        for (c.image = 0; c.image < p->input_channels; c.image += w->l.images)
            for (c.row = 0; c.row < p->axis[1].kernel; c.row += w->l.rows, add = true) {
                c.images = fal_least(w->l.images, p->input_channels - c.image);
                c.rows = fal_least(w->l.rows, p->axis[1].kernel - c.row);
                run_chunk(w, b, &c, add);
            }
    write_block(w, b);
}

void fal_find_dots_offsets(fal_dots_work *w, const int64_t *from, const int64_t *to)
{
    w->taps = 0;
    for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
        for (int64_t kw = from[FAL_COLUMN]; kw < to[FAL_COLUMN]; kw++)
            w->desk.offset[w->taps++] = (int32_t)fal_find_tap(&w->task->problem, &w->l, kh, kw);
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    (void)packed;
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    if (fal_dots_go_across(task, all)) {
        fal_run_dots_across(task, all, part, workspace);
        return;
    }
    fal_dots_work w = {.task = task, .all = all, .part = part, .l = fal_lay_out_dots(task)};
    lay_out_desk(task, &w.l, workspace, &w.desk);
    fal_find_dots_offsets(&w, from, to);
    fal_dots_block b = {0};
    for (int64_t o = from[FAL_CHANNEL]; o < to[FAL_CHANNEL]; o += b.channels) {
        b.group = o / channels;
        b.channel = o % channels;
        b.channels = fal_least(channels - b.channel, to[FAL_CHANNEL] - o);
        for (b.plane = from[FAL_IMAGE]; b.plane < to[FAL_IMAGE]; b.plane += b.planes) {
            b.planes = fal_least(w.l.planes, to[FAL_IMAGE] - b.plane);
            for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
                run_block(&w, &b);
        }
    }
}

// ----------------------------------------------------------------------------------- the algorithm

static size_t workspace(const fal_task *task)
{
    fal_dots_desk d;
    const fal_dots_layout l = fal_lay_out_dots(task);
    const size_t bytes = lay_out_desk(task, &l, NULL, &d);
    const size_t across = fal_dots_plan_across(task) ? fal_dots_across_workspace(task) : 0;
    return bytes > across ? bytes : across;
}

// Both pictures are packed for whatever part: all taps, and all channels of a group, are worth it.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_problem *p = &task->problem;
    const int64_t few = 16; // taps
    size[FAL_IMAGE] = 1;
    size[FAL_CHANNEL] = fal_dots_plan_across(task) ? 64 / task->kernels->size : p->output_channels;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = fal_least(p->axis[1].output, fal_ceil_divide(few, p->axis[2].output));
    size[FAL_COLUMN] = p->axis[2].output;
}

// What is packed is read, written, and read again for every few taps.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_dots_layout l = fal_lay_out_dots(task);
    const int64_t together = 8; // taps
    double passes = 2 + (double)fal_ceil_divide(count_taps(p), together);
    double chunks = (double)fal_ceil_divide(p->input_channels, l.images) *
                    (double)fal_ceil_divide(p->axis[1].kernel, l.rows) * (double)p->axis[0].kernel;
    double blocks = (double)p->groups * (double)p->axis[0].output;
    double numbers = (double)l.band * (double)p->batch +
                     (double)l.grad * (double)fal_ceil_divide(p->batch, l.planes);
    d->bytes = blocks * chunks * numbers * passes * (double)task->kernels->size;
    snprintf(d->how, sizeof d->how,
             "%s in the lanes, %s; %" PRId64 " sums of every so many of the pixels of %" PRId64
             " images by %" PRId64 " rows at a time",
             fal_dots_plan_across(task) ? "channels" : "pixels",
             l.flat ? "all rows one behind the other" : "row by row", l.lanes, l.images, l.rows);
}

// A chunk must be of a reasonable size.
static bool is_huge(const fal_problem *p)
{
    const double most = 4 << 20, rows = 384; // numbers; of a chunk, at most
    double band = 1, taps = 1;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        double pixels = i == 2 || axis->kernel < rows ? (double)axis->kernel : rows;
        band *= pixels * (double)axis->dilation + (double)axis->output * (double)axis->stride;
        taps *= (double)axis->output;
    }
    return band > most || taps * (double)p->output_channels > most / 16;
}

// Lanes that nobody asked for: of channels that would be in them, and of pixels; and a product
// costs two loads here, beside none there.
static bool is_better_by_channels(const fal_problem *p)
{
    const double loads = 1.3;
    const int64_t lanes = p->dtype == FALTUNG_F64 ? 8 : 16;
    double columns = (double)p->axis[2].kernel, channels = (double)p->output_channels;
    double by_channels = (double)fal_round_up(p->output_channels, lanes) / channels;
    double by_pixels = (double)fal_round_up(p->axis[2].kernel, lanes) / columns;
    return by_channels <= loads * by_pixels;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (!p->of_weight)
        return "it is no weight's gradient";
    if (fal_is_complex(p->dtype))
        return "numbers are complex";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (is_huge(p))
        return "a few rows of it take over 4194304 numbers, or the kernel has too many elements";
    return NULL;
}

static const char *should_not(const fal_task *task)
{
    return is_better_by_channels(&task->problem)
               ? "groups have enough channels to fill the lanes with"
               : NULL;
}

const fal_algorithm fal_dot_products = {
    .name = "dots",
    .reason = "each element of the gradient as the dot product of two pictures",
    .cannot = cannot,
    .should_not = should_not,
    .workspace = workspace,
    .grain = grain,
    .describe = describe,
    .run = run,
};
