// SPDX-License-Identifier: Apache-2.0
//
// Winograd's minimal filtering for kernels of 3x3 and 1x3 with a stride of 1: tiles of the input
// and kernels are transformed so that fewer products give a tile of outputs, 36 instead of 144 by
// the form F(4x4, 3x3); a matrix multiplication over channels for each of them; and the sums are
// transformed back. A block of tiles goes all the way before the next one begins, so that it stays
// in the second-level cache.
//
// The order of all sums is laid down in docs/numerics.md. What is computed of a tile depends on its
// place in the output alone, so that parts have the bits of the whole.
#include "algorithms/winograd/work.h"

#include "algorithms/finish.h"
#include "algorithms/numbers.h"
#include "algorithms/workspace.h"
#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

// ----------------------------------------------------------------------------------------- weights

// Weights and biases of a group, and whether slices that meet the border may be left out.
static size_t group_numbers(const fal_winograd_layout *l)
{
    return (size_t)(l->weights + l->channels + FAL_WINOGRAD_LINE);
}

// A number of a packed group that is not 0 if they may: where all weights are finite.
static int64_t place_of_skips(const fal_winograd_layout *l)
{
    return l->weights + l->channels;
}

static size_t packed_bytes(const fal_task *task)
{
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    return (size_t)task->problem.groups * group_numbers(&l) * sizeof(float);
}

enum { MOST_ELEMENTS = 9, MOST_CHANNELS = 64 }; // of a kernel; that are computed at once

// The kernels of an input channel and some output channels, from an element of the weight on, as
// numbers.
static void take_kernels(const fal_problem *p, const fal_view *weight, int64_t at, int channels,
                         float *to)
{
    const int64_t elements = p->axis[1].kernel * p->axis[2].kernel;
    for (int o = 0; o < channels; o++)
        for (int64_t i = 0; i < elements; i++)
            fal_take_weight(p, weight,
                            at + o * weight->outer + i / 3 * weight->axis[1] +
                                i % 3 * weight->axis[2],
                            false, to++);
}

// One group's: [channels computed at once][element][slice][input channel][channel].
static void pack_group(const fal_task *task, const fal_winograd_form *form, const fal_view *weight,
                       int64_t group, float *to)
{
    const fal_problem *p = &task->problem;
    const int64_t width = task->kernels->winograd->channels, planes = fal_count_planes(p);
    for (int64_t o = 0; o < p->output_channels; o += width)
        for (int64_t plane = 0; plane < planes; plane++) {
            const int64_t slice = plane / p->input_channels, c = plane % p->input_channels;
            float taken[MOST_ELEMENTS * MOST_CHANNELS];
            const int channels = (int)fal_least(width, p->output_channels - o);
            take_kernels(p, weight,
                         group * weight->group + o * weight->outer + c * weight->channel +
                             slice * weight->axis[0],
                         channels, taken);
            const fal_winograd_weight kernels = {
                .from = taken,
                .channel = p->axis[1].kernel * p->axis[2].kernel,
                .row = 3,
                .column = 1,
                .channels = channels,
                .to = to + (o * form->elements * planes) + plane * width,
                .element = planes * width,
            };
            form->weight(&kernels);
        }
}

static void pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    const int64_t channels = task->problem.output_channels;
    for (int64_t g = 0; g < task->problem.groups; g++) {
        float *to = (float *)packed + (size_t)g * group_numbers(&l), *bias = to + l.weights;
        pack_group(task, l.form, &all->weight, g, to);
        fal_pack_biases(task, all, g * channels, channels, bias);
        for (int64_t o = channels; o < l.channels; o++)
            bias[o] = 0;
        to[place_of_skips(&l)] =
            !task->problem.border_counts || task->kernels->are_finite(to, l.weights);
    }
}

// --------------------------------------------------------------------------------------- workspace

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(fal_winograd_work *w, char *workspace)
{
    fal_winograd_block b = {.images = 1, .rows = w->layout.most, .columns = 1};
    fal_divide_block(w->task, &w->layout, &b);
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)fal_winograd_rows_size(w, &b) * sizeof(float),
        (size_t)fal_winograd_tiles_size(w) * sizeof(float),
        (size_t)(w->layout.form->elements * b.sums) * sizeof(float),
        (size_t)fal_winograd_outputs_size(w, &b) * sizeof(float),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    _Static_assert(sizeof(fal_winograd_memory) <= FAL_MEMORY_BYTES, "more than is zero at first");
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    w->desk = (fal_winograd_desk){p[0], p[1], p[2], p[3], p[4]};
    return total;
}

