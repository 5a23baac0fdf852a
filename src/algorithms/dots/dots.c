// SPDX-License-Identifier: Apache-2.0
//
// Weight gradients of few channels, as the groups of a depthwise convolution have: each element is
// the dot product of two pictures, with pixels in the lanes. The pictures are packed so that what
// an element multiplies lies one behind the other, also where a stride or the ends of rows come
// between.
//
// Each of 64 bytes' lanes sums every so many pixels, by chains of fused multiply-adds over chunks
// of images or rows that are added in order; in the end the lanes are added by halves.
#include "algorithms/dots/layout.h"

#include "algorithms/workspace.h"
#include "base/checked.h"
#include "tensor/element.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Tables and buffers of one thread, laid out in its workspace.
typedef struct desk {
    void *memory;
    void *band;      // a chunk of a plane of the input: [image][phase][row]
    void *grad;      // of all channels of a group: [channel][image][strip]
    void *sums;      // [plane][channel][tap][lane]
    int32_t *offset; // of every tap in the band
} desk;

// A range of images and rows of grad at one depth.
typedef struct chunk {
    int64_t depth, image, row;
    int64_t images, rows;
} chunk;

// Some channels of grad by some planes of the input of a group, at one depth of the taps.
typedef struct block {
    int64_t group, channel, channels, plane, planes, depth;
} block;

typedef struct work {
    const fal_task *task;
    const fal_operands *all;
    const fal_part *part;
    fal_dots_layout l;
    desk desk;
    int64_t taps;
    bool cleared;       // both buffers, and then filled for chunks like this one:
    chunk like;         // what lies around their pictures is zero still
    int64_t like_depth; // of the taps
} work;

static int64_t count_taps(const fal_problem *p)
{
    return p->axis[1].output * p->axis[2].output;
}

static size_t lay_out_desk(const fal_task *task, const fal_dots_layout *l, char *workspace, desk *d)
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
    *d = (desk){p[0], p[1], p[2], p[3], p[4]};
    return total;
}

// ----------------------------------------------------------------------------------------- packing

// Makes everything zero, unless what was packed before left the same places zero.
static void clear(work *w, const block *b, const chunk *c)
{
    const int64_t size = w->task->kernels->size;
    const chunk *like = &w->like;
    bool same = w->cleared && like->depth == c->depth && like->row == c->row &&
                like->rows == c->rows && like->images == c->images && w->like_depth == b->depth;
    if (!same) {
        memset(w->desk.band, 0, (size_t)(w->l.band * size));
        memset(w->desk.grad, 0, (size_t)(w->l.grad * size));
    }
    w->cleared = true;
    w->like = *c;
    w->like_depth = b->depth;
}

// The rows of grad of a chunk for all channels of a block, with zeros where they end.
static void pack_grad(const work *w, const block *b, const chunk *c)
{
    const fal_view *from = &w->all->weight;
    const int64_t size = w->task->kernels->size;
    const int64_t columns = w->task->problem.axis[2].kernel;
    char *to = w->desk.grad;
    for (int64_t o = 0; o < b->channels; o++)
        for (int64_t n = 0; n < w->l.images; n++, to += w->l.grad_image * size) {
            int64_t at = b->group * from->group + (b->channel + o) * from->outer +
                         (c->image + n) * from->channel + c->depth * from->axis[0] +
                         c->row * from->axis[1];
            const fal_box box = {
                .from = (const char *)from->data + at * w->task->kernels->input_size,
                .to = to,
                .planes = 1,
                .rows = c->rows,
                .columns = columns,
                .from_row = from->axis[1],
                .from_column = from->axis[2],
                .to_row = w->l.grad_pitch,
            };
            if (n < c->images)
                w->task->kernels->copy(&box);
        }
}

// Elements of a phase along an axis: as many as `count` from the input's position `first` on,
// `step` apart; [begin, end) of them are there.
typedef struct range {
    int64_t first, step, begin, end;
} range;

