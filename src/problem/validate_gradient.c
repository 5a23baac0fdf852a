// SPDX-License-Identifier: Apache-2.0
//
// Gradients, described as convolutions. That of the input is a convolution of the other kind, of
// grad_output by the same weight. That of the weight is validated as the convolution that it is of.
#include "problem/validate.h"

#include "arithmetic/axis.h"
#include "arithmetic/check.h"
#include "base/checked.h"
#include "base/fail.h"
#include "problem/operations.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ------------------------------------------------------------------------------------ of the input

// Puts what a gradient is computed as before the words about that.
static faltung_status say_as(const char *kind, int axes, faltung_status status,
                             faltung_message *message)
{
    if (!status || !message)
        return status;
    faltung_message said = *message;
    snprintf(message->text, sizeof message->text, "as %s%dd of grad_output: %.900s", kind, axes,
             said.text);
    return status;
}

// Rules for padding speak of the convolution that this is the gradient of. Its input has the
// result's size; a transposed one's rules do not depend on it.
static faltung_status resolve_rule(const faltung_conv *conv, const faltung_tensor *weight,
                                   bool transposed, faltung_conv *resolved,
                                   faltung_message *message)
{
    faltung_axis axis[FALTUNG_MAX_AXES];
    if (conv->padding_rule == FALTUNG_PADDING_EXPLICIT || !weight ||
        weight->rank != conv->axes + 2) // which is refused later
        return FALTUNG_OK;
    if (!transposed && !conv->has_output_size && conv->padding_rule != FALTUNG_PADDING_VALID)
        return fal_fail(message, FALTUNG_ERROR_OUTPUT_SIZE,
                        "padding='%s' depends on the input's size: output_size is needed",
                        faltung_padding_rule_name(conv->padding_rule));
    for (int i = 0; i < conv->axes; i++)
        axis[i] = (faltung_axis){
            .input = conv->has_output_size ? conv->output_size[i] : 1,
            .kernel = weight->shape[2 + i],
            .stride = conv->stride[i],
            .dilation = conv->dilation[i],
            .transposed = transposed,
            .input_dilation = 1,
        };
    faltung_status status = fal_axes_check_parameters(axis, conv->axes, message);
    if (!status)
        status = fal_axes_check_sizes(axis, conv->axes, message);
    if (!status)
        status = fal_axes_apply_rule(axis, conv->axes, conv->padding_rule, message);
    resolved->padding_rule = FALTUNG_PADDING_EXPLICIT;
    for (int i = 0; !status && i < conv->axes; i++)
        resolved->padding[i] = axis[i].padding;
    return status;
}

static faltung_status validate_conv_input(const faltung_conv *conv, const faltung_tensor *input,
                                          const faltung_tensor *weight, fal_valid *valid,
                                          faltung_message *message)
{
    faltung_conv dual = *conv;
    dual.operation = FALTUNG_CONV_TRANSPOSE;
    faltung_status status = resolve_rule(conv, weight, false, &dual, message);
    if (!status)
        status = fal_validate_forward(&dual, input, weight, NULL, valid, message);
    return say_as("conv_transpose", conv->axes, status, message);
}

// The input's size along an axis, from the one that is wanted, if any, or from output_padding;
// false if no transposed convolution of that size has such an output.
static bool find_input_size(const faltung_conv *conv, int i, const faltung_axis *axis,
                            int64_t *size)
{
    faltung_axis forward = *axis;
    forward.transposed = true;
    forward.output_padding = 0;
    forward.input = conv->has_output_size ? conv->output_size[i] : *size;
    int64_t least, most = axis->stride > axis->dilation ? axis->stride : axis->dilation;
    if (!conv->has_output_size && conv->output_padding[i] >= axis->stride)
        forward.input -= conv->output_padding[i] / axis->stride;
    if (forward.input < 1 || fal_axis_output_range(&forward, &least, &(int64_t){0}))
        return false;
    int64_t rest = axis->input - least;
    *size = forward.input;
    return rest >= 0 && rest < most && (conv->has_output_size || rest == conv->output_padding[i]);
}

static faltung_status validate_transpose_input(const faltung_conv *conv,
                                               const faltung_tensor *input,
                                               const faltung_tensor *weight, fal_valid *valid,
                                               faltung_message *message)
{
    faltung_conv dual = *conv;
    dual.operation = FALTUNG_CONV;
    dual.has_output_size = false;
    memset(dual.output_padding, 0, sizeof dual.output_padding);
    faltung_status status = resolve_rule(conv, weight, true, &dual, message);
    if (!status)
        status = fal_validate_forward(&dual, input, weight, NULL, valid, message);
    for (int i = 0; !status && i < conv->axes; i++)
        if (!find_input_size(conv, i, &valid->axis[i], &valid->output[i]))
            return fal_fail(message, FALTUNG_ERROR_OUTPUT_SIZE,
                            "grad_output has %" PRId64
                            " elements along spatial axis %d, which no transposed convolution of "
                            "an input of %" PRId64 " with output_padding %" PRId64 " gives",
                            valid->axis[i].input, i,
                            conv->has_output_size ? conv->output_size[i] : valid->output[i],
                            conv->output_padding[i]);
    return say_as("conv", conv->axes, status, message);
}

