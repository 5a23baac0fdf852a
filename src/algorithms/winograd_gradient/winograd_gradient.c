// SPDX-License-Identifier: Apache-2.0
//
// Winograd's minimal filtering for the gradient of weights of 3x3 with a stride of 1: the gradient
// is a convolution with a large kernel, which is cut into tiles of 4x4. Transformed, a tile and the
// 6x6 numbers that it meets need 36 products where 144 would be; these are summed over all tiles,
// and transformed back but once.
//
// A chunk of tiles is transformed and multiplied while it stays in the second-level cache, as do
// the sums of a block of planes and channels.
#include "algorithms/winograd_gradient/work.h"

#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EDGE = 6, KERNEL = 3 };

static size_t lay_out_desk(const fal_task *task, const fal_gradient_layout *l, char *workspace,
                           fal_gradient_desk *d)
{
    const int64_t vectors = l->channels / task->kernels->winograd->channels;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)(EDGE * l->row) * sizeof(float),
        (size_t)(FAL_WINOGRAD_ELEMENTS * l->of_planes) * sizeof(float),
        (size_t)(FAL_WINOGRAD_ELEMENTS * l->of_channels) * sizeof(float),
        (size_t)(vectors * FAL_WINOGRAD_ELEMENTS * l->of_sums) * sizeof(float),
        (size_t)(l->planes * KERNEL * KERNEL * task->kernels->lanes) * sizeof(float),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    *d = (fal_gradient_desk){p[0], p[1], p[2], p[3], p[4], p[5]};
    return total;
}

static size_t workspace(const fal_task *task)
{
    const fal_gradient_layout l = fal_gradient_lay_out(task);
    fal_gradient_desk d;
    return lay_out_desk(task, &l, NULL, &d);
}

// ---------------------------------------------------------------------------------------- products

// One chunk of the block's planes by the channels that are transformed: planes in as few calls for
// each element as can be, of nearly equal size.
static void multiply(const fal_gradient_work *w, const fal_gradient_block *b,
                     const fal_gradient_chunk *c, float *sums)
{
    const fal_gradient_layout *l = &w->layout;
    const fal_winograd_kernels *kernels = w->task->kernels->winograd;
    fal_winograd_products p = {.pitch = l->pitch, .count = c->tiles, .add = c->first > 0};
    for (int64_t e = 0; e < FAL_WINOGRAD_ELEMENTS; e++) {
        int64_t left = fal_ceil_divide(b->planes, kernels->most);
        p.weight = p.fetch = w->desk.channels + e * l->of_channels;
        for (int64_t first = 0, size; left > 0; first += size, left--) {
            size = fal_ceil_divide(b->planes - first, left);
            p.tiles = w->desk.planes + e * l->of_planes + first;
            p.sums = sums + e * l->of_sums + first * kernels->channels;
            kernels->multiply[size - 1](&p);
        }
    }
}

// ------------------------------------------------------------------------------------------ result

// Elements of the part, of all planes and of the channels in one vector's lanes, to `to` and on.
static void write_lanes(const fal_gradient_work *w, const fal_gradient_block *b,
                        const fal_part *part, char *to, int64_t channels)
{
    const fal_view *output = &w->all->output;
    const int64_t *begin = part->begin, *end = part->end, lanes = w->task->kernels->lanes;
    const int64_t size = w->task->kernels->output_size;
    for (int64_t o = 0; o < channels; o++, to += output->channel * size)
        for (int64_t r = begin[FAL_ROW]; r < end[FAL_ROW]; r++) {
            const int64_t at = r * output->axis[1] + begin[FAL_COLUMN] * output->axis[2];
            const fal_rows rows = {
                .from = w->desk.gradient + (r * KERNEL + begin[FAL_COLUMN]) * lanes + o,
                .to = to + at * size,
                .rows = b->planes,
                .columns = end[FAL_COLUMN] - begin[FAL_COLUMN],
                .from_row = KERNEL * KERNEL * lanes,
                .from_column = lanes,
                .to_row = output->outer,
                .to_column = output->axis[2],
            };
            w->task->kernels->write_rows(&rows);
        }
}

// Whether all elements of a channel's planes lie side by side, as numbers.
static bool is_plain(const fal_gradient_work *w, const fal_part *part)
{
    const fal_view *output = &w->all->output;
    return w->task->kernels->output_size == w->task->kernels->size && output->axis[2] == 1 &&
           output->axis[1] == KERNEL && output->outer == KERNEL * KERNEL &&
           part->end[FAL_ROW] - part->begin[FAL_ROW] == KERNEL &&
           part->end[FAL_COLUMN] - part->begin[FAL_COLUMN] == KERNEL;
}

