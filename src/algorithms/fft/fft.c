// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of large kernels by Fourier transforms: overlap-save. Tiles of the output have the
// size of a transform less what a kernel reaches over; each is the end of a circular convolution,
// which is a product of spectra. Two neighbouring tiles of a plane are the real and the imaginary
// parts of one picture: since kernels are real, the same parts come back.
//
// Spectra of a block of pairs are multiplied with those of the kernels, frequency by frequency,
// summed over the planes of the input, and transformed back. A frequency and its mirror meet the
// same number of a kernel, once conjugated, and stand beside each other for that.
//
// What is computed of a pair depends on its place in the output alone, so that parts have the bits
// of the whole.
#include "algorithms/fft/work.h"

#include "algorithms/finish.h"
#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <stdio.h>

// --------------------------------------------------------------------------------------- workspace

// Lays the desk out in a workspace; returns the bytes that it takes. With NULL only these count.
static size_t lay_out_desk(fal_fft_work *w, char *workspace)
{
    const fal_fft_layout *l = &w->layout;
    const size_t size = (size_t)w->task->kernels->size;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        fal_fft_planes_bytes(w->task, l),
        fal_fft_picture_bytes(w->task, l),
        (size_t)(l->frequencies * l->spectra) * size,
        (size_t)(l->frequencies * l->sums) * size,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    _Static_assert(sizeof(fal_fft_memory) <= FAL_MEMORY_BYTES, "more than is zero at first");
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    w->desk = (fal_fft_desk){p[0], p[1], p[2], p[3], p[4]};
    return total;
}

static size_t workspace_bytes(const fal_task *task)
{
    fal_fft_work w = {.task = task, .layout = fal_fft_lay_out(task)};
    return lay_out_desk(&w, NULL);
}

// ------------------------------------------------------------------------------------------- runs

static bool is_same_block(const fal_fft_block *a, const fal_fft_block *b)
{
    return a->image == b->image && a->group == b->group && a->depth == b->depth &&
           a->row == b->row && a->column == b->column && a->rows == b->rows &&
           a->columns == b->columns && a->first == b->first && a->pairs == b->pairs;
}

// Transforms a block, if that is not still there from the part before.
static void prepare_block(const fal_fft_work *w, const fal_fft_block *b)
{
    fal_fft_memory *m = w->desk.memory;
    const void *input = w->all->input.data;
    if (m->input == input && is_same_block(&m->block, b))
        return;
    fal_fft_transform(w, b);
    *m = (fal_fft_memory){input, *b};
}

// The output channels [begin, end) of a group over one block.
static void run_block(const fal_fft_work *w, const fal_fft_block *b, const char *group,
                      int64_t begin, int64_t end)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t size = w->task->kernels->size, lanes = w->task->kernels->lanes;
    const char *bias = group + fal_fft_place_of_biases(l) * size;
    prepare_block(w, b);
    if (l->pixels) {
        fal_fft_multiply(w, b, group + 2 * begin * l->line * size, end - begin);
        fal_fft_emit(w, b, bias, 0, begin, end);
        return;
    }
    for (int64_t first = begin / lanes * lanes; first < end; first += lanes) {
        fal_fft_multiply(w, b, group + first / lanes * l->frequencies * l->weights * size, 0);
        fal_fft_emit(w, b, bias + first * size, first, begin, end);
    }
}

// All blocks of some images, rows and columns of pairs, of one group and depth.
static void run_blocks(const fal_fft_work *w, fal_fft_block b, int64_t images, const char *group,
                       int64_t begin, int64_t end)
{
    const int64_t all = images * b.rows * b.columns;
    b.slices = fal_find_slices(&w->task->problem, b.depth,
                               fal_fft_skips_border(w->task, &w->layout, group));
    for (b.first = 0; b.first < all; b.first += w->layout.block) {
        b.pairs = fal_least(w->layout.block, all - b.first);
        run_block(w, &b, group, begin, end);
    }
}

static void run(const fal_task *task, const fal_operands *all, const void *memory,
                const fal_part *part, void *workspace)
{
    fal_fft_work w = {.task = task, .all = all, .part = part, .layout = fal_fft_lay_out(task)};
    const fal_fft_layout *l = &w.layout;
    const int64_t *from = part->begin, *to = part->end;
    const int64_t high = fal_fft_pair_outputs(l, 0), wide = fal_fft_pair_outputs(l, 1);
    const int64_t channels = task->problem.output_channels, size = task->kernels->size;
    fal_fft_block b = {
        .image = from[FAL_IMAGE],
        .row = from[FAL_ROW] / high,
        .column = from[FAL_COLUMN] / wide,
    };
    fal_fft_packed p;
    fal_finish finish;
    b.rows = fal_ceil_divide(to[FAL_ROW], high) - b.row;
    b.columns = fal_ceil_divide(to[FAL_COLUMN], wide) - b.column;
    fal_fft_find_packed(task, l, (char *)memory, &p);
    w.tables = fal_fft_find_tables(l, (size_t)size, p.tables);
    w.finish = fal_find_finish(task, all, &finish);
    lay_out_desk(&w, workspace);
    for (int64_t c = from[FAL_CHANNEL], past; c < to[FAL_CHANNEL]; c = past) {
        b.group = c / channels;
        const int64_t base = b.group * channels;
        const char *group = p.groups + b.group * fal_fft_group_numbers(task, l) * size;
        past = fal_least(base + channels, to[FAL_CHANNEL]);
        for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
            run_blocks(&w, b, to[FAL_IMAGE] - from[FAL_IMAGE], group, c - base, past - base);
    }
}