// ----------------------------------------------------------------------------------- of the weight

static faltung_status check_pair(const faltung_conv *conv, const faltung_tensor *input,
                                 const faltung_tensor *grad_output, faltung_message *message)
{
    int64_t count;
    int axes = conv->axes;
    fal_list list;
    faltung_status status = fal_tensor_check(input, "input", &count, message);
    if (!status)
        status = fal_tensor_check(grad_output, "grad_output", &count, message);
    if (status)
        return status;
    if (input->rank != axes + 1 && input->rank != axes + 2)
        return fal_fail(message, FALTUNG_ERROR_RANK,
                        "input of size %s, expected are %d (unbatched) or %d (batched) dimensions",
                        fal_list_write(&list, input->rank, input->shape), axes + 1, axes + 2);
    if (grad_output->rank != input->rank)
        return fal_fail(message, FALTUNG_ERROR_RANK,
                        "grad_output of size %s, expected are %d dimensions as of the input",
                        fal_list_write(&list, grad_output->rank, grad_output->shape), input->rank);
    if (grad_output->dtype != input->dtype)
        return fal_fail(message, FALTUNG_ERROR_DTYPE, "grad_output has type %s, the input %s",
                        faltung_dtype_name(grad_output->dtype), faltung_dtype_name(input->dtype));
    return FALTUNG_OK;
}

// The shape of the weight, which is that of the result: channels follow from the operands.
static faltung_status find_weight_shape(const faltung_conv *conv, bool transposed,
                                        const faltung_tensor *input,
                                        const faltung_tensor *grad_output, int64_t *shape,
                                        faltung_message *message)
{
    int channel = input->rank - conv->axes - 1;
    const int64_t in = input->shape[channel], out = grad_output->shape[channel];
    int64_t shared = transposed ? out : in; // those that the second axis has a group of
    fal_list list;
    if (!conv->has_output_size)
        return fal_fail(message, FALTUNG_ERROR_OUTPUT_SIZE,
                        "a weight's gradient needs output_size: the size of the kernel");
    if (conv->groups < 1)
        return fal_fail(message, FALTUNG_ERROR_GROUPS, "groups=%" PRId64 ", allowed is 1 or more",
                        conv->groups);
    if (shared % conv->groups)
        return fal_fail(
            message, FALTUNG_ERROR_GROUPS,
            "groups=%" PRId64 " do not divide the %" PRId64 " channels of %s of size %s",
            conv->groups, shared, transposed ? "grad_output" : "input",
            fal_list_write(&list, input->rank, transposed ? grad_output->shape : input->shape));
    shape[0] = transposed ? in : out;
    shape[1] = shared / conv->groups;
    for (int i = 0; i < conv->axes; i++)
        shape[2 + i] = conv->output_size[i];
    return FALTUNG_OK;
}

static faltung_status check_grad_output(const fal_valid *valid, const faltung_tensor *grad_output,
                                        faltung_message *message)
{
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int rank = fal_forward_shape(valid, shape);
    fal_list found, expected;
    if (memcmp(grad_output->shape, shape, (size_t)rank * sizeof *shape) == 0)
        return FALTUNG_OK;
    return fal_fail(message, FALTUNG_ERROR_SHAPE, "grad_output has size %s, expected is %s",
                    fal_list_write(&found, rank, grad_output->shape),
                    fal_list_write(&expected, rank, shape));
}

// The output_padding by which a transposed convolution gives an output of grad_output's size; 0
// where none does, which shows later.
static faltung_status find_output_padding(const faltung_tensor *input, const int64_t *kernel,
                                          const faltung_tensor *grad_output, faltung_conv *conv,
                                          faltung_message *message)
{
    int first = input->rank - conv->axes;
    memset(conv->output_padding, 0, sizeof conv->output_padding);
    if (conv->padding_rule != FALTUNG_PADDING_EXPLICIT)
        return FALTUNG_OK;
    for (int i = 0; i < conv->axes; i++) {
        const faltung_axis axis = {.input = input->shape[first + i],
                                   .kernel = kernel[i],
                                   .stride = conv->stride[i],
                                   .dilation = conv->dilation[i],
                                   .padding = conv->padding[i],
                                   .transposed = true,
                                   .input_dilation = 1};
        int64_t low, high, most = fal_most(axis.stride, axis.dilation);
        faltung_status status = fal_axes_check_parameters(&axis, 1, message);
        if (status)
            return status;
        if (axis.kernel < 1 || axis.input < 1 || fal_axis_output_range(&axis, &low, &high))
            continue; // which shows later
        int64_t rest = grad_output->shape[first + i] - low;
        conv->output_padding[i] = rest > 0 && rest < most ? rest : 0;
    }
    return FALTUNG_OK;
}

