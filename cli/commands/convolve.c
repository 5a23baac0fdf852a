// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "commands/convolve.h"
#include "commands/transform.h"
#include "files/shape.h"
#include "geometry.h"

#include <string.h>

#define GRADIENTS(name, operation, axes)                                                           \
    {name "_input", FALTUNG_DEFAULTS(operation##_INPUT, axes)},                                    \
    {                                                                                              \
        name "_weight", FALTUNG_DEFAULTS(operation##_WEIGHT, axes)                                 \
    }

static const struct {
    const char *name;
    faltung_conv conv;
} operations[] = {
    {"conv", FALTUNG_CONV1D}, // or 2d or 3d, as the weight says
    {"conv1d", FALTUNG_CONV1D},
    {"conv2d", FALTUNG_CONV2D},
    {"conv3d", FALTUNG_CONV3D},
    {"conv_transpose1d", FALTUNG_CONV_TRANSPOSE1D},
    {"conv_transpose2d", FALTUNG_CONV_TRANSPOSE2D},
    {"conv_transpose3d", FALTUNG_CONV_TRANSPOSE3D},
    GRADIENTS("conv1d", FALTUNG_CONV, 1),
    GRADIENTS("conv2d", FALTUNG_CONV, 2),
    GRADIENTS("conv3d", FALTUNG_CONV, 3),
    GRADIENTS("conv_transpose1d", FALTUNG_CONV_TRANSPOSE, 1),
    GRADIENTS("conv_transpose2d", FALTUNG_CONV_TRANSPOSE, 2),
    GRADIENTS("conv_transpose3d", FALTUNG_CONV_TRANSPOSE, 3),
};

static faltung_conv find_operation(const char *name)
{
    size_t i = 0;
    while (strcmp(operations[i].name, name) != 0)
        i++; // ends: commands.c has no other names for run_convolve
    return operations[i].conv;
}

// A convolution along as many axes as the weight's kernel has.
static int count_axes(session *s, const faltung_tensor *weight, faltung_conv *conv)
{
    conv->axes = weight->rank - 2;
    if (conv->axes >= 1 && conv->axes <= FALTUNG_MAX_AXES)
        return EXIT_DONE;
    return refuse(s, EXIT_REFUSED,
                  "the weight has %d dimensions, allowed are 3 to %d: (O, C/groups, kernel...)",
                  weight->rank, FALTUNG_MAX_AXES + 2);
}

// One size per spatial axis, or as PyTorch allows the whole shape, of which the last ones count.
static int read_output_size(session *s, const options *o, int rank, faltung_conv *conv)
{
    int axes = conv->axes, count = o->output_size.count;
    if (!was_given(o, OPTION_OUTPUT_SIZE))
        return EXIT_DONE;
    if (count != axes && count != rank)
        return refuse(
            s, EXIT_REFUSED,
            "ConvTranspose%dD: for %dD input, output_size must have %d or %d elements (got "
            "%d): --output-size",
            axes, rank, axes, rank, count);
    bool by_rule = o->padding.rule == FALTUNG_PADDING_SAME_UPPER ||
                   o->padding.rule == FALTUNG_PADDING_SAME_LOWER;
    if (was_given(o, OPTION_OUTPUT_PADDING) && !by_rule)
        return refuse(s, EXIT_USAGE,
                      "--output-size and --output-padding both choose the output's size: give one "
                      "of them");
    conv->has_output_size = true;
    memcpy(conv->output_size, o->output_size.value + (count - axes),
           (size_t)axes * sizeof *conv->output_size);
    return EXIT_DONE;
}

bool is_of_weight(const faltung_conv *conv)
{
    return conv->operation == FALTUNG_CONV_WEIGHT ||
           conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}

// The whole shape of a gradient, if it is given; NULL: it is not, or this is none.
static const array_shape *find_result_shape(const options *o)
{
    return was_given(o, OPTION_INPUT_SIZE)    ? &o->input_size
           : was_given(o, OPTION_WEIGHT_SIZE) ? &o->weight_size
                                              : NULL;
}

// The spatial part of a gradient's shape.
static int read_result_size(session *s, const options *o, int rank, faltung_conv *conv)
{
    const array_shape *shape = find_result_shape(o);
    int expected = is_of_weight(conv) ? conv->axes + 2 : rank;
    if (!shape && is_of_weight(conv))
        return refuse(s, EXIT_USAGE, "--weight-size is needed: the shape of the weight");
    if (!shape)
        return EXIT_DONE;
    if (shape->rank != expected || expected < conv->axes)
        return refuse(s, EXIT_REFUSED, "--%s has %d sizes, expected are %d",
                      is_of_weight(conv) ? "weight-size" : "input-size", shape->rank, expected);
    conv->has_output_size = true;
    memcpy(conv->output_size, shape->size + (expected - conv->axes),
           (size_t)conv->axes * sizeof *conv->output_size);
    return EXIT_DONE;
}

// The batch and the channels of a gradient follow from the operands.
int check_result_shape(session *s, const options *o, const faltung_conv *conv, int rank,
                       const int64_t *shape)
{
    const array_shape *given = find_result_shape(o);
    shape_text wanted, found;
    if (!given || memcmp(given->size, shape, (size_t)rank * sizeof *shape) == 0)
        return EXIT_DONE;
    return refuse(s, EXIT_REFUSED, "--%s is %s, the gradient of these operands has the shape %s",
                  is_of_weight(conv) ? "weight-size" : "input-size",
                  shape_write(&wanted, given->rank, given->size), shape_write(&found, rank, shape));
}

static int describe(session *s, const options *o, int rank, faltung_conv *conv)
{
    int axes = conv->axes, status;
    if ((status = spread_values(s, OPTION_STRIDE, &o->stride, axes, 1, conv->stride)) ||
        (status = spread_values(s, OPTION_DILATION, &o->dilation, axes, 1, conv->dilation)) ||
        (status = spread_values(s, OPTION_INPUT_DILATION, &o->input_dilation, axes, 1,
                                conv->input_dilation)) ||
        (status = spread_paddings(s, &o->padding, axes, conv->padding)) ||
        (status = spread_values(s, OPTION_OUTPUT_PADDING, &o->output_padding, axes, 0,
                                conv->output_padding)))
        return status;
    conv->padding_rule = o->padding.rule;
    conv->padding_mode = o->padding_mode;
    conv->groups = o->groups;
    conv->activation = o->activation.kind;
    conv->negative_slope = o->activation.slope;
    conv->clamp_min = o->activation.min;
    conv->clamp_max = o->activation.max;
    conv->input_zero_point = o->input_zero_point;
    conv->weight_zero_point = o->weight_zero_point;
    conv->accuracy = o->accuracy;
    conv->algorithm = o->algorithm;
    conv->threads = (int)o->threads;
    conv->workspace_limit = (size_t)o->workspace_limit;
    return conv->operation > FALTUNG_CONV_TRANSPOSE ? read_result_size(s, o, rank, conv)
                                                    : read_output_size(s, o, rank, conv);
}

// Computes what is to be written to `path`, and refuses before the work what cannot be.
static int compute(session *s, const options *o, const faltung_conv *conv, const array *operand,
                   int count, array *result)
{
    const faltung_tensor *input = &operand[INPUT].tensor, *weight = &operand[WEIGHT].tensor;
    const faltung_tensor *bias = o->operands > BIAS ? &operand[BIAS].tensor : NULL;
    const faltung_tensor *residual = count > o->operands ? &operand[o->operands].tensor : NULL;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    if (faltung_output_shape(conv, input, weight, shape, &message))
        return refuse_message(s, &message);
    int rank = is_of_weight(conv) ? conv->axes + 2 : input->rank;
    int status = check_result_shape(s, o, conv, rank, shape);
    const faltung_dtype dtype = faltung_result_dtype(input->dtype);
    if (status || (status = make_result(s, o, result, dtype, rank, shape)))
        return status;
    if (faltung_convolve_residual(conv, input, weight, bias, residual, &result->tensor, &message)) {
        array_free(result);
        return refuse_message(s, &message);
    }
    return EXIT_DONE;
}

static int compute_at_once(session *s, const options *o, const faltung_conv *conv,
                           const array *operand, int count)
{
    array result;
    int status = compute(s, o, conv, operand, count, &result);
    if (status)
        return status;
    status = array_write(s, &result.tensor, o->output[0], o->force);
    array_free(&result);
    return status;
}

static int read_operands(session *s, const options *o, array *operand, int *count)
{
    int status = EXIT_DONE;
    const bool has_residual = was_given(o, OPTION_RESIDUAL);
    int from_standard_input = has_residual && strcmp(o->residual, "-") == 0;
    for (int i = 0; i < o->operands; i++)
        from_standard_input += strcmp(o->operand[i], "-") == 0;
    if (from_standard_input > 1)
        return refuse(s, EXIT_USAGE, "standard input (-) can be one operand only");
    for (*count = 0; !status && *count < o->operands; *count += !status)
        status = array_read(s, &operand[*count], o->operand[*count]);
    if (!status && has_residual) {
        status = array_read(s, &operand[*count], o->residual);
        *count += !status;
    }
    return status;
}

int run_convolve(session *s, const command *c, const options *o)
{
    array operand[OPERANDS];
    const bool in_parts = is_in_parts(s, o);
    faltung_conv conv = find_operation(c->name);
    int count = 0, status = need_output(s, o);
    if (!status)
        status = output_check(s, o->output[0], o->force);
    if (!status && o->json && !in_parts)
        status = refuse(s, EXIT_USAGE, "--json says how far --memory and --shard are");
    if (!status)
        status = in_parts ? read_for_parts(s, o, &conv, operand, &count)
                          : read_operands(s, o, operand, &count);
    if (!status && strcmp(c->name, "conv") == 0)
        status = count_axes(s, &operand[WEIGHT].tensor, &conv);
    if (!status)
        status = describe(s, o, operand[INPUT].tensor.rank, &conv);
    if (!status)
        status = in_parts ? compute_parts(s, o, &conv, operand)
                          : compute_at_once(s, o, &conv, operand, count);
    while (count > 0)
        array_free(&operand[--count]);
    return status;
}