static void copy_lanes(const fal_gradient_work *w, const fal_gradient_block *b, char *to,
                       int64_t channels)
{
    const fal_box box = {
        .from = w->desk.gradient,
        .to = to,
        .planes = 1,
        .rows = channels,
        .columns = b->planes * KERNEL * KERNEL,
        .from_row = 1,
        .from_column = w->task->kernels->lanes,
        .to_row = w->all->output.channel,
    };
    w->task->kernels->copy(&box);
}

// The same where planes lie side by side, as they do with channels last: one element of the kernel
// after the other.
static void turn_lanes(const fal_gradient_work *w, const fal_gradient_block *b,
                       const fal_part *part, char *to, int64_t channels)
{
    const fal_view *output = &w->all->output;
    const int64_t lanes = w->task->kernels->lanes, size = w->task->kernels->size;
    for (int64_t r = part->begin[FAL_ROW]; r < part->end[FAL_ROW]; r++)
        for (int64_t c = part->begin[FAL_COLUMN]; c < part->end[FAL_COLUMN]; c++) {
            const fal_box box = {
                .from = w->desk.gradient + (r * KERNEL + c) * lanes,
                .to = to + (r * output->axis[1] + c * output->axis[2]) * size,
                .planes = 1,
                .rows = channels,
                .columns = b->planes,
                .from_row = 1,
                .from_column = KERNEL * KERNEL * lanes,
                .to_row = output->channel,
            };
            w->task->kernels->copy(&box);
        }
}

// The sums of all planes and of the channels [channel, past) that are multiplied at once.
static void emit(const fal_gradient_work *w, const fal_gradient_block *b, const fal_part *part,
                 const float *sums, int64_t channel, int64_t past)
{
    const fal_kernels *k = w->task->kernels;
    const fal_view *output = &w->all->output;
    const int64_t group = b->group * output->group + b->depth * output->axis[0];
    for (int64_t o = channel; o < past; o += k->lanes) {
        for (int64_t plane = 0; plane < b->planes; plane++) {
            const fal_winograd_sums s = {
                .sums = sums + plane * k->winograd->channels + (o - channel),
                .element = w->layout.of_sums,
                .to = w->desk.gradient + plane * KERNEL * KERNEL * k->lanes,
            };
            k->winograd->gradient(&s);
        }
        const int64_t at = group + b->plane * output->outer + o * output->channel;
        char *to = (char *)output->data + at * k->output_size;
        const int64_t channels = fal_least(k->lanes, past - o);
        if (is_plain(w, part))
            copy_lanes(w, b, to, channels);
        else if (output->outer == 1 && k->output_size == k->size)
            turn_lanes(w, b, part, to, channels);
        else
            write_lanes(w, b, part, to, channels);
    }
}

// -------------------------------------------------------------------------------------------- runs

static void run_block(const fal_gradient_work *w, const fal_gradient_block *b, const fal_part *part)
{
    const fal_gradient_layout *l = &w->layout;
    const int64_t width = w->task->kernels->winograd->channels;
    const int64_t of_vector = FAL_WINOGRAD_ELEMENTS * l->of_sums;
    const int64_t past = b->channel + b->channels;
    fal_gradient_chunk c;
    for (c.first = 0; c.first < l->tiles; c.first += l->chunk) {
        c.tiles = fal_least(l->chunk, l->tiles - c.first);
        fal_gradient_transform_planes(w, b, &c);
        float *sums = w->desk.sums;
        for (int64_t o = b->channel; o < past; o += width, sums += of_vector) {
            fal_gradient_transform_channels(w, b, &c, o, past);
            multiply(w, b, &c, sums);
        }
    }
    const float *sums = w->desk.sums;
    for (int64_t o = b->channel; o < past; o += width, sums += of_vector)
        emit(w, b, part, sums, o, fal_least(o + width, past));
}

