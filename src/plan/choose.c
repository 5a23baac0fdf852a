// SPDX-License-Identifier: Apache-2.0
#include "plan/choose.h"

#include "tensor/tensor.h"

faltung_status fal_choose(const faltung_conv *conv, const faltung_tensor *input,
                          const faltung_tensor *weight, const faltung_tensor *bias,
                          fal_choice *choice, faltung_message *message)
{
    faltung_status status = fal_validate(conv, input, weight, bias, &choice->valid, message);
    if (status)
        return status;
    choice->problem = fal_lower(&choice->valid);
    int i = 0;
    while (fal_algorithms[i]->passed_over(&choice->problem))
        i++; // ends, since the last algorithm applies to everything
    choice->algorithm = fal_algorithms[i];
    return FALTUNG_OK;
}

// A convolution multiplies every output with every kernel element that it sums over, a transposed
// one every input with every kernel element that it is scattered by.
static void count_work(const fal_choice *choice, faltung_explanation *explanation)
{
    const fal_problem *p = &choice->problem;
    double planes = (double)p->batch * (double)p->groups; // of one channel per group
    double input = planes * (double)p->input_channels;
    double output = planes * (double)p->output_channels;
    double taps = 1;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        input *= (double)p->axis[i].input;
        output *= (double)p->axis[i].output;
        taps *= (double)p->axis[i].kernel;
    }
    double pairs = (double)p->input_channels * (double)p->output_channels;
    double weight = (double)p->groups * pairs * taps;
    explanation->multiply_adds = choice->valid.transposed
                                     ? input * (double)p->output_channels * taps
                                     : output * (double)p->input_channels * taps;
    explanation->bytes = (input + weight + output) * (double)faltung_dtype_size(p->dtype);
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
    for (int i = 0; i < fal_algorithm_count; i++) {
        const fal_algorithm *algorithm = fal_algorithms[i];
        const char *passed_over = algorithm->passed_over(&choice->problem);
        explanation->algorithm[i] = algorithm->name;
        explanation->reason[i] = passed_over ? passed_over : algorithm->reason;
        if (algorithm == choice->algorithm)
            explanation->chosen = i;
    }
    explanation->workspace_bytes = choice->algorithm->workspace(&choice->problem);
    count_work(choice, explanation);
}

void fal_run_choice(const fal_choice *choice, const faltung_tensor *input,
                    const faltung_tensor *weight, const faltung_tensor *bias,
                    const faltung_tensor *output, void *workspace)
{
    const fal_valid *valid = &choice->valid;
    int64_t bias_stride = 0;
    if (bias)
        fal_tensor_strides(bias, &bias_stride);
    const fal_operands operands = {
        .input = fal_lower_input(valid, input),
        .weight = fal_lower_weight(valid, weight),
        .output = fal_lower_output(valid, output),
        .bias = bias ? bias->data : NULL,
        .bias_stride = bias_stride,
    };
    choice->algorithm->run(&choice->problem, &operands, workspace);
}