// ----------------------------------------------------------------------------------- the algorithm

// How many times less work there must be than in direct sums.
static const double worth = 1.1;

// No more than a block, so that pieces are many; or a part of its channels, if each thread
// transforms the input for itself.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_fft_layout l = fal_fft_lay_out(task);
    const int64_t wide = fal_least(l.pairs[1], l.block);
    const int64_t high = fal_least(l.pairs[0], l.block / wide);
    size[FAL_IMAGE] = fal_ceil_divide(l.block, high * wide);
    size[FAL_CHANNEL] = l.pixels ? 1 : task->kernels->lanes;
    size[FAL_DEPTH] = 1;
    size[FAL_ROW] = high * fal_fft_pair_outputs(&l, 0);
    size[FAL_COLUMN] = wide * fal_fft_pair_outputs(&l, 1);
}

static fal_together together(const fal_task *task, int axis)
{
    const fal_fft_layout l = fal_fft_lay_out(task);
    return (fal_together){axis ? fal_fft_pair_outputs(&l, axis - 1) : 1, 0};
}

// Every pair reads its input, writes and reads its picture, spectra and sums, and writes its
// output; every block reads all weights.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_fft_layout l = fal_fft_lay_out(task);
    const double images = (double)p->batch * (double)p->axis[0].output * (double)p->groups;
    const double pairs = images * (double)(l.pairs[0] * l.pairs[1]);
    const double channels = (double)(l.inputs + p->output_channels);
    const double numbers = 2 * (double)l.size[0] * l.size[1];
    const double weights = (double)fal_fft_spectra_numbers(&l) / (double)l.block;
    d->bytes = pairs * (channels * 8 * numbers + weights) * task->kernels->size;
    snprintf(d->how, sizeof d->how,
             "transforms of %d by %d, of which tiles of %" PRId64 " by %" PRId64
             " are left, two at once; %" PRId64 " pairs a block; %s in the lanes",
             l.size[0], l.size[1], l.outputs[0], l.outputs[1], l.block,
             l.pixels ? "pairs" : "channels");
}

static bool is_plain(const fal_problem *p)
{
    for (int i = 1; i < FALTUNG_MAX_AXES; i++)
        if (p->axis[i].stride != 1 || p->axis[i].input_dilation != 1)
            return false;
    return p->axis[0].input_dilation == 1;
}

// Spectra of weights that lie in memory are never so many, but those of a view by strides of 0 may
// be.
static bool is_huge(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 32); // kernels
    double planes = (double)p->input_channels * (double)p->axis[0].kernel;
    double kernels = planes * (double)p->output_channels * (double)p->groups;
    return planes > 8192 || kernels > most;
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (p->accuracy == FALTUNG_ACCURACY_EXACT)
        return "accuracy is exact, and its transforms round";
    if (!task->kernels->fft || fal_is_complex(p->dtype))
        return "it computes real numbers only";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!is_plain(p))
        return "rows or columns have a stride, or the input is dilated";
    if (is_huge(p))
        return "over 8192 planes of a group, or over 2^32 kernels, are too much";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (!fal_fft_fits(p))
        return "kernels of one column, or of over 256 rows or columns, or spectra of over 8388608 "
               "numbers, are beyond it";
    return NULL;
}

static double work(const fal_task *task)
{
    return fal_fft_size(&task->problem).work * (double)task->problem.groups;
}

static const char *should_not(const fal_task *task)
{
    const double few = 4e6; // products of one lane, below which there has been no gain
    const double direct = fal_direct.work(task);
    if (direct < few)
        return "there are too few products to save any";
    if (work(task) * worth > direct)
        return "transforms would take longer than the products that they save";
    return NULL;
}

const fal_algorithm fal_fft = {
    .name = "fft",
    .reason = "Fourier transforms, by which the size of a kernel hardly counts",
    .cannot = cannot,
    .should_not = should_not,
    .packed_bytes = fal_fft_packed_bytes,
    .pack = fal_fft_pack,
    .workspace = workspace_bytes,
    .grain = grain,
    .together = together,
    .enough_pieces = 1,
    .work = work,
    .describe = describe,
    .run = run,
};