static size_t workspace_bytes(const fal_task *task)
{
    fal_winograd_work w = {.task = task, .layout = fal_winograd_lay_out(task)};
    return lay_out_desk(&w, NULL);
}

// ------------------------------------------------------------------------------------------- runs

static bool is_same_block(const fal_winograd_block *a, const fal_winograd_block *b)
{
    return a->image == b->image && a->group == b->group && a->depth == b->depth &&
           a->row == b->row && a->column == b->column && a->images == b->images &&
           a->rows == b->rows && a->columns == b->columns;
}

// Transforms a block, if that is not still there from the part before.
static void prepare_block(const fal_winograd_work *w, const fal_winograd_block *b)
{
    fal_winograd_memory *m = w->desk.memory;
    const void *input = w->all->input.data;
    if (m->input == input && is_same_block(&m->block, b))
        return;
    fal_winograd_transform(w, b);
    *m = (fal_winograd_memory){input, *b};
}

// The output channels [begin, end) of a group over one block.
static void run_block(const fal_winograd_work *w, fal_winograd_block b, const float *packed,
                      int64_t begin, int64_t end)
{
    const int64_t width = w->task->kernels->winograd->channels;
    const float *group = packed + (size_t)b.group * group_numbers(&w->layout);
    fal_divide_block(w->task, &w->layout, &b);
    b.slices = fal_find_slices(&w->task->problem, b.depth, group[place_of_skips(&w->layout)] != 0);
    prepare_block(w, &b);
    for (int64_t first = begin / width * width; first < end; first += width) {
        fal_winograd_multiply(w, &b, group + first * w->layout.form->elements * w->layout.planes);
        fal_winograd_emit(w, &b, group + w->layout.weights + first, first, begin, end);
    }
}

// A part of the output in tiles.
typedef struct tiled {
    int64_t row, past_row, column, past_column;
} tiled;

static tiled tile_part(const fal_winograd_form *form, const fal_part *part)
{
    return (tiled){part->begin[FAL_ROW] / form->rows, fal_count_tile_rows(form, part->end[FAL_ROW]),
                   part->begin[FAL_COLUMN] / form->columns,
                   fal_count_tile_columns(form, part->end[FAL_COLUMN])};
}

// All blocks of some images and a group at one depth.
static void run_blocks(const fal_winograd_work *w, fal_winograd_block b, const float *packed,
                       int64_t begin, int64_t end)
{
    const tiled t = tile_part(w->layout.form, w->part);
    const int64_t rows = b.rows, columns = b.columns;
    for (b.row = t.row; b.row < t.past_row; b.row += rows)
        for (b.column = t.column; b.column < t.past_column; b.column += columns) {
            b.rows = fal_least(rows, t.past_row - b.row);
            b.columns = fal_least(columns, t.past_column - b.column);
            run_block(w, b, packed, begin, end);
        }
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    fal_winograd_work w = {
        .task = task, .all = all, .part = part, .layout = fal_winograd_lay_out(task)};
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    const tiled t = tile_part(w.layout.form, part);
    fal_winograd_block b;
    fal_finish finish;
    w.finish = fal_find_finish(task, all, &finish);
    lay_out_desk(&w, workspace);
    fal_size_block(&w.layout, to[FAL_IMAGE] - from[FAL_IMAGE], t.past_row - t.row,
                   t.past_column - t.column, &b);
    const int64_t images = b.images;
    for (b.image = from[FAL_IMAGE]; b.image < to[FAL_IMAGE]; b.image += images) {
        b.images = fal_least(images, to[FAL_IMAGE] - b.image);
        for (int64_t c = from[FAL_CHANNEL], past; c < to[FAL_CHANNEL]; c = past) {
            b.group = c / channels;
            int64_t base = b.group * channels;
            past = fal_least(base + channels, to[FAL_CHANNEL]);
            for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
                run_blocks(&w, b, packed, c - base, past - base);
        }
    }
}

