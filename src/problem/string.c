// SPDX-License-Identifier: Apache-2.0
//
// Problem strings: conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1:2+0
#include "base/checked.h"
#include "base/fail.h"
#include "problem/operations.h"
#include "problem/real.h"

#include <limits.h>
#include <string.h>

// A part of the text that is being read, up to `end`. `at` is NULL when nothing is left, not even
// an empty part behind a separator.
typedef struct part {
    const char *at;
    const char *end;
} part;

static bool is_word(part p, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(p.end - p.at) == length && memcmp(p.at, word, length) == 0;
}

// Cuts off what stands before the first `separator`, or all that is left.
static part cut(part *rest, char separator)
{
    if (!rest->at)
        return (part){rest->end, rest->end};
    const char *found = memchr(rest->at, separator, (size_t)(rest->end - rest->at));
    part head = {rest->at, found ? found : rest->end};
    rest->at = found ? found + 1 : NULL;
    return head;
}

static int count_parts(part p, char separator)
{
    int count = 1;
    for (const char *c = p.at; c < p.end; c++)
        count += *c == separator;
    return count;
}

// A decimal number that fills the whole part.
static bool read_number(part p, int64_t *number)
{
    bool negative = p.at < p.end && *p.at == '-';
    p.at += negative;
    if (p.at == p.end)
        return false;
    *number = 0;
    for (; p.at < p.end; p.at++) {
        if (*p.at < '0' || *p.at > '9' || !fal_multiply(*number, 10, number))
            return false;
        int digit = *p.at - '0';
        if (!fal_add(*number, negative ? -digit : digit, number))
            return false;
    }
    return true;
}

// ---------------------------------------------------------------------------------------- options

// One value for all axes, or one per axis joined by '+'.
static bool read_values(part p, int axes, int64_t *values)
{
    int count = count_parts(p, '+');
    if (count != 1 && count != axes)
        return false;
    for (int i = 0; i < axes; i++)
        if (i >= count)
            values[i] = values[0];
        else if (!read_number(cut(&p, '+'), &values[i]))
            return false;
    return true;
}

static bool read_stride(part p, faltung_problem *problem)
{
    return read_values(p, problem->conv.axes, problem->conv.stride);
}

static bool read_dilation(part p, faltung_problem *problem)
{
    return read_values(p, problem->conv.axes, problem->conv.dilation);
}

static bool read_input_dilation(part p, faltung_problem *problem)
{
    return read_values(p, problem->conv.axes, problem->conv.input_dilation);
}

static bool read_padding_mode(part p, faltung_problem *problem)
{
    for (int mode = FALTUNG_PADDING_ZEROS; mode <= FALTUNG_PADDING_CIRCULAR; mode++)
        if (is_word(p, faltung_padding_mode_name((faltung_padding_mode)mode))) {
            problem->conv.padding_mode = (faltung_padding_mode)mode;
            return true;
        }
    return false;
}

static bool read_output_padding(part p, faltung_problem *problem)
{
    return read_values(p, problem->conv.axes, problem->conv.output_padding);
}

static bool read_output_size(part p, faltung_problem *problem)
{
    problem->conv.has_output_size = true;
    return read_values(p, problem->conv.axes, problem->conv.output_size);
}

static bool read_groups(part p, faltung_problem *problem)
{
    return read_number(p, &problem->conv.groups);
}

// Only a side of begin:end may be negative.
static bool read_sides(part p, faltung_padding *padding)
{
    part begin = cut(&p, ':');
    if (!read_number(begin, &padding->begin))
        return false;
    padding->end = padding->begin;
    return p.at ? read_number(p, &padding->end) : padding->begin >= 0;
}

static bool read_padding(part p, faltung_problem *problem)
{
    faltung_conv *conv = &problem->conv;
    for (int rule = FALTUNG_PADDING_VALID; rule <= FALTUNG_PADDING_SAME_SYMMETRIC; rule++)
        if (is_word(p, faltung_padding_rule_name((faltung_padding_rule)rule))) {
            conv->padding_rule = (faltung_padding_rule)rule;
            return true;
        }
    int count = count_parts(p, '+');
    if (count != 1 && count != conv->axes)
        return false;
    for (int i = 0; i < conv->axes; i++)
        if (i >= count)
            conv->padding[i] = conv->padding[0];
        else if (!read_sides(cut(&p, '+'), &conv->padding[i]))
            return false;
    return true;
}

