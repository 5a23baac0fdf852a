// SPDX-License-Identifier: Apache-2.0
#include "plan/choose.h"

#include "base/checked.h"
#include "base/fail.h"
#include "plan/pieces.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// An instruction set by name: the caller's word, else the environment's, else the best there is.
static faltung_status find_kernels(const faltung_conv *conv, faltung_dtype dtype,
                                   const fal_kernels **kernels, faltung_message *message)
{
    const char *name = conv->instruction_set, *from = "instruction_set";
    if (!name) {
        name = getenv("FALTUNG_ISA");
        from = "FALTUNG_ISA";
    }
    *kernels = name && *name ? fal_find_kernels(name, dtype) : fal_best_kernels(dtype);
    if (!*kernels)
        return fal_fail(message, FALTUNG_ERROR_OPTION,
                        "%s='%s' is no instruction set that this processor has (best here: %s)",
                        from, name, fal_best_kernels(dtype)->name);
    return FALTUNG_OK;
}

bool fal_is_channels_last(const faltung_conv *conv, const faltung_tensor *input)
{
    if (!conv || conv->axes < 1 || conv->axes > FALTUNG_MAX_AXES || !input->strides ||
        !input->shape || input->rank < conv->axes + 1 || input->rank > conv->axes + 2)
        return false;
    const int channel = input->rank - conv->axes - 1;
    if (input->shape[channel] < 2)
        return false;
    const double near = fabs((double)input->strides[channel]);
    for (int i = input->rank - 1; i > channel; i--)
        if (input->shape[i] > 1)
            return near < fabs((double)input->strides[i]);
    return false;
}

// Why an algorithm cannot compute a task; NULL: it can. Where there is nothing to compute, sizes
// have no product that would have to be representable, so that only the last one is asked.
static const char *find_obstacle(const fal_task *task, const fal_algorithm *algorithm)
{
    const fal_part whole = fal_whole(&task->problem);
    if (fal_part_is_empty(&whole) && algorithm != fal_algorithms[fal_algorithm_count - 1])
        return "the result has no elements";
    return algorithm->cannot(task);
}

// Why an algorithm is not for this task; NULL: it applies.
static const char *find_reason(const fal_task *task, const fal_algorithm *algorithm)
{
    const char *obstacle = find_obstacle(task, algorithm);
    return obstacle || !algorithm->should_not ? obstacle : algorithm->should_not(task);
}

static void want(fal_choice *choice, const fal_algorithm *algorithm)
{
    choice->wanted = (size_t)choice->threads * fal_thread_workspace(&choice->task, algorithm);
}

// Takes the first algorithm that applies and fits: it is there, since the last one applies to
// everything and needs no workspace.
static void choose_algorithm(fal_choice *choice, size_t limit)
{
    choice->algorithm = NULL;
    for (int i = 0;; i++) {
        const fal_algorithm *algorithm = fal_algorithms[i];
        if (find_reason(&choice->task, algorithm))
            continue;
        if (!choice->algorithm) // the one without a limit
            want(choice, algorithm);
        choice->algorithm = algorithm;
        if (fal_fit(choice, algorithm, limit))
            return;
    }
}

// Forms of Winograd's transforms that can be asked for, too, of which it otherwise takes the
// better.
static const struct {
    const char *name;
    fal_winograd_form_name form;
} forms[] = {{"winograd4", FAL_WINOGRAD_4X4}, {"winograd2", FAL_WINOGRAD_2X2}};

enum { FORMS = sizeof forms / sizeof *forms };

static void append_name(char *names, size_t size, const char *name)
{
    const size_t length = strlen(names);
    snprintf(names + length, size - length, "%s%s", length ? ", " : "", name);
}

static faltung_status refuse_name(const char *name, faltung_message *message)
{
    char names[256] = "";
    for (int i = 0; i < fal_algorithm_count; i++)
        append_name(names, sizeof names, fal_algorithms[i]->name);
    for (int i = 0; i < FORMS; i++)
        append_name(names, sizeof names, forms[i].name);
    return fal_fail(message, FALTUNG_ERROR_OPTION, "algorithm='%s' is none of %s", name, names);
}