static range find_range(int64_t first, int64_t step, int64_t count, int64_t size)
{
    int64_t begin = first < 0 ? fal_ceil_divide(-first, step) : 0;
    int64_t end = first < size ? fal_ceil_divide(size - first, step) : 0;
    begin = fal_least(begin, count);
    return (range){first, step, begin, fal_most(begin, fal_least(end, count))};
}

// One phase of an image, whose first element of the first row would be at `from`.
static void pack_phase(const work *w, const char *from, const range *rows, const range *columns,
                       char *to)
{
    const fal_view *input = &w->all->input;
    const int64_t size = w->task->kernels->size;
    int64_t row = rows->first + rows->begin * rows->step;
    int64_t column = columns->first + columns->begin * columns->step;
    if (rows->begin == rows->end || columns->begin == columns->end)
        return;
    const fal_box box = {
        .from =
            from + (row * input->axis[1] + column * input->axis[2]) * w->task->kernels->input_size,
        .to = to + (rows->begin * w->l.pitch + columns->begin) * size,
        .planes = 1,
        .rows = rows->end - rows->begin,
        .columns = columns->end - columns->begin,
        .from_row = rows->step * input->axis[1],
        .from_column = columns->step * input->axis[2],
        .to_row = w->l.pitch,
    };
    w->task->kernels->copy(&box);
}

// The rows of a plane of the input that a chunk needs, with the border's zeros.
static void pack_band(const work *w, const block *b, const chunk *c, int64_t plane)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const fal_view *input = &w->all->input;
    const fal_dots_layout *l = &w->l;
    const int64_t size = w->task->kernels->size;
    int64_t depth = c->depth * deep->dilation + (b->depth * deep->stride - deep->padding);
    if (depth < 0 || depth >= deep->input)
        return;
    for (int64_t n = 0; n < c->images; n++) {
        int64_t at = b->group * input->group + (b->plane + plane) * input->outer +
                     (c->image + n) * input->channel + depth * input->axis[0];
        char *to = (char *)w->desk.band + n * l->image * size;
        for (int64_t i = 0; i < l->row.phases; i++)
            for (int64_t j = 0; j < l->column.phases; j++, to += l->phase * size) {
                range rows = find_range(c->row * row->dilation - row->padding + i, l->row.phases,
                                        c->rows + l->row.reach, row->input);
                range columns =
                    find_range(j - column->padding, l->column.phases, l->pitch, column->input);
                pack_phase(w, (const char *)input->data + at * w->task->kernels->input_size, &rows,
                           &columns, to);
            }
    }
}

// --------------------------------------------------------------------------------------- computing

static void *sums_of(const work *w, const block *b, int64_t plane, int64_t channel)
{
    int64_t at = (plane * b->channels + channel) * w->taps * w->l.lanes;
    return (char *)w->desk.sums + at * w->task->kernels->size;
}

