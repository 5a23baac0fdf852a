// SPDX-License-Identifier: Apache-2.0
//
// Weight gradients by the kernels with channels in the lanes: what is broadcast is the same pixel
// of a few planes of the input, what lies in the lanes is a pixel of many channels of grad_output,
// turned while it is packed; and each element of the gradient is a tile of its own. (Of a
// transposed convolution the two change places.)
//
// Each element is the sum over chunks of the kernel's pixels, in order, of chains of fused
// multiply-adds over a chunk's images, rows and columns.
#include "algorithms/weight_gradient/work.h"

#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef fal_of_weight_chunk chunk;
typedef fal_of_weight_block block;
typedef fal_of_weight_work work;

static size_t lay_out_desk(const fal_task *task, const fal_cut *c, char *workspace,
                           fal_of_weight_desk *d)
{
    const size_t size = (size_t)task->kernels->size;
    const size_t bytes[] = {
        FAL_MEMORY_BYTES,
        (size_t)(c->band + FAL_SLACK) * size,
        (size_t)(c->products * c->channels) * size,
        (size_t)c->sums * size,
        (size_t)c->products * sizeof *d->offset,
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *p[PLACES];
    size_t total = fal_divide_workspace(workspace, PLACES, bytes, p);
    *d = (fal_of_weight_desk){p[0], p[1], p[2], p[3], p[4]};
    return total;
}

// --------------------------------------------------------------------------------------- computing

enum { MOST_RUNS = 16 }; // of a tile, which has no more pixels

// The runs of a strip's tiles, as places in the band: of each element those that its planes make,
// element after element. Runs behind the last are read anywhere.
typedef struct run_list {
    int32_t place[MOST_RUNS * FAL_WIDE_STRIP];
    int count;
} run_list;

static void multiply_strip(const work *w, const fal_wide_kernel *kernel, fal_wide_strip *strip,
                           run_list *list)
{
    const int64_t runs = kernel->pixels / kernel->run;
    while (list->count % runs)
        list->place[list->count++] = 0;
    strip->run = list->place;
    strip->products.tiles = (int)(list->count / runs);
    if (list->count)
        kernel->multiply(strip);
    strip->sums =
        (char *)strip->sums + list->count * kernel->run * w->cut.channels * w->task->kernels->size;
    list->count = 0;
}

// All runs of an element's planes, or of a row's columns, the first of which is at a place; strips
// are computed as soon as they are full.
static void add_runs(const work *w, const fal_wide_kernel *kernel, int64_t at, int64_t count,
                     fal_wide_strip *strip, run_list *list)
{
    const int most = kernel->strip * (kernel->pixels / kernel->run);
    for (int64_t i = 0; i < count; i += kernel->run) {
        list->place[list->count++] = (int32_t)(at + i * strip->step);
        if (list->count == most)
            multiply_strip(w, kernel, strip, list);
    }
}

// The runs of a block, in the order of its tiling.
static void multiply_runs(const work *w, const block *b, fal_wide_strip *strip)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_tiling *t = &b->tiling;
    const int64_t *from = b->part->begin, *to = b->part->end;
    const fal_of_weight_source *s = &b->source;
    const int64_t row = axis[1].stride * s->row, column = axis[2].stride * s->column;
    run_list list = {.count = 0};
    if (t->along_columns) {
        const int64_t columns = to[FAL_COLUMN] - from[FAL_COLUMN];
        for (int64_t plane = 0; plane < b->planes; plane++)
            for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
                add_runs(w, t->kernel, plane * s->plane + kh * row + from[FAL_COLUMN] * column,
                         columns, strip, &list);
    } else {
        for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
            for (int64_t kw = from[FAL_COLUMN]; kw < to[FAL_COLUMN]; kw++)
                add_runs(w, t->kernel, kh * row + kw * column, b->planes, strip, &list);
    }
    multiply_strip(w, t->kernel, strip, &list);
}

// The products of a chunk, from an input on.
static void run_chunk(const work *w, const block *b, const chunk *c, const void *input, void *sums,
                      bool add)
{
    const fal_of_weight_source *from = &b->source;
    const int64_t column = w->task->problem.axis[2].stride * from->column;
    const fal_stretch all[] = {{0, (int32_t)(c->images * c->rows * c->columns), 0}, {0, 0, 0}};
    const fal_stretch *lists[FAL_WIDE_STRIP];
    for (int i = 0; i < FAL_WIDE_STRIP; i++)
        lists[i] = all;
    fal_wide_strip strip = {
        .products = {.input = input,
                     .offset = w->desk.offset,
                     .weight = w->desk.weight,
                     .count = all[0].count,
                     .stretches = lists,
                     .unit = 1},
        .step = b->tiling.along_columns ? column : from->plane,
        .sums = sums,
        .add = add,
    };
    multiply_runs(w, b, &strip);
}