// Lanes without a channel are computed all the same, from what is there: it has to be a number.
static void clear(const fal_gradient_work *w)
{
    const fal_gradient_layout *l = &w->layout;
    memset(w->desk.planes, 0, (size_t)(FAL_WINOGRAD_ELEMENTS * l->of_planes) * sizeof(float));
    memset(w->desk.channels, 0, (size_t)(FAL_WINOGRAD_ELEMENTS * l->of_channels) * sizeof(float));
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    (void)packed;
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    fal_gradient_work w = {.task = task, .all = all, .layout = fal_gradient_lay_out(task)};
    lay_out_desk(task, &w.layout, workspace, &w.desk);
    clear(&w);
    fal_gradient_block b;
    for (int64_t o = from[FAL_CHANNEL]; o < to[FAL_CHANNEL]; o += b.channels) {
        b.group = o / channels;
        b.channel = o % channels;
        b.channels =
            fal_least(fal_least(w.layout.channels, channels - b.channel), to[FAL_CHANNEL] - o);
        for (b.plane = from[FAL_IMAGE]; b.plane < to[FAL_IMAGE]; b.plane += b.planes) {
            b.planes = fal_least(w.layout.planes, to[FAL_IMAGE] - b.plane);
            for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
                run_block(&w, &b, part);
        }
    }
}

// ----------------------------------------------------------------------------------- the algorithm

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_gradient_layout l = fal_gradient_lay_out(task);
    size[FAL_IMAGE] = l.planes;
    size[FAL_CHANNEL] = l.channels;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = size[FAL_COLUMN] = KERNEL;
}

static double count_tiles(const fal_problem *p)
{
    return (double)p->input_channels * (double)p->axis[0].kernel *
           (double)fal_ceil_divide(p->axis[1].kernel, FAL_WINOGRAD_TILE) *
           (double)fal_ceil_divide(p->axis[2].kernel, FAL_WINOGRAD_TILE);
}

// Products and transforms, in multiply-adds of plain sums.
static double work(const fal_task *task)
{
    const double of_planes = 8, of_channels = 8, back = 10, vector = 16, near = 64;
    const fal_problem *p = &task->problem;
    const double planes = (double)p->batch;
    const double channels = (double)fal_round_up(p->output_channels, (int64_t)vector);
    const double tiles = count_tiles(p);
    const double of_tile = planes * channels + of_planes * planes * (channels / near + 1) +
                           of_channels * channels * (planes / near + 1);
    return (double)p->groups * (double)p->axis[0].output * FAL_WINOGRAD_ELEMENTS *
           (tiles * of_tile + back * planes * channels);
}

// Of each tile transforms are written and read, and sums of each chunk.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_gradient_layout l = fal_gradient_lay_out(task);
    const double blocks = (double)p->groups * (double)p->axis[0].output *
                          (double)fal_ceil_divide(p->batch, l.planes) *
                          (double)fal_ceil_divide(p->output_channels, l.channels);
    const double transformed = 3 * (double)l.chunk * (double)(l.planes + l.channels);
    const double sums = 2 * (double)l.planes * (double)l.channels;
    d->bytes = blocks * (double)fal_ceil_divide(l.tiles, l.chunk) * FAL_WINOGRAD_ELEMENTS *
               (transformed + sums) * sizeof(float);
    snprintf(d->how, sizeof d->how,
             "F(3x3, 4x4) in blocks of %" PRId64 " planes by %" PRId64 " channels; sums of %" PRId64
             " tiles at a time",
             l.planes, l.channels, l.chunk);
}

static bool is_three_by_three(const fal_problem *p)
{
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        if (axis->output != KERNEL || axis->stride != 1 || axis->dilation != 1)
            return false;
    }
    return true;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (!p->of_weight)
        return "it is no weight's gradient";
    if (p->accuracy == FALTUNG_ACCURACY_EXACT)
        return "accuracy is exact, and its transforms round";
    if (!task->kernels->winograd || fal_is_complex(p->dtype))
        return "it computes f32 and halves only";
    if (!is_three_by_three(p))
        return "it computes gradients of 3x3, or of slices of 3x3, without stride and dilation "
               "only";
    if (p->input_channels == 0)
        return "there are no products to sum";
    return NULL;
}

static const char *should_not(const fal_task *task)
{
    const double worth = 1.2, few_tiles = 16; // times less work; of which errors would be larger
    const fal_problem *p = &task->problem;
    const int64_t few = 16;
    if (p->batch < few || p->output_channels < few)
        return "of few channels, transforms take longer than the products that they save";
    if (count_tiles(p) < few_tiles)
        return "of few tiles, sums by transforms are less exact than plain ones";
    if (work(task) * worth > fal_weight_gradient.work(task))
        return "transforms would take longer than the products that they save";
    return NULL;
}

const fal_algorithm fal_winograd_gradient = {
    .name = "winograd_gradient",
    .reason = "Winograd's transforms, which save three quarters of the products",
    .cannot = cannot,
    .should_not = should_not,
    .workspace = workspace,
    .grain = grain,
    .enough_pieces = 1,
    .preparing = 10,
    .work = work,
    .describe = describe,
    .run = run,
};
