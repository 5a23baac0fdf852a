// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/array.h"
#include "files/output.h"
#include "geometry.h"

#include <string.h>

static const struct {
    const char *name;
    faltung_conv conv;
} operations[] = {
    {"conv1d", FALTUNG_CONV1D},
    {"conv2d", FALTUNG_CONV2D},
    {"conv3d", FALTUNG_CONV3D},
    {"conv_transpose1d", FALTUNG_CONV_TRANSPOSE1D},
    {"conv_transpose2d", FALTUNG_CONV_TRANSPOSE2D},
    {"conv_transpose3d", FALTUNG_CONV_TRANSPOSE3D},
};

static faltung_conv find_operation(const char *name)
{
    size_t i = 0;
    while (strcmp(operations[i].name, name) != 0)
        i++; // ends: commands.c has no other names for run_convolve
    return operations[i].conv;
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
    if (was_given(o, OPTION_OUTPUT_PADDING))
        return refuse(s, EXIT_USAGE,
                      "--output-size and --output-padding both choose the output's size: give one "
                      "of them");
    conv->has_output_size = true;
    memcpy(conv->output_size, o->output_size.value + (count - axes),
           (size_t)axes * sizeof *conv->output_size);
    return EXIT_DONE;
}

static int describe(session *s, const options *o, int rank, faltung_conv *conv)
{
    int axes = conv->axes, status;
    if ((status = spread_values(s, OPTION_STRIDE, &o->stride, axes, 1, conv->stride)) ||
        (status = spread_values(s, OPTION_DILATION, &o->dilation, axes, 1, conv->dilation)) ||
        (status = spread_paddings(s, &o->padding, axes, conv->padding)) ||
        (status = spread_values(s, OPTION_OUTPUT_PADDING, &o->output_padding, axes, 0,
                                conv->output_padding)))
        return status;
    conv->padding_rule = o->padding.rule;
    conv->groups = o->groups;
    conv->accuracy = o->accuracy;
    conv->threads = (int)o->threads;
    return read_output_size(s, o, rank, conv);
}

// The operands of one run: input, weight and perhaps bias.
enum { INPUT, WEIGHT, BIAS, OPERANDS };

// Computes what is to be written to `path`, and refuses before the work what cannot be.
static int compute(session *s, const faltung_conv *conv, const array *operand, int count,
                   const char *path, array *result)
{
    const faltung_tensor *input = &operand[INPUT].tensor, *weight = &operand[WEIGHT].tensor;
    const faltung_tensor *bias = count > BIAS ? &operand[BIAS].tensor : NULL;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    if (faltung_output_shape(conv, input, weight, shape, &message))
        return refuse_message(s, &message);
    int status = array_check(s, path, input->rank, shape);
    if (status || (status = array_make(s, result, input->dtype, input->rank, shape)))
        return status;
    if (faltung_convolve(conv, input, weight, bias, &result->tensor, &message)) {
        array_free(result);
        return refuse_message(s, &message);
    }
    return EXIT_DONE;
}

static int read_operands(session *s, const options *o, array *operand, int *count)
{
    int status = EXIT_DONE;
    int from_standard_input = 0;
    for (int i = 0; i < o->operands; i++)
        from_standard_input += strcmp(o->operand[i], "-") == 0;
    if (from_standard_input > 1)
        return refuse(s, EXIT_USAGE, "standard input (-) can be one operand only");
    for (*count = 0; !status && *count < o->operands; *count += !status)
        status = array_read(s, &operand[*count], o->operand[*count]);
    return status;
}

int run_convolve(session *s, const command *c, const options *o)
{
    if (o->outputs == 0)
        return refuse(s, EXIT_USAGE,
                      "-o is needed: the file for the result, or - for standard output");
    array operand[OPERANDS], result;
    faltung_conv conv = find_operation(c->name);
    int count = 0, status = output_check(s, o->output[0], o->force);
    if (!status)
        status = read_operands(s, o, operand, &count);
    if (!status)
        status = describe(s, o, operand[INPUT].tensor.rank, &conv);
    if (!status)
        status = compute(s, &conv, operand, count, o->output[0], &result);
    if (!status) {
        status = array_write(s, &result.tensor, o->output[0], o->force);
        array_free(&result);
    }
    while (count > 0)
        array_free(&operand[--count]);
    return status;
}