static bool read_real(part p, double *number)
{
    return fal_read_real(p.at, (size_t)(p.end - p.at), number);
}

// A name, behind which leaky_relu may have a slope, and clamp has its limits.
static bool read_activation(part p, faltung_problem *problem)
{
    faltung_conv *conv = &problem->conv;
    part name = cut(&p, ':');
    int kind = FALTUNG_ACTIVATION_NONE;
    while (kind <= FALTUNG_ACTIVATION_CLAMP &&
           !is_word(name, faltung_activation_name((faltung_activation)kind)))
        kind++;
    conv->activation = (faltung_activation)kind;
    if (kind == FALTUNG_ACTIVATION_LEAKY_RELU && p.at)
        return read_real(p, &conv->negative_slope);
    if (kind == FALTUNG_ACTIVATION_CLAMP)
        return p.at && read_real(cut(&p, ':'), &conv->clamp_min) && p.at &&
               read_real(p, &conv->clamp_max);
    return kind <= FALTUNG_ACTIVATION_CLAMP && !p.at;
}

static bool read_type(part p, faltung_dtype *dtype)
{
    for (int i = 1; faltung_dtype_size((faltung_dtype)i); i++)
        if (is_word(p, faltung_dtype_name((faltung_dtype)i))) {
            *dtype = (faltung_dtype)i;
            return true;
        }
    return false;
}

static bool read_dtype(part p, faltung_problem *problem)
{
    return read_type(p, &problem->dtype);
}

static bool read_layout(part p, faltung_problem *problem)
{
    for (int i = FALTUNG_NCHW; i <= FALTUNG_NHWC; i++)
        if (is_word(p, faltung_layout_name((faltung_layout)i))) {
            problem->layout = (faltung_layout)i;
            return true;
        }
    return false;
}

static bool read_weight_dtype(part p, faltung_problem *problem)
{
    return read_type(p, &problem->weight_dtype);
}

static bool read_zero_point(part p, int *zero)
{
    int64_t number;
    if (!read_number(p, &number) || number < INT_MIN || number > INT_MAX)
        return false;
    *zero = (int)number;
    return true;
}

static bool read_input_zero_point(part p, faltung_problem *problem)
{
    return read_zero_point(p, &problem->conv.input_zero_point);
}

static bool read_weight_zero_point(part p, faltung_problem *problem)
{
    return read_zero_point(p, &problem->conv.weight_zero_point);
}

static const struct option {
    const char *name;
    bool (*read)(part value, faltung_problem *problem);
    const char *allowed;
} options[] = {
    {"stride", read_stride, "one number, or one per axis joined by '+'"},
    {"padding", read_padding,
     "numbers of 0 or more or begin:end pairs, one or one per axis joined by '+', or valid, same, "
     "same_upper, same_lower, same_symmetric"},
    {"padding_mode", read_padding_mode, "zeros, reflect, replicate, circular"},
    {"dilation", read_dilation, "one number, or one per axis joined by '+'"},
    {"input_dilation", read_input_dilation, "one number, or one per axis joined by '+'"},
    {"output_padding", read_output_padding, "one number, or one per axis joined by '+'"},
    {"output_size", read_output_size, "one number, or one per axis joined by '+'"},
    {"groups", read_groups, "one number"},
    {"activation", read_activation,
     "none, relu, relu6, leaky_relu, leaky_relu:slope, sigmoid, silu, gelu, gelu_tanh, hardswish, "
     "clamp:min:max"},
    {"dtype", read_dtype, "f32, f64, f16, bf16, i8, u8, i32, c64, c128"},
    {"weight_dtype", read_weight_dtype, "f32, f64, f16, bf16, i8, u8, i32, c64, c128"},
    {"input_zero_point", read_input_zero_point, "one number"},
    {"weight_zero_point", read_weight_zero_point, "one number"},
    {"layout", read_layout, "nchw, nhwc"},
};

