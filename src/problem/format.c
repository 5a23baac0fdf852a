// SPDX-License-Identifier: Apache-2.0
//
// The canonical problem string: what is default is left out, what is equal on all axes is said
// once.
#include "base/fail.h"
#include "problem/operations.h"
#include "problem/real.h"
#include "problem/validate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A text that grows as long as there is room; `length` counts on without.
typedef struct writer {
    char *text;
    size_t size;
    size_t length;
} writer;

__attribute__((format(printf, 2, 3))) static void put(writer *w, const char *format, ...)
{
    size_t room = w->length < w->size ? w->size - w->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(room ? w->text + w->length : NULL, room, format, arguments);
    va_end(arguments);
    w->length += (size_t)n;
}

static void put_shape(writer *w, char before, int rank, const int64_t *shape)
{
    for (int i = 0; i < rank; i++)
        put(w, "%c%" PRId64, i ? 'x' : before, shape[i]);
}

static bool all_equal(const int64_t *values, int count)
{
    for (int i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static void put_values(writer *w, const char *name, int axes, const int64_t *values)
{
    int count = all_equal(values, axes) ? 1 : axes;
    put(w, ",%s=%" PRId64, name, values[0]);
    for (int i = 1; i < count; i++)
        put(w, "+%" PRId64, values[i]);
}

static void put_option(writer *w, const char *name, int axes, const int64_t *values, int64_t usual)
{
    if (!all_equal(values, axes) || values[0] != usual)
        put_values(w, name, axes, values);
}

static void put_sides(writer *w, const char *before, faltung_padding p)
{
    put(w, "%s%" PRId64, before, p.begin);
    if (p.end != p.begin || p.begin < 0)
        put(w, ":%" PRId64, p.end);
}

static void put_padding(writer *w, const faltung_conv *conv)
{
    if (conv->padding_rule != FALTUNG_PADDING_EXPLICIT) {
        put(w, ",padding=%s", faltung_padding_rule_name(conv->padding_rule));
        return;
    }
    const faltung_padding *p = conv->padding;
    bool same = true, none = true;
    for (int i = 0; i < conv->axes; i++) {
        same = same && p[i].begin == p[0].begin && p[i].end == p[0].end;
        none = none && p[i].begin == 0 && p[i].end == 0;
    }
    for (int i = 0; !none && i < (same ? 1 : conv->axes); i++)
        put_sides(w, i ? "+" : ",padding=", p[i]);
}

static void put_real(writer *w, double value)
{
    char text[FAL_REAL_SIZE];
    fal_write_real(value, text);
    put(w, ":%s", text);
}

static void put_activation(writer *w, const faltung_conv *conv)
{
    const double usual_slope = 0.01;
    if (conv->activation == FALTUNG_ACTIVATION_NONE)
        return;
    put(w, ",activation=%s", faltung_activation_name(conv->activation));
    if (conv->activation == FALTUNG_ACTIVATION_LEAKY_RELU && conv->negative_slope != usual_slope)
        put_real(w, conv->negative_slope);
    if (conv->activation == FALTUNG_ACTIVATION_CLAMP) {
        put_real(w, conv->clamp_min);
        put_real(w, conv->clamp_max);
    }
}

static faltung_status check(const faltung_problem *problem, faltung_message *message)
{
    const faltung_conv *conv = &problem->conv;
    if (conv->axes < 1 || conv->axes > FALTUNG_MAX_AXES || !fal_find_operation(conv->operation) ||
        (unsigned)conv->padding_rule > FALTUNG_PADDING_SAME_SYMMETRIC ||
        (unsigned)conv->padding_mode > FALTUNG_PADDING_CIRCULAR ||
        (unsigned)conv->activation > FALTUNG_ACTIVATION_CLAMP ||
        !faltung_dtype_size(problem->dtype) ||
        (problem->weight_dtype && !faltung_dtype_size(problem->weight_dtype)) ||
        (unsigned)problem->layout > FALTUNG_NHWC)
        return fal_fail(message, FALTUNG_ERROR_OPTION,
                        "problem: operation=%d, axes=%d, padding_rule=%d, padding_mode=%d, "
                        "activation=%d, dtype=%d, weight_dtype=%d or layout=%d is none",
                        (int)conv->operation, conv->axes, (int)conv->padding_rule,
                        (int)conv->padding_mode, (int)conv->activation, (int)problem->dtype,
                        (int)problem->weight_dtype, (int)problem->layout);
    const int most = FALTUNG_MAX_AXES + 2;
    if (problem->input_rank < 1 || problem->input_rank > most || problem->weight_rank < 1 ||
        problem->weight_rank > most)
        return fal_fail(message, FALTUNG_ERROR_RANK,
                        "problem: input_rank=%d, weight_rank=%d, allowed are 1 to %d",
                        problem->input_rank, problem->weight_rank, most);
    return fal_validate_activation(conv, message);
}

faltung_status faltung_problem_format(const faltung_problem *problem, char *text, size_t size,
                                      faltung_message *message)
{
    if (!problem || (!text && size))
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", problem ? "text" : "problem");
    faltung_status status = check(problem, message);
    if (status)
        return status;
    const faltung_conv *conv = &problem->conv;
    writer w = {text, size, 0};
    const fal_operation *operation = fal_find_operation(conv->operation);
    put(&w, "%s%dd%s", operation->stem, conv->axes, operation->suffix);
    put_shape(&w, ':', problem->input_rank, problem->input_shape);
    put_shape(&w, ',', problem->weight_rank, problem->weight_shape);
    put_option(&w, "stride", conv->axes, conv->stride, 1);
    put_padding(&w, conv);
    if (conv->padding_mode != FALTUNG_PADDING_ZEROS)
        put(&w, ",padding_mode=%s", faltung_padding_mode_name(conv->padding_mode));
    put_option(&w, "dilation", conv->axes, conv->dilation, 1);
    put_option(&w, "input_dilation", conv->axes, conv->input_dilation, 1);
    put_option(&w, "output_padding", conv->axes, conv->output_padding, 0);
    if (conv->has_output_size)
        put_values(&w, "output_size", conv->axes, conv->output_size);
    put_option(&w, "groups", 1, &conv->groups, 1);
    put_activation(&w, conv);
    if (problem->dtype != FALTUNG_F32)
        put(&w, ",dtype=%s", faltung_dtype_name(problem->dtype));
    if (problem->weight_dtype && problem->weight_dtype != problem->dtype)
        put(&w, ",weight_dtype=%s", faltung_dtype_name(problem->weight_dtype));
    if (conv->input_zero_point)
        put(&w, ",input_zero_point=%d", conv->input_zero_point);
    if (conv->weight_zero_point)
        put(&w, ",weight_zero_point=%d", conv->weight_zero_point);
    if (problem->layout != FALTUNG_NCHW)
        put(&w, ",layout=%s", faltung_layout_name(problem->layout));
    if (w.length >= size)
        return fal_fail(message, FALTUNG_ERROR_OVERFLOW,
                        "problem: %zu bytes are needed, there are %zu", w.length + 1, size);
    return FALTUNG_OK;
}
