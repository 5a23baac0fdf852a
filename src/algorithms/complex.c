// SPDX-License-Identifier: Apache-2.0
//
// Complex numbers as real ones along one more axis, of size 2: the real part, then the imaginary.
// A product with w is then a convolution along that axis with the kernel (wi, wr, -wi) and a
// padding of 1,
//   re = xr*wr - xi*wi,   im = xr*wi + xi*wr
// whose products with the border are those that are left out. So the others compute it, an axis of
// theirs being free.
//
// The gradient of a weight is that of this kernel, (g0, g1, g2), by the chain rule: g1 with respect
// to wr, g0 - g2 to wi.
#include "algorithms/algorithm.h"

#include "algorithms/workspace.h"
#include "base/memory.h"
#include "tensor/element.h"

#include <stdio.h>

enum { PARTS = 2, TAPS = 3 };

// ---------------------------------------------------------------------------------- the real task

static fal_problem make_real(const fal_problem *p)
{
    fal_problem real = *p;
    real.dtype = real.weight_dtype = real.output_dtype = fal_part_dtype(p->dtype);
    real.conjugates_input = real.conjugates_weight = false;
    real.axis[0] = (fal_problem_axis){
        .input = PARTS,
        .kernel = p->of_weight ? PARTS : TAPS,
        .output = p->of_weight ? TAPS : PARTS,
        .input_dilation = 1,
        .dilation = 1,
        .stride = 1,
        .padding = 1,
    };
    return real;
}

static fal_task make_real_task(const fal_task *task)
{
    fal_task real = *task;
    real.problem = make_real(&task->problem);
    return real;
}

// Whoever computes the real problem; NULL, and why not, if nobody does.
static const fal_algorithm *find_inner(const fal_task *real, const char **reason)
{
    static const fal_algorithm *const fast[] = {&fal_winograd, &fal_lattice, &fal_fft,
                                                &fal_winograd_gradient};
    static const fal_algorithm *const all[] = {&fal_direct, &fal_phases, &fal_weight_gradient};
    const char *first = NULL;
    *reason = NULL;
    for (size_t i = 0; i < sizeof fast / sizeof *fast; i++)
        if (!fast[i]->cannot(real) && !fast[i]->should_not(real))
            return fast[i];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *reason = all[i]->cannot(real);
        if (!*reason)
            return all[i];
        first = first ? first : *reason;
    }
    *reason = first;
    return NULL;
}

// The algorithm for a task that is not passed over.
static const fal_algorithm *inner_of(const fal_task *real)
{
    const char *reason;
    return find_inner(real, &reason);
}

// Distances in parts instead of elements, and the parts along the axis that was free.
static fal_view view_parts(fal_view view)
{
    view.outer *= PARTS;
    view.group *= PARTS;
    view.channel *= PARTS;
    for (int i = 1; i < FALTUNG_MAX_AXES; i++)
        view.axis[i] *= PARTS;
    view.axis[0] = 1;
    return view;
}

// Contiguous numbers [group][channel][second][taps][row][column], of the kernel or its gradient;
// `*second` is where the distance between the second channels goes.
static fal_view view_taps(void *data, int64_t seconds, int64_t firsts, int64_t rows,
                          int64_t columns, int64_t *second, int64_t *first)
{
    *second = TAPS * rows * columns;
    *first = seconds * *second;
    return (fal_view){.data = data, .group = firsts * *first, .axis = {rows * columns, columns, 1}};
}

static fal_view view_kernel(const fal_problem *p, void *data)
{
    int64_t channel, outer;
    fal_view view = view_taps(data, p->input_channels, p->output_channels, p->axis[1].kernel,
                              p->axis[2].kernel, &channel, &outer);
    view.channel = channel;
    view.outer = outer;
    return view;
}

static fal_view view_gradient(const fal_problem *p, void *data)
{
    int64_t outer, channel;
    fal_view view = view_taps(data, p->batch, p->output_channels, p->axis[1].output,
                              p->axis[2].output, &outer, &channel);
    view.outer = outer;
    view.channel = channel;
    return view;
}

// ----------------------------------------------------------------------------------------- packing

// Numbers of the whole kernel, or of its gradient.
static size_t taps_bytes(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    int64_t pairs = p->groups * p->output_channels * (p->of_weight ? p->batch : p->input_channels);
    int64_t elements = p->of_weight ? row->output * column->output : row->kernel * column->kernel;
    return fal_align((size_t)(pairs * elements * TAPS) * (size_t)task->kernels->size);
}