enum { OPTIONS = sizeof options / sizeof *options };

static faltung_status read_option(part p, bool *seen, faltung_problem *problem,
                                  faltung_message *message)
{
    part value = p, name = cut(&value, '=');
    for (int i = 0; i < OPTIONS; i++) {
        if (!is_word(name, options[i].name) || !value.at)
            continue;
        if (seen[i])
            return fal_fail(message, FALTUNG_ERROR_PARSE, "problem: %s is given twice",
                            options[i].name);
        seen[i] = true;
        if (!options[i].read(value, problem))
            return fal_fail(message, FALTUNG_ERROR_PARSE, "problem: %s='%.*s', allowed: %s",
                            options[i].name, (int)(value.end - value.at), value.at,
                            options[i].allowed);
        return FALTUNG_OK;
    }
    return fal_fail(message, FALTUNG_ERROR_PARSE,
                    "problem: '%.*s' is no option; there are stride=, padding=, padding_mode=, "
                    "dilation=, input_dilation=, output_padding=, output_size=, groups=, "
                    "activation=, dtype=, weight_dtype=, input_zero_point=, weight_zero_point=, "
                    "layout=",
                    (int)(p.end - p.at), p.at);
}

// ---------------------------------------------------------------------------------- the whole text

static faltung_status read_operation(part p, faltung_problem *problem, faltung_message *message)
{
    const fal_operation *o;
    for (int i = 0; (o = fal_list_operation(i)); i++) {
        size_t stem = strlen(o->stem), suffix = strlen(o->suffix);
        if ((size_t)(p.end - p.at) == stem + 2 + suffix && memcmp(p.at, o->stem, stem) == 0 &&
            p.at[stem] >= '1' && p.at[stem] <= '0' + FALTUNG_MAX_AXES && p.at[stem + 1] == 'd' &&
            memcmp(p.at + stem + 2, o->suffix, suffix) == 0) {
            problem->conv = (faltung_conv)FALTUNG_DEFAULTS(o->operation, p.at[stem] - '0');
            return FALTUNG_OK;
        }
    }
    return fal_fail(message, FALTUNG_ERROR_PARSE,
                    "problem: '%.*s' is no operation; there are conv1d, conv2d, conv3d, "
                    "conv_transpose1d, conv_transpose2d, conv_transpose3d, and of each the "
                    "gradients, as conv2d_input and conv2d_weight",
                    (int)(p.end - p.at), p.at);
}

static faltung_status read_shape(part p, const char *name, int *rank, int64_t *shape,
                                 faltung_message *message)
{
    part rest = p;
    *rank = count_parts(p, 'x');
    if (*rank > FALTUNG_MAX_AXES + 2)
        return fal_fail(message, FALTUNG_ERROR_PARSE, "problem: %s='%.*s' has over %d sizes", name,
                        (int)(p.end - p.at), p.at, FALTUNG_MAX_AXES + 2);
    for (int i = 0; i < *rank; i++)
        if (!read_number(cut(&rest, 'x'), &shape[i]) || shape[i] < 0)
            return fal_fail(message, FALTUNG_ERROR_PARSE,
                            "problem: %s='%.*s' is no shape, such as 1x64x56x56", name,
                            (int)(p.end - p.at), p.at);
    return FALTUNG_OK;
}

faltung_status faltung_problem_parse(const char *text, faltung_problem *problem,
                                     faltung_message *message)
{
    if (!text || !problem)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", text ? "problem" : "text");
    part rest = {text, text + strlen(text)};
    bool seen[OPTIONS] = {false};
    faltung_problem read = {.dtype = FALTUNG_F32};
    faltung_status status = read_operation(cut(&rest, ':'), &read, message);
    if (!status)
        status = read_shape(cut(&rest, ','), "input", &read.input_rank, read.input_shape, message);
    if (!status)
        status =
            read_shape(cut(&rest, ','), "weight", &read.weight_rank, read.weight_shape, message);
    while (!status && rest.at)
        status = read_option(cut(&rest, ','), seen, &read, message);
    if (!read.weight_dtype)
        read.weight_dtype = read.dtype;
    if (!status)
        *problem = read;
    return status;
}
