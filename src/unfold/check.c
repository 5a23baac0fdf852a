// SPDX-License-Identifier: Apache-2.0
//
// What unfold and fold are asked for, checked in the order in which PyTorch does, and in its words.
#include "unfold/sliding.h"

#include "arithmetic/axis.h"
#include "arithmetic/check.h"
#include "arithmetic/words.h"
#include "base/checked.h"
#include "base/fail.h"
#include "problem/validate.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What is being checked, to be passed on in one piece.
typedef struct request {
    const faltung_conv *conv;
    const int64_t *kernel;
    const faltung_tensor *operand;
    faltung_message *message;
    int64_t picture[FALTUNG_MAX_AXES]; // its spatial sizes
    faltung_axis axis[FALTUNG_MAX_AXES];
    int64_t blocks[FALTUNG_MAX_AXES];
} request;

// "4 * 4 = 16"; of one axis "4".
static const char *write_product(fal_list *list, int count, const int64_t *values, int64_t product)
{
    size_t length = 0;
    for (int i = 0; i <= count && !(i == count && count == 1); i++)
        length += (size_t)snprintf(list->text + length, sizeof list->text - length, "%s%" PRId64,
                                   i == count ? " = "
                                   : i        ? " * "
                                              : "",
                                   i == count ? product : values[i]);
    return list->text;
}

static const char *write_paddings(fal_list *list, const request *r)
{
    return fal_list_paddings(list, "()", r->axis, r->conv->axes);
}

// ------------------------------------------------------------------------------------- parameters

static faltung_status check_positive(const request *r, const int64_t *values, const char *name,
                                     const char *axis, faltung_status status)
{
    fal_list list;
    for (int i = 0; i < r->conv->axes; i++)
        if (values[i] < 1)
            return fal_fail(r->message, status, "%s should be greater than zero, but got %s", name,
                            fal_list_named(&list, axis, r->conv->axes, values));
    return FALTUNG_OK;
}

static faltung_status check_padding(const request *r)
{
    int64_t least[FALTUNG_MAX_AXES];
    bool negative = false;
    fal_list list;
    for (int i = 0; i < r->conv->axes; i++) {
        faltung_padding p = r->conv->padding[i];
        least[i] = fal_least(p.begin, p.end);
        negative = negative || least[i] < 0;
    }
    if (!negative || r->conv->padding_rule != FALTUNG_PADDING_EXPLICIT)
        return FALTUNG_OK;
    return fal_fail(r->message, FALTUNG_ERROR_PADDING, "padding should be non-negative, but got %s",
                    fal_list_named(&list, "pad", r->conv->axes, least));
}

// Blocks slide over a picture between zeros.
static faltung_status check_is_plain(const request *r)
{
    if (r->conv->operation != FALTUNG_CONV)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                        "operation=%d: blocks slide as in a convolution (%d)",
                        (int)r->conv->operation, (int)FALTUNG_CONV);
    if (r->conv->padding_mode != FALTUNG_PADDING_ZEROS)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                        "padding_mode='%s' is not supported for blocks: allowed is zeros",
                        faltung_padding_mode_name(r->conv->padding_mode));
    for (int i = 0; i < r->conv->axes; i++)
        if (r->conv->input_dilation[i] != 1)
            return fal_fail(r->message, FALTUNG_ERROR_DILATION,
                            "input_dilation=%" PRId64 " for blocks, allowed is 1",
                            r->conv->input_dilation[i]);
    return FALTUNG_OK;
}

static faltung_status check_parameters(const request *r, const char *name)
{
    int64_t count;
    if (!r->conv || !r->kernel)
        return fal_fail(r->message, FALTUNG_ERROR_NULL, "%s is NULL", r->conv ? "kernel" : "conv");
    faltung_status status = fal_validate_axes(r->conv, r->message);
    if (!status)
        status = fal_validate_options(r->conv, r->message);
    if (!status)
        status = check_is_plain(r);
    if (!status)
        status = fal_tensor_check(r->operand, name, &count, r->message);
    if (!status)
        status = check_positive(r, r->kernel, "kernel size", "kernel", FALTUNG_ERROR_KERNEL);
    if (!status)
        status =
            check_positive(r, r->conv->dilation, "dilation", "dilation", FALTUNG_ERROR_DILATION);
    if (!status)
        status = check_padding(r);
    if (!status)
        status = check_positive(r, r->conv->stride, "stride", "stride", FALTUNG_ERROR_STRIDE);
    return status;
}

// ------------------------------------------------------------------------------------------ sizes

static faltung_status refuse_overflow(const request *r)
{
    fal_list size, kernel, padding;
    return fal_fail(r->message, FALTUNG_ERROR_OVERFLOW,
                    "a size does not fit into 64 bits: spatial size %s, kernel_size=%s, padding=%s",
                    fal_list_tuple(&size, r->conv->axes, r->picture),
                    fal_list_tuple(&kernel, r->conv->axes, r->kernel), write_paddings(&padding, r));
}

