// SPDX-License-Identifier: Apache-2.0
//
// The definition of problem/lower.h, written down: every output is one sum in double, over input
// channels and then the kernel's elements in order, finished, and rounded once; each part of a
// complex output is one over the parts of its products, too. Sums of integers are exact there, and
// are taken modulo 2^32. What everything else is compared with, so it is to be read, not to be
// fast.
#include "algorithms/algorithm.h"

#include "tensor/element.h"

#include <stdio.h>

static int count_parts(faltung_dtype dtype)
{
    return fal_is_complex(dtype) ? 2 : 1;
}

// A part of an element.
static double load_part(faltung_dtype dtype, const void *data, int64_t at, int part)
{
    return fal_load(fal_part_dtype(dtype), data, at * count_parts(dtype) + part);
}

static void store_part(faltung_dtype dtype, void *data, int64_t at, int part, double value)
{
    if (dtype == FALTUNG_I32)
        ((uint32_t *)data)[at] = (uint32_t)(int64_t)value;
    else
        fal_store(fal_part_dtype(dtype), data, at * count_parts(dtype) + part, value);
}

// Where the kernel's element k of output y meets the input along one axis.
typedef enum meeting { ELEMENT, BORDER, GAP } meeting;

static meeting meet(const fal_problem *p, int i, int64_t y, int64_t k, int64_t *x)
{
    const fal_problem_axis *axis = &p->axis[i];
    // In this order every term lies within the padded input, so none can overflow.
    int64_t position = y * axis->stride + (k * axis->dilation - axis->padding);
    *x = position / axis->input_dilation;
    if (position < 0 || *x >= axis->input) {
        *x = fal_find_element(p->border, position, axis->input);
        return *x < 0 ? BORDER : ELEMENT;
    }
    return position % axis->input_dilation ? GAP : ELEMENT;
}

// The element of the input that the kernel's element k meets for output y, or a part of it; false
// if the product is left out. A border's zero is an operand where the problem says so.
static bool fetch(const fal_problem *p, const fal_view *input, int64_t base, const int64_t *y,
                  const int64_t *k, int part, double *value)
{
    int64_t at = base;
    bool border = false;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int64_t x;
        meeting found = meet(p, i, y[i], k[i], &x);
        if (found == GAP)
            return false;
        if (found == BORDER)
            border = true;
        else
            at += x * input->axis[i];
    }
    *value = border ? 0.0 : load_part(p->dtype, input->data, at, part) - p->input_zero;
    return !border || p->border_counts;
}

// What a part of the input is multiplied with on its way into a part of the output: with
// (re, im)(wr, wi) = (re wr - im wi, re wi + im wr), and either factor perhaps conjugated.
static double find_factor(const fal_problem *p, const void *weight, int64_t at, int of_output,
                          int of_input)
{
    double factor = load_part(p->weight_dtype, weight, at, of_output ^ of_input) - p->weight_zero;
    bool minus = of_output == 0 && of_input == 1;
    if (p->conjugates_weight && of_output != of_input)
        minus = !minus;
    if (p->conjugates_input && of_input == 1)
        minus = !minus;
    return minus ? -factor : factor;
}

// The sum over the kernel's elements of one input channel, of a part of the output.
static double sum_kernel(const fal_problem *p, const fal_operands *all, int64_t input_base,
                         int64_t weight_base, const int64_t *y, int part)
{
    const int64_t *step = all->weight.axis;
    const int parts = count_parts(p->dtype);
    double sum = 0, x;
    int64_t k[FALTUNG_MAX_AXES];
    for (k[0] = 0; k[0] < p->axis[0].kernel; k[0]++)
        for (k[1] = 0; k[1] < p->axis[1].kernel; k[1]++)
            for (k[2] = 0; k[2] < p->axis[2].kernel; k[2]++) {
                int64_t at = weight_base + k[0] * step[0] + k[1] * step[1] + k[2] * step[2];
                for (int i = 0; i < parts; i++)
                    if (fetch(p, &all->input, input_base, y, k, i, &x))
                        sum += x * find_factor(p, all->weight.data, at, part, i);
            }
    return sum;
}