// ----------------------------------------------------------------------------------- the algorithm

// What is worth reading all weights for; or a part of their channels, if each thread transforms the
// input for itself.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_problem *p = &task->problem;
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    int64_t rows = fal_count_tile_rows(l.form, p->axis[1].output);
    int64_t columns = fal_count_tile_columns(l.form, p->axis[2].output);
    int64_t wide = fal_ceil_divide(columns, fal_ceil_divide(columns, l.most));
    int64_t high = fal_least(rows, fal_ceil_divide(l.least, wide));
    int64_t tiles = high * wide;
    size[FAL_IMAGE] = high == rows && wide == columns ? fal_ceil_divide(l.least, tiles) : 1;
    size[FAL_CHANNEL] = task->kernels->winograd->channels;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = high * l.form->rows;
    size[FAL_COLUMN] = wide * l.form->columns;
}

static int64_t together(const fal_task *task, int axis)
{
    const fal_winograd_form *form = fal_winograd_find_form(task);
    return axis == 0 ? 1 : axis == 1 ? form->rows : form->columns;
}

static double work(const fal_task *task)
{
    return fal_winograd_count_work(&task->problem, fal_winograd_find_form(task));
}

// Every block reads its input, writes and reads its transforms and sums, and needs all weights of
// its group.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    int64_t rows = fal_count_tile_rows(l.form, p->axis[1].output);
    int64_t columns = fal_count_tile_columns(l.form, p->axis[2].output);
    fal_winograd_block b;
    fal_size_block(&l, p->batch, rows, columns, &b);
    double planes = (double)p->batch * (double)p->groups * (double)p->axis[0].output;
    double tiles = planes * (double)rows * (double)columns;
    double of_tile = l.form->elements * (3.0 * (double)l.planes + 2.0 * (double)l.channels) +
                     (double)(l.form->rows * l.form->columns) * (double)p->output_channels;
    d->bytes = (tiles * of_tile + tiles / (double)b.tiles * (double)l.weights) * sizeof(float);
    snprintf(d->how, sizeof d->how,
             "%s in blocks of %" PRId64 " by %" PRId64 " tiles of %" PRId64
             " images, up to %d tiles by %d channels at once; sums of %" PRId64
             " products at a time",
             l.form->name, b.rows, b.columns, b.images, task->kernels->winograd->most,
             task->kernels->winograd->channels, l.chunk);
}

// Transformed weights that lie in memory are never so many, but those of a view by strides of 0 may
// be.
static bool is_huge(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 40); // numbers
    double planes = (double)p->input_channels * (double)p->axis[0].kernel;
    double pairs = planes * (double)p->output_channels * (double)p->groups;
    return planes > 8192 || 36 * pairs > most;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (p->accuracy == FALTUNG_ACCURACY_EXACT)
        return "accuracy is exact, and its transforms round";
    if (p->dtype != FALTUNG_F32 && p->dtype != FALTUNG_F16 && p->dtype != FALTUNG_BF16)
        return "it computes f32 and halves only";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!fal_winograd_has_form(p))
        return "it computes kernels of 3x3 or 3, or of such slices, without stride and dilation "
               "only";
    if (task->form && (task->form->high == 1) != (p->axis[1].kernel == 1))
        return "its tiles are for kernels of 3x3";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (is_huge(p))
        return "a few tiles of over 8192 channels, or over 2^40 transformed weights, are too much";
    return NULL;
}

static const char *should_not(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const double worth = 1.1; // times less work
    const int64_t few = p->accuracy == FALTUNG_ACCURACY_FAST ? 16 : 32;
    if (fal_count_planes(p) < few || p->output_channels < few)
        return "of few channels, transforms take longer than the products that they save";
    if (work(task) * worth > fal_direct.work(task))
        return "transforms would take longer than the products that they save";
    return NULL;
}

const fal_algorithm fal_winograd = {
    .name = "winograd",
    .reason = "Winograd's transforms, which save half to three quarters of the products",
    .cannot = cannot,
    .should_not = should_not,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .together = together,
    .enough_pieces = 2,
    .work = work,
    .describe = describe,
    .run = run,
};
