// SPDX-License-Identifier: Apache-2.0
//
// Validation step by step, in the order in which PyTorch finds fault: options, tensors one by one,
// parameters, channels, and last the sizes that follow from all of them.
#include "problem/validate.h"

#include "arithmetic/check.h"
#include "base/checked.h"
#include "base/fail.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// What is being validated, to be passed on in one piece.
typedef struct request {
    const faltung_conv *conv;
    const faltung_tensor *input;
    const faltung_tensor *weight;
    const faltung_tensor *bias; // may be NULL
    faltung_message *message;
} request;

faltung_status fal_validate_activation(const faltung_conv *conv, faltung_message *message)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"negative_slope", conv->negative_slope},
                   {"clamp_min", conv->clamp_min},
                   {"clamp_max", conv->clamp_max}};
    if ((unsigned)conv->activation > FALTUNG_ACTIVATION_CLAMP)
        return fal_fail(message, FALTUNG_ERROR_OPTION, "activation=%d is no activation",
                        (int)conv->activation);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (isnan(numbers[i].value))
            return fal_fail(message, FALTUNG_ERROR_OPTION, "%s=nan, allowed is any number",
                            numbers[i].name);
    return FALTUNG_OK;
}

static faltung_status check_options(const request *r)
{
    const faltung_conv *conv = r->conv;
    if ((unsigned)conv->padding_rule > FALTUNG_PADDING_SAME_SYMMETRIC)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION, "padding_rule=%d is no padding rule",
                        (int)conv->padding_rule);
    if ((unsigned)conv->padding_mode > FALTUNG_PADDING_CIRCULAR)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                        "padding_mode=%d, allowed are zeros, reflect, replicate and circular",
                        (int)conv->padding_mode);
    if ((unsigned)conv->accuracy > FALTUNG_ACCURACY_FAST)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION, "accuracy=%d is no accuracy",
                        (int)conv->accuracy);
    if (conv->threads < 0)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION, "threads=%d, allowed is 0 or more",
                        conv->threads);
    if (conv->allocator && (!conv->allocator->allocate || !conv->allocator->release))
        return fal_fail(r->message, FALTUNG_ERROR_NULL, "allocator->%s is NULL",
                        conv->allocator->allocate ? "release" : "allocate");
    if (conv->parallel && !conv->parallel->run)
        return fal_fail(r->message, FALTUNG_ERROR_NULL, "parallel->run is NULL");
    return fal_validate_activation(conv, r->message);
}

faltung_status fal_validate_options(const faltung_conv *conv, faltung_message *message)
{
    const request r = {.conv = conv, .message = message};
    return check_options(&r);
}

// PyTorch's names of types, as in its messages.
static const char *type_name(faltung_dtype dtype)
{
    static const char *const names[] = {
        [FALTUNG_F32] = "float",
        [FALTUNG_F64] = "double",
        [FALTUNG_F16] = "c10::Half",
        [FALTUNG_BF16] = "c10::BFloat16",
        [FALTUNG_I8] = "signed char",
        [FALTUNG_U8] = "unsigned char",
        [FALTUNG_I32] = "int",
        [FALTUNG_C64] = "c10::complex<float>",
        [FALTUNG_C128] = "c10::complex<double>",
    };
    return names[dtype];
}

static bool is_byte(faltung_dtype dtype)
{
    return dtype == FALTUNG_I8 || dtype == FALTUNG_U8;
}

static faltung_status refuse_dtype(const request *r, const faltung_tensor *operand,
                                   const char *name)
{
    const char *given = type_name(operand->dtype), *input = type_name(r->input->dtype);
    if (is_byte(r->input->dtype))
        return fal_fail(r->message, FALTUNG_ERROR_DTYPE,
                        "Input type (%s) and %s type (%s) do not go together, allowed is %s", input,
                        name, given, operand == r->bias ? "i32" : "i8 or u8");
    return fal_fail(r->message, FALTUNG_ERROR_DTYPE,
                    "Input type (%s) and %s type (%s) should be the same", input, name, given);
}

static faltung_status check_dtypes(const request *r)
{
    faltung_dtype input = r->input->dtype, result = faltung_result_dtype(input);
    if (!result)
        return fal_fail(r->message, FALTUNG_ERROR_DTYPE,
                        "input has type %s, allowed are f32, f64, f16, bf16, i8, u8, c64 and c128",
                        faltung_dtype_name(input));
    bool fits = is_byte(input) ? is_byte(r->weight->dtype) : r->weight->dtype == input;
    if (!fits)
        return refuse_dtype(r, r->weight, "weight");
    if (r->bias && r->bias->dtype != result)
        return refuse_dtype(r, r->bias, "bias");
    return FALTUNG_OK;
}