// What is packed, in this order: whether there are biases; the biases; the real algorithm's
// weights; and the kernel that they are packed from.
typedef struct packing {
    bool *has_bias;
    void *biases, *weights, *kernel;
} packing;

// Finds them; returns how many bytes there are. With NULL only these count.
static size_t lay_out(const fal_task *task, char *packed, packing *found)
{
    const fal_problem *p = &task->problem;
    const fal_task real = make_real_task(task);
    const size_t bytes[] = {
        FAL_ALIGNMENT,
        (size_t)(p->groups * p->output_channels * PARTS * task->kernels->size),
        inner_of(&real)->packed_bytes(&real),
        taps_bytes(task),
    };
    void *place[4];
    size_t total = fal_divide_workspace(packed, 4, bytes, place);
    *found = (packing){place[0], place[1], place[2], place[3]};
    return total;
}

static size_t packed_bytes(const fal_task *task)
{
    packing found;
    return task->problem.of_weight ? 0 : lay_out(task, NULL, &found);
}

// The taps of one element of the weight, `apart` from each other.
static void expand_element(const fal_problem *p, const void *weight, int64_t at, void *taps,
                           int64_t first, int64_t apart)
{
    const faltung_dtype dtype = fal_part_dtype(p->dtype);
    double re = fal_load(dtype, weight, PARTS * at), im = fal_load(dtype, weight, PARTS * at + 1);
    if (p->conjugates_weight)
        im = -im;
    fal_store(dtype, taps, first, im);
    fal_store(dtype, taps, first + apart, re);
    fal_store(dtype, taps, first + 2 * apart, -im);
}

// The kernel of one pair of channels, from element `from` of the weight to `to` of the taps.
static void expand_kernel(const fal_problem *p, const fal_view *weight, int64_t from,
                          const fal_view *taps, int64_t to)
{
    for (int64_t kh = 0; kh < p->axis[1].kernel; kh++)
        for (int64_t kw = 0; kw < p->axis[2].kernel; kw++)
            expand_element(p, weight->data, from + kh * weight->axis[1] + kw * weight->axis[2],
                           taps->data, to + kh * taps->axis[1] + kw * taps->axis[2], taps->axis[0]);
}

static void pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    const fal_task real = make_real_task(task);
    const fal_view *weight = &all->weight;
    packing to;
    lay_out(task, packed, &to);
    *to.has_bias = all->bias;
    for (int64_t c = 0; all->bias && c < p->groups * p->output_channels; c++)
        for (int j = 0; j < PARTS; j++)
            fal_store(real.problem.dtype, to.biases, PARTS * c + j,
                      fal_load(real.problem.dtype, all->bias, PARTS * c * all->bias_stride + j));
    fal_operands operands = *all;
    operands.bias = NULL; // which differs between the parts, and is added by itself
    operands.weight = view_kernel(p, to.kernel);
    const fal_view *taps = &operands.weight;
    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t o = 0; o < p->output_channels; o++)
            for (int64_t c = 0; c < p->input_channels; c++)
                expand_kernel(p, weight,
                              g * weight->group + o * weight->outer + c * weight->channel, taps,
                              g * taps->group + o * taps->outer + c * taps->channel);
    inner_of(&real)->pack(&real, &operands, to.weights);
}

// --------------------------------------------------------------------------------------- computing

// What is done to one row of the output in the end: the biases of a channel are added, or taps of a
// kernel's gradient become a weight's.
typedef struct row_end {
    faltung_dtype dtype; // of parts
    void *output;
    int64_t at, step, count; // of its elements
    const fal_problem *p;
    double bias[PARTS];
    const fal_view *taps; // NULL: there are biases
    int64_t first;        // of the row's taps
} row_end;

static void end_row(const row_end *r)
{
    for (int64_t i = 0; i < r->count; i++) {
        int64_t at = PARTS * (r->at + i * r->step);
        double part[PARTS];
        if (r->taps) {
            const void *t = r->taps->data;
            int64_t first = r->first + i, apart = r->taps->axis[0];
            double before = fal_load(r->dtype, t, first);
            double behind = fal_load(r->dtype, t, first + 2 * apart);
            part[0] = fal_load(r->dtype, t, first + apart);
            part[1] = r->p->conjugates_input ? before - behind : behind - before;
        } else {
            for (int j = 0; j < PARTS; j++)
                part[j] = fal_load(r->dtype, r->output, at + j) + r->bias[j];
        }
        for (int j = 0; j < PARTS; j++)
            fal_store(r->dtype, r->output, at + j, part[j]);
    }
}