// The axes with their padding, and how many blocks there are along each, which may be below 1.
static faltung_status find_blocks(request *r)
{
    const faltung_conv *conv = r->conv;
    const bool explicit = conv->padding_rule == FALTUNG_PADDING_EXPLICIT;
    for (int i = 0; i < conv->axes; i++)
        r->axis[i] = (faltung_axis){
            .input = r->picture[i],
            .kernel = r->kernel[i],
            .stride = conv->stride[i],
            .dilation = conv->dilation[i],
            .padding = explicit ? conv->padding[i] : (faltung_padding){0, 0},
            .input_dilation = 1,
        };
    faltung_status status =
        fal_axes_apply_rule(r->axis, conv->axes, conv->padding_rule, r->message);
    for (int i = 0; !status && i < conv->axes; i++) {
        int64_t extent, padded;
        if (fal_axis_extent(&r->axis[i], &extent) ||
            !fal_add(r->picture[i], r->axis[i].padding.begin, &padded) ||
            !fal_add(padded, r->axis[i].padding.end, &padded))
            return refuse_overflow(r);
        r->blocks[i] = fal_floor_divide(padded - extent, r->axis[i].stride) + 1;
    }
    return status;
}

static bool multiply_all(int count, const int64_t *values, int64_t *product)
{
    bool fits = true;
    *product = 1;
    for (int i = 0; i < count; i++)
        fits = fits && fal_multiply(*product, values[i], product);
    return fits;
}

static void describe(const request *r, int64_t batch, int64_t channels, fal_sliding *s)
{
    *s = (fal_sliding){.dtype = r->operand->dtype, .batch = batch, .channels = channels};
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        s->axis[i] = (fal_sliding_axis){1, 1, 1, 1, 1, 0, 0};
    for (int i = 0; i < r->conv->axes; i++) {
        const faltung_axis *axis = &r->axis[i];
        s->axis[FALTUNG_MAX_AXES - r->conv->axes + i] = (fal_sliding_axis){
            .picture = r->picture[i],
            .kernel = axis->kernel,
            .blocks = r->blocks[i],
            .stride = r->blocks[i] > 1 ? axis->stride : 1, // never taken, it may be any number
            .dilation = axis->dilation,
            .padding = axis->padding.begin,
        };
    }
}

// Counts the elements of a result, so that it can be addressed.
static faltung_status check_count(const request *r, const char *name, int rank,
                                  const int64_t *shape)
{
    int64_t count;
    const faltung_tensor result = {NULL, r->operand->dtype, rank, shape, NULL};
    return fal_tensor_check(&result, name, &count, r->message);
}

// ----------------------------------------------------------------------------------------- unfold

static faltung_status check_input(const request *r)
{
    const faltung_tensor *input = r->operand;
    const int axes = r->conv->axes, rank = input->rank;
    fal_list list;
    bool fits = rank == axes + 1 || rank == axes + 2;
    for (int i = rank - axes - 1; fits && i < rank; i++)
        fits = input->shape[i] > 0;
    if (fits)
        return FALTUNG_OK;
    return fal_fail(r->message,
                    rank == axes + 1 || rank == axes + 2 ? FALTUNG_ERROR_EMPTY : FALTUNG_ERROR_RANK,
                    "Expected %dD or %dD (batch mode) tensor with possibly 0 batch size and other "
                    "non-zero dimensions for input, but got: %s",
                    axes + 1, axes + 2, fal_list_write(&list, rank, input->shape));
}

static faltung_status check_blocks(const request *r)
{
    const int axes = r->conv->axes;
    fal_list t[5];
    for (int i = 0; i < axes; i++)
        if (r->blocks[i] < 1)
            return fal_fail(r->message, FALTUNG_ERROR_TOO_SMALL,
                            "Given input with spatial size %s, kernel_size=%s, dilation=%s, "
                            "padding=%s, calculated shape of the array of sliding blocks as %s, "
                            "but its components must be at least one.",
                            fal_list_tuple(&t[0], axes, r->picture),
                            fal_list_tuple(&t[1], axes, r->kernel),
                            fal_list_tuple(&t[2], axes, r->conv->dilation),
                            write_paddings(&t[3], r), fal_list_tuple(&t[4], axes, r->blocks));
    return FALTUNG_OK;
}

faltung_status fal_check_unfold(const faltung_conv *conv, const int64_t *kernel,
                                const faltung_tensor *input, int *rank, int64_t shape[3],
                                fal_sliding *sliding, faltung_message *message)
{
    request r = {.conv = conv, .kernel = kernel, .operand = input, .message = message};
    faltung_status status = check_parameters(&r, "input");
    if (!status)
        status = check_input(&r);
    if (status)
        return status;
    const int channel = input->rank - conv->axes - 1;
    memcpy(r.picture, input->shape + channel + 1, (size_t)conv->axes * sizeof *r.picture);
    status = find_blocks(&r);
    if (!status)
        status = check_blocks(&r);
    if (status)
        return status;
    int64_t elements, blocks;
    if (!multiply_all(conv->axes, kernel, &elements) ||
        !fal_multiply(elements, input->shape[channel], &elements) ||
        !multiply_all(conv->axes, r.blocks, &blocks))
        return refuse_overflow(&r);
    *rank = 0;
    if (channel)
        shape[(*rank)++] = input->shape[0];
    shape[(*rank)++] = elements;
    shape[(*rank)++] = blocks;
    describe(&r, channel ? input->shape[0] : 1, input->shape[channel], sliding);
    return check_count(&r, "columns", *rank, shape);
}