static faltung_status check_zero_point(const request *r, const faltung_tensor *operand,
                                       const char *name, int zero)
{
    faltung_dtype dtype = operand->dtype;
    int low = dtype == FALTUNG_I8 ? INT8_MIN : 0;
    int high = dtype == FALTUNG_I8 ? INT8_MAX : dtype == FALTUNG_U8 ? UINT8_MAX : 0;
    if (zero >= low && zero <= high)
        return FALTUNG_OK;
    return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                    "%s_zero_point=%d, allowed for %s is %d to %d", name, zero,
                    faltung_dtype_name(dtype), low, high);
}

static faltung_status check_numbers(const request *r)
{
    faltung_status status = check_dtypes(r);
    if (!status)
        status = check_zero_point(r, r->input, "input", r->conv->input_zero_point);
    if (!status)
        status = check_zero_point(r, r->weight, "weight", r->conv->weight_zero_point);
    bool real = !fal_is_integer(r->input->dtype) && !fal_is_complex(r->input->dtype);
    if (!status && r->conv->activation && !real)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                        "activation=%s is for real floating-point numbers, not for %s",
                        faltung_activation_name(r->conv->activation),
                        faltung_dtype_name(r->input->dtype));
    return status;
}

static faltung_status check_ranks(const request *r)
{
    int axes = r->conv->axes;
    fal_list list;
    if (r->input->rank != axes + 1 && r->input->rank != axes + 2)
        return fal_fail(r->message, FALTUNG_ERROR_RANK,
                        "Expected %dD (unbatched) or %dD (batched) input to conv%s%dd, but got "
                        "input of size: %s",
                        axes + 1, axes + 2,
                        r->conv->operation == FALTUNG_CONV_TRANSPOSE ? "_transpose" : "", axes,
                        fal_list_write(&list, r->input->rank, r->input->shape));
    if (r->weight->rank != axes + 2)
        return fal_fail(r->message, FALTUNG_ERROR_RANK,
                        "weight should have %d dimensions, but got weight of size: %s", axes + 2,
                        fal_list_write(&list, r->weight->rank, r->weight->shape));
    return FALTUNG_OK;
}

static faltung_status check_tensors(const request *r)
{
    int64_t count;
    faltung_status status = fal_tensor_check(r->input, "input", &count, r->message);
    if (!status)
        status = fal_tensor_check(r->weight, "weight", &count, r->message);
    if (!status && r->bias)
        status = fal_tensor_check(r->bias, "bias", &count, r->message);
    if (!status)
        status = check_ranks(r);
    if (!status)
        status = check_numbers(r);
    return status;
}

static void describe(const request *r, fal_valid *valid)
{
    const faltung_conv *conv = r->conv;
    const int64_t *shape = r->input->shape;
    *valid = (fal_valid){
        .dtype = r->input->dtype,
        .weight_dtype = r->weight->dtype,
        .output_dtype = faltung_result_dtype(r->input->dtype),
        .input_zero_point = conv->input_zero_point,
        .weight_zero_point = conv->weight_zero_point,
        .accuracy = conv->accuracy,
        .transposed = conv->operation == FALTUNG_CONV_TRANSPOSE,
        .batched = r->input->rank == conv->axes + 2,
        .axes = conv->axes,
        .batch = 1,
        .groups = conv->groups,
        .padding_mode = conv->padding_mode,
        .activation = fal_make_activation(conv),
    };
    if (valid->batched)
        valid->batch = *shape++;
    valid->input_channels = *shape++;
    for (int i = 0; i < conv->axes; i++) {
        bool explicit = conv->padding_rule == FALTUNG_PADDING_EXPLICIT;
        valid->axis[i] = (faltung_axis){
            .input = shape[i],
            .kernel = r->weight->shape[2 + i],
            .stride = conv->stride[i],
            .dilation = conv->dilation[i],
            .padding = explicit ? conv->padding[i] : (faltung_padding){0, 0},
            .transposed = valid->transposed,
            .output_padding = conv->output_padding[i],
            .input_dilation = conv->input_dilation[i],
        };
    }
}

static faltung_status check_groups(const request *r)
{
    int64_t groups = r->conv->groups, first = r->weight->shape[0];
    fal_list list;
    const char *size = fal_list_write(&list, r->weight->rank, r->weight->shape);
    if (groups < 1)
        return fal_fail(r->message, FALTUNG_ERROR_GROUPS,
                        "non-positive groups is not supported: groups=%" PRId64
                        ", allowed is 1 or more",
                        groups);
    if (first < groups)
        return fal_fail(r->message, FALTUNG_ERROR_SHAPE,
                        "Given groups=%" PRId64 ", expected weight to be at least %" PRId64
                        " at dimension 0, but got weight of size %s instead",
                        groups, groups, size);
    if (first % groups)
        return fal_fail(r->message, FALTUNG_ERROR_GROUPS,
                        "Given groups=%" PRId64 ", expected weight to be divisible by %" PRId64
                        " at dimension 0, but got weight of size %s instead",
                        groups, groups, size);
    return FALTUNG_OK;
}