// The algorithm of a name, which may say more about the task; NULL: there is none.
static const fal_algorithm *find_algorithm(const char *name, fal_task *task)
{
    for (int i = 0; i < fal_algorithm_count; i++)
        if (strcmp(fal_algorithms[i]->name, name) == 0)
            return fal_algorithms[i];
    for (int i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name) == 0) {
            const fal_winograd_kernels *kernels = task->kernels->winograd;
            task->form = kernels ? &kernels->form[forms[i].form] : NULL;
            return &fal_winograd;
        }
    return NULL;
}

// Takes the one algorithm that is asked for.
static faltung_status take_algorithm(fal_choice *choice, const char *name, size_t limit,
                                     faltung_message *message)
{
    choice->algorithm = find_algorithm(name, &choice->task);
    if (!choice->algorithm)
        return refuse_name(name, message);
    choice->asked = true;
    const char *obstacle = find_obstacle(&choice->task, choice->algorithm);
    if (obstacle)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "algorithm='%s' cannot compute this: %s",
                        name, obstacle);
    want(choice, choice->algorithm);
    if (!fal_fit(choice, choice->algorithm, limit))
        return fal_fail(message, FALTUNG_ERROR_OPTION,
                        "algorithm='%s' does not fit into a workspace_limit of %zu bytes", name,
                        limit);
    return FALTUNG_OK;
}

// Whether images are columns, and single elements, whose channels are nearer than other images.
static bool is_row_of_elements(const fal_choice *choice)
{
    const fal_problem_axis *axis = choice->task.problem.axis;
    return fal_is_row_of_images(&choice->valid) && axis[0].kernel == 1 && axis[1].kernel == 1;
}

faltung_status fal_choose(const faltung_conv *conv, const faltung_tensor *input,
                          const faltung_tensor *weight, const faltung_tensor *bias,
                          fal_choice *choice, faltung_message *message)
{
    faltung_status status = fal_validate(conv, input, weight, bias, &choice->valid, message);
    if (!status)
        status = find_kernels(conv, choice->valid.dtype, &choice->task.kernels, message);
    if (status)
        return status;
    choice->task.problem = fal_lower(&choice->valid);
    choice->task.channels_last = is_row_of_elements(choice) || fal_is_channels_last(conv, input);
    choice->task.form = NULL;
    choice->task.tuning = fal_find_tuning(choice->task.kernels);
    choice->parallel = conv->parallel ? *conv->parallel : (faltung_parallel){NULL, NULL};
    choice->threads = fal_choose_threads(&choice->task, conv->threads);
    choice->asked = false;
    if (conv->algorithm)
        return take_algorithm(choice, conv->algorithm, conv->workspace_limit, message);
    choose_algorithm(choice, conv->workspace_limit);
    return FALTUNG_OK;
}

// Along an axis of a dilated input, the share of outputs and elements of the kernel that meet an
// element of the input or the border, and no zero in between: exact for kernels of any usual size.
static double share_of_products(const faltung_axis *axis, int64_t output)
{
    const int64_t most = 1 << 20, period = fal_least(output, axis->input_dilation);
    double met = 0;
    if (axis->input_dilation == 1)
        return 1;
    if (axis->kernel > most / period)
        return 1 / (double)axis->input_dilation;
    for (int64_t y = 0; y < period; y++)
        for (int64_t k = 0; k < axis->kernel; k++) {
            int64_t position = y * axis->stride + (k * axis->dilation - axis->padding.begin);
            if (position % axis->input_dilation == 0)
                met += (double)((output - 1 - y) / period + 1);
        }
    return met / ((double)output * (double)axis->kernel);
}