// ------------------------------------------------------------------------------------------- fold

static faltung_status check_columns(const request *r)
{
    const faltung_tensor *columns = r->operand;
    const int rank = columns->rank;
    fal_list list;
    bool fits = rank == 2 || rank == 3;
    if (fal_is_integer(columns->dtype) || fal_is_complex(columns->dtype))
        return fal_fail(
            r->message, FALTUNG_ERROR_DTYPE,
            "columns have type %s, allowed are f32, f64, f16 and bf16, which are summed",
            faltung_dtype_name(columns->dtype));
    if (fits && columns->shape[rank - 1] && columns->shape[rank - 2])
        return FALTUNG_OK;
    return fal_fail(r->message, fits ? FALTUNG_ERROR_EMPTY : FALTUNG_ERROR_RANK,
                    "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size "
                    "and non-zero dimensions for input, but got: %s",
                    fal_list_write(&list, rank, columns->shape));
}

static faltung_status check_channels(const request *r, int64_t *channels)
{
    const int row = r->operand->rank - 2;
    int64_t elements, rows = r->operand->shape[row];
    fal_list list;
    if (multiply_all(r->conv->axes, r->kernel, &elements) && rows % elements == 0) {
        *channels = rows / elements;
        return FALTUNG_OK;
    }
    return fal_fail(r->message, FALTUNG_ERROR_SHAPE,
                    "Expected size of input's dimension %d to be divisible by the product of "
                    "kernel_size, but got input.size(%d)=%" PRId64 " and kernel_size=%s.",
                    row, row, rows, fal_list_tuple(&list, r->conv->axes, r->kernel));
}

static faltung_status check_output_size(const request *r)
{
    const faltung_conv *conv = r->conv;
    fal_list list;
    if (!conv->has_output_size)
        return fal_fail(r->message, FALTUNG_ERROR_OUTPUT_SIZE,
                        "fold needs output_size: the size of the picture");
    for (int i = 0; i < conv->axes; i++)
        if (conv->output_size[i] < 1)
            return fal_fail(r->message, FALTUNG_ERROR_OUTPUT_SIZE,
                            "Expected output spatial size to be positive, but got: output_size=%s.",
                            fal_list_tuple(&list, conv->axes, conv->output_size));
    return FALTUNG_OK;
}

static faltung_status check_block_count(const request *r)
{
    const faltung_conv *conv = r->conv;
    const int axes = conv->axes, column = r->operand->rank - 1;
    const int64_t found = r->operand->shape[column];
    int64_t expected;
    fal_list t[6];
    if (!multiply_all(axes, r->blocks, &expected))
        return refuse_overflow(r);
    bool fits = expected == found;
    for (int i = 0; i < axes; i++)
        fits = fits && r->blocks[i] > 0;
    if (fits)
        return FALTUNG_OK;
    return fal_fail(r->message, FALTUNG_ERROR_SHAPE,
                    "Given output_size=%s, kernel_size=%s, dilation=%s, padding=%s, stride=%s, "
                    "expected size of input's dimension %d to match the calculated number of "
                    "sliding blocks %s, but got input.size(%d)=%" PRId64 ".",
                    fal_list_tuple(&t[0], axes, conv->output_size),
                    fal_list_tuple(&t[1], axes, r->kernel),
                    fal_list_tuple(&t[2], axes, conv->dilation), write_paddings(&t[3], r),
                    fal_list_tuple(&t[4], axes, conv->stride), column,
                    write_product(&t[5], axes, r->blocks, expected), column, found);
}

faltung_status fal_check_fold(const faltung_conv *conv, const int64_t *kernel,
                              const faltung_tensor *columns, int *rank,
                              int64_t shape[FALTUNG_MAX_AXES + 2], fal_sliding *sliding,
                              faltung_message *message)
{
    request r = {.conv = conv, .kernel = kernel, .operand = columns, .message = message};
    int64_t channels = 0;
    faltung_status status = check_parameters(&r, "columns");
    if (!status)
        status = check_columns(&r);
    if (!status)
        status = check_channels(&r, &channels);
    if (!status)
        status = check_output_size(&r);
    if (status)
        return status;
    memcpy(r.picture, conv->output_size, (size_t)conv->axes * sizeof *r.picture);
    status = find_blocks(&r);
    if (!status)
        status = check_block_count(&r);
    if (status)
        return status;
    const bool batched = columns->rank == 3;
    *rank = 0;
    if (batched)
        shape[(*rank)++] = columns->shape[0];
    shape[(*rank)++] = channels;
    for (int i = 0; i < conv->axes; i++)
        shape[(*rank)++] = conv->output_size[i];
    describe(&r, batched ? columns->shape[0] : 1, channels, sliding);
    return check_count(&r, "output", *rank, shape);
}
