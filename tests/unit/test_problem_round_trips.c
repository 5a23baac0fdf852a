// SPDX-License-Identifier: Apache-2.0
//
// Problem strings: whatever is written is read again as the same, in any locale.
#include "support.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static int64_t any_number(prng *random)
{
    if (random_between(random, 0, 3))
        return random_between(random, 0, 3);
    return random_between(random, INT64_MIN, INT64_MAX);
}

static void fill(prng *random, int64_t *values, int count)
{
    while (count > 0)
        values[--count] = any_number(random);
}

// Any bits but those of a NaN.
static double any_real(prng *random)
{
    double value;
    do {
        uint64_t bits = random_bits(random);
        memcpy(&value, &bits, sizeof value);
    } while (isnan(value));
    return random_between(random, 0, 3) ? value : random_between(random, 0, 1) ? HUGE_VAL : -0.5;
}

static void choose_activation(prng *random, faltung_conv *conv)
{
    conv->activation = (faltung_activation)random_between(random, 0, FALTUNG_ACTIVATION_CLAMP);
    if (conv->activation == FALTUNG_ACTIVATION_LEAKY_RELU && random_between(random, 0, 3))
        conv->negative_slope = any_real(random);
    if (conv->activation == FALTUNG_ACTIVATION_CLAMP) {
        conv->clamp_min = any_real(random);
        conv->clamp_max = any_real(random);
    }
}

static faltung_problem any_problem(prng *random)
{
    faltung_problem p;
    memset(&p, 0, sizeof p);
    faltung_operation operation = (faltung_operation)random_between(random, 1, 6);
    p.conv = (faltung_conv)FALTUNG_DEFAULTS(operation, (int)random_between(random, 1, 3));
    int axes = p.conv.axes;
    p.dtype = (faltung_dtype)random_between(random, FALTUNG_F32, FALTUNG_C128);
    p.weight_dtype = (faltung_dtype)random_between(random, 0, FALTUNG_C128);
    p.layout = (faltung_layout)random_between(random, FALTUNG_NCHW, FALTUNG_NHWC);
    p.input_rank = axes + (int)random_between(random, 1, 2);
    p.weight_rank = axes + 2;
    for (int i = 0; i < p.input_rank; i++)
        p.input_shape[i] = random_between(random, 0, 300);
    for (int i = 0; i < p.weight_rank; i++)
        p.weight_shape[i] = random_between(random, 0, INT64_MAX);
    fill(random, p.conv.stride, axes);
    fill(random, p.conv.dilation, axes);
    fill(random, p.conv.input_dilation, axes);
    fill(random, p.conv.output_padding, axes);
    p.conv.groups = any_number(random);
    p.conv.has_output_size = random_between(random, 0, 1);
    if (p.conv.has_output_size)
        fill(random, p.conv.output_size, axes);
    p.conv.padding_rule = (faltung_padding_rule)random_between(random, 0, 5);
    for (int i = 0; i < axes && p.conv.padding_rule == FALTUNG_PADDING_EXPLICIT; i++)
        p.conv.padding[i] = (faltung_padding){any_number(random), any_number(random)};
    p.conv.padding_mode = (faltung_padding_mode)random_between(random, 0, FALTUNG_PADDING_CIRCULAR);
    p.conv.input_zero_point = (int)random_between(random, INT_MIN, INT_MAX);
    p.conv.weight_zero_point = (int)random_between(random, -1, 1);
    choose_activation(random, &p.conv);
    return p;
}

static void assert_same(const faltung_problem *a, const faltung_problem *b)
{
    size_t row = (size_t)a->conv.axes * sizeof(int64_t);
    assert_int_equal(a->conv.operation, b->conv.operation);
    assert_int_equal(a->conv.axes, b->conv.axes);
    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->input_rank, b->input_rank);
    assert_int_equal(a->weight_rank, b->weight_rank);
    assert_memory_equal(a->input_shape, b->input_shape, (size_t)a->input_rank * sizeof(int64_t));
    assert_memory_equal(a->weight_shape, b->weight_shape, (size_t)a->weight_rank * sizeof(int64_t));
    assert_memory_equal(a->conv.stride, b->conv.stride, row);
    assert_memory_equal(a->conv.dilation, b->conv.dilation, row);
    assert_int_equal(a->conv.padding_rule, b->conv.padding_rule);
    if (a->conv.padding_rule == FALTUNG_PADDING_EXPLICIT)
        assert_memory_equal(a->conv.padding, b->conv.padding, 2 * row);
    assert_memory_equal(a->conv.output_padding, b->conv.output_padding, row);
    assert_int_equal(a->conv.has_output_size, b->conv.has_output_size);
    if (a->conv.has_output_size)
        assert_memory_equal(a->conv.output_size, b->conv.output_size, row);
    assert_true(a->conv.groups == b->conv.groups);
    assert_int_equal(a->weight_dtype ? a->weight_dtype : a->dtype, b->weight_dtype);
    assert_int_equal(a->layout, b->layout);
    assert_memory_equal(a->conv.input_dilation, b->conv.input_dilation, row);
    assert_int_equal(a->conv.padding_mode, b->conv.padding_mode);
    assert_int_equal(a->conv.input_zero_point, b->conv.input_zero_point);
    assert_int_equal(a->conv.weight_zero_point, b->conv.weight_zero_point);
    assert_int_equal(a->conv.activation, b->conv.activation);
    assert_memory_equal(&a->conv.negative_slope, &b->conv.negative_slope, sizeof(double));
    assert_memory_equal(&a->conv.clamp_min, &b->conv.clamp_min, sizeof(double));
    assert_memory_equal(&a->conv.clamp_max, &b->conv.clamp_max, sizeof(double));
}

static faltung_problem parsed(const char *text)
{
    faltung_message message = {""};
    faltung_problem problem;
    assert_ok(faltung_problem_parse(text, &problem, &message), &message);
    return problem;
}

static void assert_survives(const faltung_problem *problem)
{
    faltung_message message = {""};
    char text[1024];
    assert_ok(faltung_problem_format(problem, text, sizeof text, &message), &message);
    faltung_problem again = parsed(text);
    assert_same(problem, &again);
}

static void any_problem_survives_being_written(void **state)
{
    (void)state;
    prng random = {31};
    for (int i = 0; i < 20000; i++) {
        faltung_problem problem = any_problem(&random);
        assert_survives(&problem);
    }
}

// A program that asks for its user's locale may get a comma for the point.
static void a_locale_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8"};
    static const char text[] = "conv1d:1x1x8,1x1x3,activation=clamp:-0.25:1.5";
    const char *found = NULL;
    for (size_t i = 0; i < COUNT_OF(names) && !found; i++)
        found = setlocale(LC_ALL, names[i]);
    if (!found || strcmp(localeconv()->decimal_point, ",") != 0) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
    prng random = {32};
    faltung_message message = {""};
    faltung_problem problem = parsed(text);
    char again[sizeof text];
    assert_true(problem.conv.clamp_min == -0.25 && problem.conv.clamp_max == 1.5);
    assert_ok(faltung_problem_format(&problem, again, sizeof again, &message), &message);
    assert_string_equal(again, text);
    for (int i = 0; i < 2000; i++) {
        problem = any_problem(&random);
        assert_survives(&problem);
    }
    assert_refused(
        faltung_problem_parse("conv1d:1x1x8,1x1x3,activation=leaky_relu:0,5", &problem, &message),
        FALTUNG_ERROR_PARSE, &message, "'5' is no option", NULL);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_problem_survives_being_written),
        cmocka_unit_test(a_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