static faltung_status refuse_channels(const request *r, int64_t expected, int64_t found)
{
    // PyTorch shows an unbatched input with the batch axis that it gives it.
    int64_t shape[FALTUNG_MAX_AXES + 2] = {1};
    int rank = r->conv->axes + 2, added = rank - r->input->rank;
    memcpy(shape + added, r->input->shape, (size_t)r->input->rank * sizeof *shape);
    fal_list weight, input;
    bool transposed = r->conv->operation == FALTUNG_CONV_TRANSPOSE;
    return fal_fail(r->message, FALTUNG_ERROR_SHAPE,
                    "Given %s=%" PRId64 ", weight of size %s, expected input%s to have %" PRId64
                    " channels, but got %" PRId64 " channels instead",
                    transposed ? "transposed" : "groups", transposed ? 1 : r->conv->groups,
                    fal_list_write(&weight, r->weight->rank, r->weight->shape),
                    fal_list_write(&input, rank, shape), expected, found);
}

static faltung_status check_channels(const request *r, fal_valid *valid)
{
    int64_t of_one_group = r->weight->shape[1], of_all, expected;
    fal_list list;
    if (!fal_multiply(of_one_group, valid->groups, &of_all))
        return fal_fail(r->message, FALTUNG_ERROR_OVERFLOW,
                        "groups=%" PRId64 " times the channels of a weight of size %s do not fit "
                        "into 64 bits",
                        valid->groups, fal_list_write(&list, r->weight->rank, r->weight->shape));
    expected = valid->transposed ? r->weight->shape[0] : of_all;
    valid->output_channels = valid->transposed ? of_all : r->weight->shape[0];
    if (valid->input_channels != expected)
        return refuse_channels(r, expected, valid->input_channels);
    if (valid->output_channels == 0)
        return fal_fail(r->message, FALTUNG_ERROR_EMPTY,
                        "weight of size %s has no output channels, at least 1 is needed",
                        fal_list_write(&list, r->weight->rank, r->weight->shape));
    return FALTUNG_OK;
}

static faltung_status check_bias(const request *r, const fal_valid *valid)
{
    if (!r->bias || (r->bias->rank == 1 && r->bias->shape[0] == valid->output_channels))
        return FALTUNG_OK;
    fal_list weight, bias;
    const char *given = valid->transposed ? "transposed=1, " : "";
    return fal_fail(r->message, FALTUNG_ERROR_SHAPE,
                    "Given %sweight of size %s, expected bias to be 1-dimensional with %" PRId64
                    " elements, but got bias of size %s instead",
                    given, fal_list_write(&weight, r->weight->rank, r->weight->shape),
                    valid->output_channels, fal_list_write(&bias, r->bias->rank, r->bias->shape));
}

static faltung_status check_not_empty(const request *r, const fal_valid *valid)
{
    for (int i = 0; i < valid->axes; i++) {
        fal_list list;
        if (valid->axis[i].input == 0)
            return fal_fail(r->message, FALTUNG_ERROR_EMPTY,
                            "Only zero batch or zero channel inputs are supported, but got input "
                            "shape: %s",
                            fal_list_write(&list, r->input->rank, r->input->shape));
    }
    return FALTUNG_OK;
}

// A padding rule and PyTorch's output_size each leave no room for an output_padding of the
// caller's; both together are ONNX's output_shape, which has one.
static faltung_status check_output_padding_is_free(const request *r, bool by_rule)
{
    const faltung_conv *conv = r->conv;
    fal_list list;
    bool given = false;
    for (int i = 0; i < conv->axes; i++)
        given = given || conv->output_padding[i] != 0;
    if (given && by_rule != conv->has_output_size)
        return fal_fail(r->message, FALTUNG_ERROR_OUTPUT_PADDING,
                        "output_padding=%s and %s both choose the output's size: give one of them",
                        fal_list_write(&list, conv->axes, conv->output_padding),
                        by_rule ? "the rule for padding" : "output_size");
    return FALTUNG_OK;
}