// Ends all rows of a part, which has no depth, by the biases or the taps.
static void end_part(const fal_task *task, const fal_operands *all, const fal_part *part,
                     const void *biases, const fal_view *taps)
{
    const fal_problem *p = &task->problem;
    const fal_view *output = &all->output;
    const int64_t *b = part->begin, *e = part->end;
    row_end r = {.dtype = fal_part_dtype(p->dtype),
                 .output = output->data,
                 .step = output->axis[2],
                 .count = e[FAL_COLUMN] - b[FAL_COLUMN],
                 .p = p,
                 .taps = taps};
    for (int64_t c = b[FAL_CHANNEL]; c < e[FAL_CHANNEL]; c++) {
        int64_t g = c / p->output_channels, o = c % p->output_channels;
        for (int j = 0; biases && j < PARTS; j++)
            r.bias[j] = fal_load(r.dtype, biases, PARTS * c + j);
        for (int64_t n = b[FAL_IMAGE]; n < e[FAL_IMAGE]; n++)
            for (int64_t h = b[FAL_ROW]; h < e[FAL_ROW]; h++) {
                r.at = g * output->group + o * output->channel + n * output->outer +
                       h * output->axis[1] + b[FAL_COLUMN] * output->axis[2];
                if (taps)
                    r.first = g * taps->group + o * taps->channel + n * taps->outer +
                              h * taps->axis[1] + b[FAL_COLUMN];
                end_row(&r);
            }
    }
}

static size_t inner_workspace(const fal_task *real)
{
    const fal_algorithm *inner = inner_of(real);
    return inner->workspace ? fal_align(inner->workspace(real)) : 0;
}

// Of a weight's gradient that of the kernel is behind what the real algorithm needs.
static size_t workspace(const fal_task *task)
{
    const fal_task real = make_real_task(task);
    return inner_workspace(&real) + (task->problem.of_weight ? taps_bytes(task) : 0);
}

static void run_of_weight(const fal_task *task, const fal_operands *all, const fal_part *part,
                          void *memory)
{
    const fal_task real = make_real_task(task);
    fal_operands operands = {
        .input = view_parts(all->input),
        .weight = view_parts(all->weight),
        .output = view_gradient(&task->problem, (char *)memory + inner_workspace(&real)),
    };
    fal_part taps = *part;
    taps.end[FAL_DEPTH] = TAPS;
    inner_of(&real)->run(&real, &operands, NULL, &taps, memory);
    end_part(task, all, part, NULL, &operands.output);
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *memory)
{
    if (task->problem.of_weight) {
        run_of_weight(task, all, part, memory);
        return;
    }
    const fal_task real = make_real_task(task);
    packing from;
    lay_out(task, (char *)(uintptr_t)packed, &from);
    fal_operands operands = *all;
    operands.bias = NULL;
    operands.input = view_parts(all->input);
    operands.output = view_parts(all->output);
    fal_part both = *part;
    both.end[FAL_DEPTH] = PARTS;
    inner_of(&real)->run(&real, &operands, from.weights, &both, memory);
    if (*from.has_bias)
        end_part(task, all, part, from.biases, NULL);
}

// ----------------------------------------------------------------------------------- the algorithm

static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    const fal_task real = make_real_task(task);
    inner_of(&real)->grain(&real, size);
    size[FAL_DEPTH] = 1;
}

static fal_together together(const fal_task *task, int axis)
{
    const fal_task real = make_real_task(task);
    const fal_algorithm *inner = inner_of(&real);
    return axis && inner->together ? inner->together(&real, axis) : (fal_together){1, 0};
}

static void describe(const fal_task *task, fal_description *d)
{
    const fal_task real = make_real_task(task);
    fal_description parts;
    inner_of(&real)->describe(&real, &parts);
    d->bytes = parts.bytes;
    snprintf(d->how, sizeof d->how, "parts as an axis, by %s: %.200s", inner_of(&real)->name,
             parts.how);
}

static const char *cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0];
    const char *reason;
    if (!fal_is_complex(p->dtype))
        return "numbers are real";
    if (deep->input != 1 || deep->kernel != 1 || deep->output != 1 || deep->padding != 0)
        return "there is no axis free";
    if (p->border != FALTUNG_PADDING_ZEROS)
        return "the border is not of zeros";
    const fal_task real = make_real_task(task);
    return find_inner(&real, &reason) ? NULL : reason;
}

const fal_algorithm fal_complex = {
    .name = "complex",
    .reason = "real and imaginary parts as one more axis of real numbers",
    .cannot = cannot,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .workspace = workspace,
    .grain = grain,
    .together = together,
    .describe = describe,
    .run = run,
};