static faltung_status validate_weight(const faltung_conv *conv, const faltung_tensor *input,
                                      const faltung_tensor *grad_output, fal_valid *valid,
                                      faltung_message *message)
{
    bool transposed = conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_status status = check_pair(conv, input, grad_output, message);
    if (!status)
        status = find_weight_shape(conv, transposed, input, grad_output, shape, message);
    if (status)
        return status;
    static const int64_t nowhere[FALTUNG_MAX_RANK];
    const faltung_tensor weight = {NULL, input->dtype, conv->axes + 2, shape, nowhere};
    faltung_conv forward = *conv;
    forward.operation = transposed ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV;
    forward.has_output_size = false;
    memset(forward.output_padding, 0, sizeof forward.output_padding);
    if (transposed)
        status = find_output_padding(input, shape + 2, grad_output, &forward, message);
    if (!status)
        status = fal_validate_forward(&forward, input, &weight, NULL, valid, message);
    if (!status)
        status = check_grad_output(valid, grad_output, message);
    valid->of_weight = true;
    return status;
}

// ------------------------------------------------------------------------------------------ either

// There are gradients of convolutions of an input between zeros.
static faltung_status check_is_plain(const faltung_conv *conv, faltung_message *message)
{
    if (conv->padding_mode != FALTUNG_PADDING_ZEROS)
        return fal_fail(message, FALTUNG_ERROR_OPTION,
                        "Only \"zeros\" padding mode is supported for gradients: padding_mode='%s'",
                        faltung_padding_mode_name(conv->padding_mode));
    for (int i = 0; i < conv->axes; i++)
        if (conv->input_dilation[i] != 1)
            return fal_fail(message, FALTUNG_ERROR_DILATION,
                            "input_dilation=%" PRId64 " for a gradient, allowed is 1",
                            conv->input_dilation[i]);
    return FALTUNG_OK;
}

faltung_status fal_validate_axes(const faltung_conv *conv, faltung_message *message)
{
    if (conv->axes >= 1 && conv->axes <= FALTUNG_MAX_AXES)
        return FALTUNG_OK;
    return fal_fail(message, FALTUNG_ERROR_OPTION, "axes=%d, allowed are 1 to %d", conv->axes,
                    FALTUNG_MAX_AXES);
}

static faltung_status validate_gradient(const faltung_conv *conv, const faltung_tensor *input,
                                        const faltung_tensor *weight, fal_valid *valid,
                                        faltung_message *message)
{
    if (conv->operation == FALTUNG_CONV_INPUT)
        return validate_conv_input(conv, input, weight, valid, message);
    if (conv->operation == FALTUNG_CONV_TRANSPOSE_INPUT)
        return validate_transpose_input(conv, input, weight, valid, message);
    return validate_weight(conv, input, weight, valid, message);
}

faltung_status fal_validate(const faltung_conv *conv, const faltung_tensor *input,
                            const faltung_tensor *weight, const faltung_tensor *bias,
                            fal_valid *valid, faltung_message *message)
{
    if (!conv)
        return fal_fail(message, FALTUNG_ERROR_NULL, "conv is NULL");
    if (!fal_find_operation(conv->operation))
        return fal_fail(message, FALTUNG_ERROR_OPTION, "operation=%d is no operation",
                        (int)conv->operation);
    faltung_status status = fal_validate_axes(conv, message);
    if (status)
        return status;
    if (conv->operation <= FALTUNG_CONV_TRANSPOSE)
        return fal_validate_forward(conv, input, weight, bias, valid, message);
    if (bias)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "a gradient has no bias");
    if (conv->activation)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "a gradient has no activation");
    status = check_is_plain(conv, message);
    if (!status)
        status = validate_gradient(conv, input, weight, valid, message);
    if (!status && fal_is_integer(valid->dtype))
        return fal_fail(message, FALTUNG_ERROR_DTYPE,
                        "only floating-point and complex numbers have gradients, not %s",
                        faltung_dtype_name(valid->dtype));
    valid->conjugates = !status && fal_is_complex(valid->dtype);
    return status;
}