// All chunks of a block, in order.
static void run_block(work *w, const block *b)
{
    const fal_problem *p = &w->task->problem;
    const fal_cut *cut = &w->cut;
    const int64_t of_tile = b->tiling.computed * w->cut.channels * w->task->kernels->size;
    chunk c = {0};
    bool add = false;
    for (c.depth = 0; c.depth < p->axis[0].kernel; c.depth++)
        for (c.image = 0; c.image < p->input_channels; c.image += cut->images)
            for (c.row = 0; c.row < p->axis[1].kernel; c.row += cut->rows)
                for (c.column = 0; c.column < p->axis[2].kernel; c.column += cut->columns) {
                    c.images = fal_least(cut->images, p->input_channels - c.image);
                    c.rows = fal_least(cut->rows, p->axis[1].kernel - c.row);
                    c.columns = fal_least(cut->columns, p->axis[2].kernel - c.column);
                    const void *input = fal_of_weight_prepare_input(w, b, &c);
                    fal_of_weight_fill_offsets(w, &b->source, &c);
                    char *sums = w->desk.sums;
                    for (int64_t o = 0; o < b->channels; o += cut->channels, sums += of_tile) {
                        fal_of_weight_pack_kernel(w, b, &c, o);
                        run_chunk(w, b, &c, input, sums, add);
                    }
                    add = true;
                }
    char *sums = w->desk.sums;
    for (int64_t o = 0; o < b->channels; o += cut->channels, sums += of_tile)
        fal_of_weight_write(w, b, o, sums);
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    (void)packed;
    const int64_t *from = part->begin, *to = part->end;
    const int64_t channels = task->problem.output_channels;
    const int64_t rows = to[FAL_ROW] - from[FAL_ROW], columns = to[FAL_COLUMN] - from[FAL_COLUMN];
    work w = {.task = task, .all = all, .cut = fal_find_cut(task)};
    lay_out_desk(task, &w.cut, workspace, &w.desk);
    memset(w.desk.weight, 0, (size_t)(w.cut.products * w.cut.channels * task->kernels->size));
    block b = {.part = part};
    for (int64_t o = from[FAL_CHANNEL]; o < to[FAL_CHANNEL]; o += b.channels) {
        b.group = o / channels;
        b.channel = o % channels;
        b.channels = fal_least(fal_least(w.cut.tiles * w.cut.channels, channels - b.channel),
                               to[FAL_CHANNEL] - o);
        for (b.plane = from[FAL_IMAGE]; b.plane < to[FAL_IMAGE]; b.plane += b.planes) {
            b.planes = fal_least(w.cut.planes, to[FAL_IMAGE] - b.plane);
            b.tiling = fal_find_tiling(task->kernels, w.cut.channels, rows, columns, b.planes);
            b.source = fal_of_weight_find_source(&w, &b);
            for (b.depth = from[FAL_DEPTH]; b.depth < to[FAL_DEPTH]; b.depth++)
                run_block(&w, &b);
        }
    }
}

// ----------------------------------------------------------------------------------- the algorithm

static size_t workspace(const fal_task *task)
{
    fal_of_weight_desk d;
    const fal_cut c = fal_find_cut(task);
    return lay_out_desk(task, &c, NULL, &d);
}

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_cut c = fal_find_cut(task);
    size[FAL_IMAGE] = c.planes;
    size[FAL_CHANNEL] = c.channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        size[FAL_DEPTH + i] = i == 0 ? 1 : task->problem.axis[i].output;
}

// All products, those with zeros too; few channels leave lanes idle.
static double work_of_products(const fal_task *task)
{
    const int64_t vector = 16;
    const fal_problem *p = &task->problem;
    double products = (double)p->batch * (double)p->groups * (double)p->input_channels *
                      (double)fal_round_up(p->output_channels, vector);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        products *= (double)p->axis[i].output * (double)p->axis[i].kernel;
    return products;
}

static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    const fal_cut c = fal_find_cut(task);
    const fal_tiling tiling =
        fal_find_tiling(task->kernels, c.channels, p->axis[1].output, p->axis[2].output, c.planes);
    double blocks = (double)fal_ceil_divide(p->batch, c.planes) * (double)p->axis[0].output *
                    (double)fal_ceil_divide(p->output_channels, c.tiles * c.channels) *
                    (double)p->groups;
    double chunks = (double)fal_ceil_divide(p->input_channels, c.images) *
                    (double)fal_ceil_divide(p->axis[1].kernel, c.rows) *
                    (double)fal_ceil_divide(p->axis[2].kernel, c.columns) *
                    (double)p->axis[0].kernel;
    // Read, written, and read.
    double of_chunk = 3 * (double)(c.products * c.tiles * c.channels + c.band);
    d->bytes = blocks * (chunks * of_chunk + (double)c.sums) * (double)task->kernels->size;
    snprintf(d->how, sizeof d->how,
             "channels in the lanes, tiles of %d elements by %" PRId64
             " channels; blocks of %" PRId64 " planes; sums of %" PRId64 " products at a time",
             tiling.kernel->pixels, c.channels, c.planes, c.products);
}

// A band for the fewest planes, and the sums of all elements, must be of a reasonable size.
static bool is_huge(const fal_problem *p)
{
    const double most = 4 << 20, most_elements = 2048, planes = 16; // numbers
    double band = planes, elements = 1;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        double pixels = axis->kernel < 576 ? (double)axis->kernel : 576;
        band *= (pixels - 1) * (double)axis->dilation +
                (double)(axis->output - 1) * (double)axis->stride + 1;
        elements *= (double)axis->output;
    }
    return band > most || elements > most_elements;
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
        return "a few planes of it take over 4194304 numbers, or the kernel has over 2048 elements";
    return NULL;
}

const fal_algorithm fal_weight_gradient = {
    .name = "weight_gradient",
    .reason = "matrix multiplication over pixels, for each element of the gradient",
    .cannot = cannot,
    .workspace = workspace,
    .grain = grain,
    .enough_pieces = 2,
    .preparing = 8,
    .work = work_of_products,
    .describe = describe,
    .run = run,
};