// A convolution multiplies every output with every kernel element that it sums over, as far as that
// does not meet a zero that was put between the input's elements, a transposed one every input with
// every kernel element that it is scattered by.
static void count_work(const fal_choice *choice, faltung_explanation *explanation)
{
    const fal_valid *v = &choice->valid;
    double input_channels = (double)v->input_channels, output_channels = (double)v->output_channels;
    double input = (double)v->batch * input_channels;
    double output = (double)v->batch * output_channels;
    double taps = 1, share = 1;
    for (int i = 0; i < v->axes; i++) {
        input *= (double)v->axis[i].input;
        output *= (double)v->output[i];
        taps *= (double)v->axis[i].kernel;
        share *= share_of_products(&v->axis[i], v->output[i]);
    }
    double groups = (double)v->groups;
    double weight = input_channels * output_channels / groups * taps;
    explanation->multiply_adds = v->transposed ? input * output_channels / groups * taps
                                               : output * input_channels / groups * taps * share;
    if (fal_is_complex(v->dtype)) // real and imaginary parts, each by each
        explanation->multiply_adds *= 4;
    explanation->bytes = input * (double)faltung_dtype_size(v->dtype) +
                         weight * (double)faltung_dtype_size(v->weight_dtype) +
                         output * (double)faltung_dtype_size(v->output_dtype);
}

// The algorithm's own account of what it does.
static void describe(const fal_choice *choice, faltung_explanation *explanation)
{
    const fal_algorithm *algorithm = choice->algorithm;
    const fal_part whole = fal_whole(&choice->task.problem);
    fal_description d;
    int64_t grain[FAL_PART_AXES];
    algorithm->describe(&choice->task, &d);
    memcpy(explanation->how, d.how, sizeof d.how);
    explanation->bytes_moved = d.bytes;
    algorithm->grain(&choice->task, grain);
    for (int i = 0; i < FAL_PART_AXES; i++)
        grain[i] = fal_least(grain[i], whole.end[i]);
    fal_raise_sizes(&choice->valid, grain, explanation->block);
}

void fal_explain_choice(const fal_choice *choice, faltung_explanation *explanation)
{
    const fal_valid *valid = &choice->valid;
    *explanation = (faltung_explanation){.algorithms = fal_algorithm_count};
    explanation->rank = fal_output_shape(valid, explanation->output_shape);
    for (int i = 0; i < valid->axes; i++) {
        explanation->padding[i] = valid->axis[i].padding;
        explanation->output_padding[i] = valid->axis[i].output_padding;
    }
    bool too_large = true; // what applies, but was not taken
    for (int i = 0; i < fal_algorithm_count; i++) {
        const fal_algorithm *algorithm = fal_algorithms[i];
        const char *passed_over = find_reason(&choice->task, algorithm);
        explanation->algorithm[i] = algorithm->name;
        explanation->reason[i] = passed_over     ? passed_over
                                 : choice->asked ? "another one is asked for"
                                 : too_large     ? "its workspace would be over the limit"
                                                 : algorithm->reason;
        if (algorithm->work && !find_obstacle(&choice->task, algorithm))
            explanation->work[i] = algorithm->work(&choice->task);
        if (algorithm == choice->algorithm) {
            explanation->chosen = i;
            explanation->reason[i] = choice->asked ? "it is asked for" : algorithm->reason;
            too_large = false;
        }
    }
    explanation->instruction_set = choice->task.kernels->name;
    explanation->threads = choice->threads;
    explanation->packed_bytes = fal_choice_packed_bytes(choice);
    explanation->workspace_bytes = fal_choice_workspace(choice);
    explanation->workspace_wanted = choice->wanted;
    count_work(choice, explanation);
    describe(choice, explanation);
}

fal_operands fal_choice_operands(const fal_choice *choice, const faltung_tensor *input,
                                 const faltung_tensor *weight, const faltung_tensor *bias,
                                 const faltung_tensor *output)
{
    fal_operands operands = fal_lower_operands(&choice->valid, input, weight, output);
    if (bias) {
        operands.bias = bias->data;
        fal_tensor_strides(bias, &operands.bias_stride);
    }
    return operands;
}

void fal_add_residual(fal_operands *operands, const faltung_tensor *residual)
{
    if (!residual)
        return;
    operands->has_residual = true;
    operands->residual = (ptrdiff_t)((uintptr_t)residual->data - (uintptr_t)operands->output.data);
}