static void run_chunk(work *w, const block *b, const chunk *c, bool add)
{
    const fal_dots_layout *l = &w->l;
    clear(w, b, c);
    pack_grad(w, b, c);
    for (int64_t plane = 0; plane < b->planes; plane++) {
        pack_band(w, b, c, plane);
        for (int64_t o = 0; o < b->channels; o++) {
            int64_t grad = o * l->images * l->grad_image * w->task->kernels->size;
            const fal_dots dots = {
                .input = w->desk.band,
                .grad = (const char *)w->desk.grad + grad,
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
            w->task->kernels->sum_dots(&dots);
        }
    }
}

static double add_floats(float *sum, int64_t lanes)
{
    for (int64_t half = lanes / 2; half; half /= 2)
        for (int64_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

static double add_doubles(double *sum, int64_t lanes)
{
    for (int64_t half = lanes / 2; half; half /= 2)
        for (int64_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

// One element of the result. The zeros between rows and behind them have been multiplied with what
// happened to lie there: where that was not finite, or the sum is not, the definition decides.
static void write_tap(const work *w, const block *b, int64_t plane, int64_t channel, int64_t row,
                      int64_t column, void *sums)
{
    const fal_view *output = &w->all->output;
    const bool is_double = w->task->problem.dtype == FALTUNG_F64;
    double sum = is_double ? add_doubles(sums, w->l.lanes) : add_floats(sums, w->l.lanes);
    int64_t o = b->channel + channel, c = b->plane + plane;
    if (!isfinite(sum)) {
        int64_t all = b->group * w->task->problem.output_channels + o;
        const fal_part element = {{c, all, b->depth, row, column},
                                  {c + 1, all + 1, b->depth + 1, row + 1, column + 1}};
        fal_reference.run(w->task, w->all, NULL, &element, NULL);
        return;
    }
    int64_t at = b->group * output->group + o * output->channel + c * output->outer +
                 b->depth * output->axis[0] + row * output->axis[1] + column * output->axis[2];
    fal_store(w->task->problem.output_dtype, output->data, at, sum);
}

static void write_block(const work *w, const block *b)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
    const int64_t step = w->l.lanes * w->task->kernels->size;
    for (int64_t plane = 0; plane < b->planes; plane++)
        for (int64_t o = 0; o < b->channels; o++) {
            char *sums = sums_of(w, b, plane, o);
            for (int64_t kh = from[FAL_ROW]; kh < to[FAL_ROW]; kh++)
                for (int64_t kw = from[FAL_COLUMN]; kw < to[FAL_COLUMN]; kw++, sums += step)
                    write_tap(w, b, plane, o, kh, kw, sums);
        }
}

// All chunks of a block, in order.
static void run_block(work *w, const block *b)
{
    const fal_problem *p = &w->task->problem;
    bool add = false;
    chunk c = {0};
    for (c.depth = 0; c.depth < p->axis[0].kernel; c.depth++)
        for (c.image = 0; c.image < p->input_channels; c.image += w->l.images)
            for (c.row = 0; c.row < p->axis[1].kernel; c.row += w->l.rows, add = true) {
                c.images = fal_least(w->l.images, p->input_channels - c.image);
                c.rows = fal_least(w->l.rows, p->axis[1].kernel - c.row);
                run_chunk(w, b, &c, add);
            }
    write_block(w, b);
}

static void fill_offsets(work *w)
{
    const int64_t *from = w->part->begin, *to = w->part->end;
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
    work w = {.task = task, .all = all, .part = part, .l = fal_lay_out_dots(task)};
    lay_out_desk(task, &w.l, workspace, &w.desk);
    fill_offsets(&w);
    block b = {0};
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
    desk d;
    const fal_dots_layout l = fal_lay_out_dots(task);
    return lay_out_desk(task, &l, NULL, &d);
}

// Both pictures are packed for whatever part: all taps, and all channels of a group, are worth it.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_problem *p = &task->problem;
    const int64_t few = 16; // taps
    size[FAL_IMAGE] = 1;
    size[FAL_CHANNEL] = p->output_channels;
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
             "pixels in the lanes, %s; %" PRId64 " sums of every so many of the pixels of %" PRId64
             " images by %" PRId64 " rows at a time",
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

static const char *passed_over(const fal_problem *p)
{
    if (!p->of_weight)
        return "it is no weight's gradient";
    if (fal_is_complex(p->dtype))
        return "numbers are complex";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (is_better_by_channels(p))
        return "groups have enough channels to fill the lanes with";
    if (is_huge(p))
        return "a few rows of it take over 4194304 numbers, or the kernel has too many elements";
    return NULL;
}

const fal_algorithm fal_dot_products = {
    .name = "dots",
    .reason = "each element of the gradient as the dot product of two pictures",
    .passed_over = passed_over,
    .workspace = workspace,
    .grain = grain,
    .describe = describe,
    .run = run,
};