static faltung_status find_sizes(const request *r, fal_valid *valid)
{
    const faltung_conv *conv = r->conv;
    bool by_rule = conv->operation == FALTUNG_CONV_TRANSPOSE &&
                   (conv->padding_rule == FALTUNG_PADDING_SAME_UPPER ||
                    conv->padding_rule == FALTUNG_PADDING_SAME_LOWER);
    if (conv->has_output_size && !valid->transposed) {
        fal_list list;
        return fal_fail(r->message, FALTUNG_ERROR_OUTPUT_SIZE,
                        "output_size is for transposed convolutions: output_size=%s",
                        fal_list_write(&list, conv->axes, conv->output_size));
    }
    faltung_status status = check_output_padding_is_free(r, by_rule);
    if (!status && by_rule && conv->has_output_size)
        status = fal_axes_crop_to(valid->axis, valid->axes, conv->padding_rule, conv->output_size,
                                  r->message);
    else if (!status)
        status = fal_axes_apply_rule(valid->axis, valid->axes, conv->padding_rule, r->message);
    if (!status && !by_rule && conv->has_output_size)
        status = fal_axes_request_output(valid->axis, valid->axes, conv->output_size, r->message);
    if (!status)
        status = fal_axes_output(valid->axis, valid->axes, valid->output, r->message);
    return status;
}

static faltung_status refuse_mode(const request *r, const fal_valid *valid, int axis)
{
    // PyTorch shows both sides, and counts the axis among all of the input's.
    const faltung_padding p = valid->axis[axis].padding;
    const int at = r->input->rank - valid->axes + axis;
    fal_list list;
    fal_list_write(&list, r->input->rank, r->input->shape);
    if (valid->padding_mode == FALTUNG_PADDING_REFLECT)
        return fal_fail(r->message, FALTUNG_ERROR_PADDING,
                        "Padding size should be less than the corresponding input dimension, but "
                        "got: padding (%" PRId64 ", %" PRId64 ") at dimension %d of input %s",
                        p.begin, p.end, at, list.text);
    return fal_fail(r->message, FALTUNG_ERROR_PADDING,
                    "Padding value causes wrapping around more than once: padding (%" PRId64
                    ", %" PRId64 ") at dimension %d of input %s",
                    p.begin, p.end, at, list.text);
}

// Other modes than zeros need as many elements as they show again.
static faltung_status check_mode(const request *r, const fal_valid *valid)
{
    const char *name = faltung_padding_mode_name(valid->padding_mode);
    if (valid->padding_mode == FALTUNG_PADDING_ZEROS)
        return FALTUNG_OK;
    if (valid->transposed)
        return fal_fail(r->message, FALTUNG_ERROR_OPTION,
                        "Only \"zeros\" padding mode is supported for ConvTranspose%dd: "
                        "padding_mode='%s'",
                        valid->axes, name);
    for (int i = 0; i < valid->axes; i++) {
        const faltung_axis *axis = &valid->axis[i];
        int64_t most = axis->input;
        if (axis->input_dilation > 1)
            return fal_fail(r->message, FALTUNG_ERROR_DILATION,
                            "padding_mode='%s' is not supported for a dilated input: "
                            "input_dilation=%" PRId64 ", allowed is 1",
                            name, axis->input_dilation);
        if (valid->padding_mode == FALTUNG_PADDING_REPLICATE)
            continue;
        if (valid->padding_mode == FALTUNG_PADDING_REFLECT)
            most--;
        else // what is cropped at one side does not go round to the other
            most += fal_least(axis->padding.begin, 0) + fal_least(axis->padding.end, 0);
        if (axis->padding.begin > most || axis->padding.end > most)
            return refuse_mode(r, valid, i);
    }
    return FALTUNG_OK;
}

static faltung_status check_output_count(const request *r, const fal_valid *valid)
{
    int64_t shape[FALTUNG_MAX_AXES + 2], count;
    int rank = fal_forward_shape(valid, shape);
    faltung_tensor output = {NULL, valid->output_dtype, rank, shape, NULL};
    return fal_tensor_check(&output, "output", &count, r->message);
}

faltung_status fal_validate_forward(const faltung_conv *conv, const faltung_tensor *input,
                                    const faltung_tensor *weight, const faltung_tensor *bias,
                                    fal_valid *valid, faltung_message *message)
{
    const request r = {conv, input, weight, bias, message};
    faltung_status status = check_options(&r);
    if (!status)
        status = check_tensors(&r);
    if (status)
        return status;
    describe(&r, valid);
    status = fal_axes_check_parameters(valid->axis, valid->axes, message);
    if (!status)
        status = check_groups(&r);
    if (!status)
        status = check_channels(&r, valid);
    if (!status)
        status = check_bias(&r, valid);
    if (!status)
        status = check_not_empty(&r, valid);
    if (!status)
        status = fal_axes_check_sizes(valid->axis, valid->axes, message);
    if (!status)
        status = find_sizes(&r, valid);
    if (!status)
        status = check_mode(&r, valid);
    if (!status)
        status = check_output_count(&r, valid);
    return status;
}
