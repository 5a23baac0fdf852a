// SPDX-License-Identifier: Apache-2.0
//
// The definition of problem/lower.h, written down: every output is one sum in double, over input
// channels and then the kernel's elements in order, rounded once. What everything else is compared
// with, so it is to be read, not to be fast.
#include "algorithms/algorithm.h"

#include "tensor/element.h"

// Where the kernel's element k of output y meets the input along one axis.
typedef enum meeting { ELEMENT, BORDER, GAP } meeting;

static meeting meet(const fal_problem_axis *axis, int64_t y, int64_t k, int64_t *x)
{
    // In this order every term lies within the padded input, so none can overflow.
    int64_t position = y * axis->stride + (k * axis->dilation - axis->padding);
    *x = position / axis->input_dilation;
    if (position < 0 || *x >= axis->input)
        return BORDER;
    return position % axis->input_dilation ? GAP : ELEMENT;
}

// The element of the input that the kernel's element k meets for output y; false if the product
// is left out. A border's zero is an operand where the problem says so.
static bool fetch(const fal_problem *p, const fal_view *input, int64_t base, const int64_t *y,
                  const int64_t *k, double *value)
{
    int64_t at = base;
    bool border = false;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int64_t x;
        meeting found = meet(&p->axis[i], y[i], k[i], &x);
        if (found == GAP)
            return false;
        if (found == BORDER)
            border = true;
        else
            at += x * input->axis[i];
    }
    *value = border ? 0.0 : fal_load(p->dtype, input->data, at);
    return !border || p->border_counts;
}

// The sum over the kernel's elements of one input channel.
static double sum_kernel(const fal_problem *p, const fal_operands *all, int64_t input_base,
                         int64_t weight_base, const int64_t *y)
{
    const int64_t *step = all->weight.axis;
    double sum = 0, x;
    int64_t k[FALTUNG_MAX_AXES];
    for (k[0] = 0; k[0] < p->axis[0].kernel; k[0]++)
        for (k[1] = 0; k[1] < p->axis[1].kernel; k[1]++)
            for (k[2] = 0; k[2] < p->axis[2].kernel; k[2]++) {
                int64_t at = weight_base + k[0] * step[0] + k[1] * step[1] + k[2] * step[2];
                if (fetch(p, &all->input, input_base, y, k, &x))
                    sum += x * fal_load(p->dtype, all->weight.data, at);
            }
    return sum;
}

// One image's plane of one output channel.
static void run_plane(const fal_problem *p, const fal_operands *all, int64_t n, int64_t g,
                      int64_t o)
{
    int64_t channel = g * p->output_channels + o;
    double bias = all->bias ? fal_load(p->dtype, all->bias, channel * all->bias_stride) : 0;
    int64_t input = n * all->input.outer + g * all->input.group;
    int64_t weight = g * all->weight.group + o * all->weight.outer;
    int64_t output = n * all->output.outer + g * all->output.group + o * all->output.channel;
    const int64_t *step = all->output.axis;
    int64_t y[FALTUNG_MAX_AXES];
    for (y[0] = 0; y[0] < p->axis[0].output; y[0]++)
        for (y[1] = 0; y[1] < p->axis[1].output; y[1]++)
            for (y[2] = 0; y[2] < p->axis[2].output; y[2]++) {
                double sum = 0;
                for (int64_t i = 0; i < p->input_channels; i++)
                    sum += sum_kernel(p, all, input + i * all->input.channel,
                                      weight + i * all->weight.channel, y);
                int64_t at = output + y[0] * step[0] + y[1] * step[1] + y[2] * step[2];
                fal_store(p->dtype, all->output.data, at, sum + bias);
            }
}

static void run(const fal_problem *p, const fal_operands *all, void *workspace)
{
    (void)workspace;
    for (int64_t n = 0; n < p->batch; n++)
        for (int64_t g = 0; g < p->groups; g++)
            for (int64_t o = 0; o < p->output_channels; o++)
                run_plane(p, all, n, g, o);
}

static const char *passed_over(const fal_problem *problem)
{
    (void)problem;
    return NULL;
}

static size_t workspace(const fal_problem *problem)
{
    (void)problem;
    return 0;
}

const fal_algorithm fal_reference = {
    .name = "reference",
    .reason = "the definition itself, summed in double: it applies to everything",
    .passed_over = passed_over,
    .workspace = workspace,
    .run = run,
};