// What lies at an element's place in the residual, or 0.
static double fetch_residual(const fal_problem *p, const fal_operands *all, int64_t at, int part)
{
    const void *residual = (const void *)((uintptr_t)all->output.data + (uintptr_t)all->residual);
    return all->has_residual ? load_part(p->output_dtype, residual, at, part) : 0;
}

// One output, or a part of it.
static double sum_channels(const fal_problem *p, const fal_operands *all, int64_t input,
                           int64_t weight, const int64_t *y, int part)
{
    double sum = 0;
    for (int64_t i = 0; i < p->input_channels; i++) {
        int64_t x = input + i * all->input.channel, w = weight + i * all->weight.channel;
        sum += sum_kernel(p, all, x, w, y, part);
        if (fal_is_paired(p, i))
            sum += sum_kernel(p, all, x + all->input.pair, w + all->weight.pair, y, part);
    }
    return sum;
}

// One image's part of one output channel; of complex numbers their real or their imaginary parts.
static void run_channel(const fal_problem *p, const fal_operands *all, const fal_part *part,
                        int64_t n, int64_t channel, int j)
{
    int64_t g = channel / p->output_channels, o = channel % p->output_channels;
    double bias = 0;
    if (all->bias)
        bias = load_part(p->output_dtype, all->bias, channel * all->bias_stride, j);
    int64_t input = n * all->input.outer + g * all->input.group;
    int64_t weight = g * all->weight.group + o * all->weight.outer;
    int64_t output = n * all->output.outer + g * all->output.group + o * all->output.channel;
    const int64_t *step = all->output.axis, *begin = part->begin, *end = part->end;
    int64_t y[FALTUNG_MAX_AXES];
    for (y[0] = begin[FAL_DEPTH]; y[0] < end[FAL_DEPTH]; y[0]++)
        for (y[1] = begin[FAL_ROW]; y[1] < end[FAL_ROW]; y[1]++)
            for (y[2] = begin[FAL_COLUMN]; y[2] < end[FAL_COLUMN]; y[2]++) {
                double sum = sum_channels(p, all, input, weight, y, j);
                int64_t at = output + y[0] * step[0] + y[1] * step[1] + y[2] * step[2];
                sum += bias + fetch_residual(p, all, at, j);
                store_part(p->output_dtype, all->output.data, at, j,
                           fal_activate(&p->activation, sum));
            }
}

static void run(const fal_task *task, const fal_operands *all, const void *packed,
                const fal_part *part, void *workspace)
{
    (void)packed;
    (void)workspace;
    for (int64_t n = part->begin[FAL_IMAGE]; n < part->end[FAL_IMAGE]; n++)
        for (int64_t c = part->begin[FAL_CHANNEL]; c < part->end[FAL_CHANNEL]; c++)
            for (int j = 0; j < count_parts(task->problem.dtype); j++)
                run_channel(&task->problem, all, part, n, c, j);
}

static const char *cannot(const fal_task *task)
{
    (void)task;
    return NULL;
}

// Every output is computed by itself: a row of one channel is enough to hand out.
static void grain(const fal_task *task, int64_t size[FAL_PART_AXES])
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        size[i] = 1;
    size[FAL_COLUMN] = task->problem.axis[2].output;
}

// An input and a weight for every product.
static void describe(const fal_task *task, fal_description *d)
{
    const fal_problem *p = &task->problem;
    double outputs = (double)p->batch * (double)p->groups * (double)p->output_channels;
    double products = (double)p->input_channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        outputs *= (double)p->axis[i].output;
        products *= (double)p->axis[i].kernel / (double)p->axis[i].input_dilation;
    }
    double of_product =
        (double)(faltung_dtype_size(p->dtype) + faltung_dtype_size(p->weight_dtype));
    d->bytes = outputs * (products * of_product + (double)faltung_dtype_size(p->output_dtype));
    snprintf(d->how, sizeof d->how, "one output after the other");
}

const fal_algorithm fal_reference = {
    .name = "reference",
    .reason = "the definition itself, summed in double: it applies to everything",
    .cannot = cannot,
    .grain = grain,
    .describe = describe,
    .run = run,
};
