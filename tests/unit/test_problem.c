// SPDX-License-Identifier: Apache-2.0
//
// Problem strings: read, written at their shortest, refused where they are none, and laid out.
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHAPES     "conv2d:16x3x16x16,10x3x3x3"
#define TRANSPOSED "conv_transpose2d:1x4x8x8,4x2x3x3"

static faltung_problem parsed(const char *text)
{
    faltung_message message = {""};
    faltung_problem problem;
    memset(&problem, 0x55, sizeof problem);
    faltung_status status = faltung_problem_parse(text, &problem, &message);
    if (status)
        print_error("%s\n", text);
    assert_ok(status, &message);
    return problem;
}

static void assert_formats(const faltung_problem *problem, const char *expected)
{
    faltung_message message = {""};
    char text[512];
    assert_ok(faltung_problem_format(problem, text, sizeof text, &message), &message);
    assert_string_equal(text, expected);
}

// ---------------------------------------------------------------------------------------- reading

static void the_headers_example_is_read(void **state)
{
    (void)state;
    faltung_problem p =
        parsed("conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1:2+0,dilation=1,groups=1,dtype=f32");
    const int64_t input[] = {16, 3, 16, 16};
    const int64_t weight[] = {10, 3, 3, 3};
    assert_int_equal(p.conv.operation, FALTUNG_CONV);
    assert_int_equal(p.conv.axes, 2);
    assert_int_equal(p.dtype, FALTUNG_F32);
    assert_int_equal(p.input_rank, 4);
    assert_int_equal(p.weight_rank, 4);
    assert_memory_equal(p.input_shape, input, sizeof input);
    assert_memory_equal(p.weight_shape, weight, sizeof weight);
    assert_true(p.conv.stride[0] == 2 && p.conv.stride[1] == 2);
    assert_true(p.conv.dilation[0] == 1 && p.conv.dilation[1] == 1);
    assert_int_equal(p.conv.padding_rule, FALTUNG_PADDING_EXPLICIT);
    assert_true(p.conv.padding[0].begin == 1 && p.conv.padding[0].end == 2);
    assert_true(p.conv.padding[1].begin == 0 && p.conv.padding[1].end == 0);
    assert_true(p.conv.groups == 1);
}

static void what_is_left_out_is_pytorchs_default(void **state)
{
    (void)state;
    faltung_problem p = parsed("conv_transpose1d:4x8,4x2x3");
    const faltung_conv defaults = FALTUNG_CONV_TRANSPOSE1D;
    assert_int_equal(p.conv.operation, FALTUNG_CONV_TRANSPOSE);
    assert_int_equal(p.conv.axes, 1);
    assert_int_equal(p.dtype, FALTUNG_F32);
    assert_int_equal(p.input_rank, 2);
    assert_true(p.conv.stride[0] == 1 && p.conv.dilation[0] == 1 && p.conv.groups == 1);
    assert_true(p.conv.padding[0].begin == 0 && p.conv.padding[0].end == 0);
    assert_true(p.conv.output_padding[0] == 0);
    assert_false(p.conv.has_output_size);
    assert_int_equal(p.conv.padding_rule, defaults.padding_rule);
    assert_int_equal(p.conv.accuracy, defaults.accuracy);
    assert_int_equal(p.conv.threads, defaults.threads);
    assert_null(p.conv.allocator);
}

// Whether a problem can be computed is not for its reader to say.
static void only_the_form_is_checked(void **state)
{
    (void)state;
    faltung_problem p =
        parsed("conv1d:1x1x0,2x7x3,stride=0,dilation=-1,groups=-9223372036854775808,"
               "padding=9223372036854775807:-5,output_padding=3");
    assert_true(p.conv.stride[0] == 0 && p.conv.dilation[0] == -1);
    assert_true(p.conv.groups == INT64_MIN);
    assert_true(p.conv.padding[0].begin == INT64_MAX && p.conv.padding[0].end == -5);
    assert_true(p.conv.output_padding[0] == 3);
    assert_true(p.input_shape[2] == 0);
}

// ---------------------------------------------------------------------------------------- writing

static void strings_are_written_at_their_shortest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shortest;
    } cases[] = {
        {SHAPES, SHAPES},
        {SHAPES ",stride=1,padding=0,dilation=1,groups=1,dtype=f32", SHAPES},
        {SHAPES ",stride=1+1,padding=0:0+0,dilation=1+1", SHAPES},
        {SHAPES ",stride=2+2", SHAPES ",stride=2"},
        {SHAPES ",stride=2+1", SHAPES ",stride=2+1"},
        {SHAPES ",padding=1:1+1", SHAPES ",padding=1"},
        {SHAPES ",padding=1:2+1:2", SHAPES ",padding=1:2"},
        {SHAPES ",padding=1:2+0", SHAPES ",padding=1:2+0"},
        {SHAPES ",padding=0:0+2:2", SHAPES ",padding=0+2"},
        {SHAPES ",padding=valid", SHAPES ",padding=valid"},
        {SHAPES ",padding=same", SHAPES ",padding=same"},
        {SHAPES ",padding=same_upper", SHAPES ",padding=same_upper"},
        {SHAPES ",layout=nhwc,dtype=f64", SHAPES ",dtype=f64,layout=nhwc"},
        {SHAPES ",layout=nchw", SHAPES},
        {SHAPES ",padding=same_lower", SHAPES ",padding=same_lower"},
        {SHAPES ",padding=same_symmetric", SHAPES ",padding=same_symmetric"},
        {SHAPES ",groups=2,dtype=f64", SHAPES ",groups=2,dtype=f64"},
        {SHAPES ",dtype=f16,groups=02,stride=003", SHAPES ",stride=3,groups=2,dtype=f16"},
        {SHAPES ",groups=2,dilation=2+3,padding=1,stride=2",
         SHAPES ",stride=2,padding=1,dilation=2+3,groups=2"},
        {SHAPES ",padding=-1:-1", SHAPES ",padding=-1:-1"},
        {SHAPES ",padding=-1:2+3:-3", SHAPES ",padding=-1:2+3:-3"},
        {SHAPES ",padding_mode=zeros,input_dilation=1+1", SHAPES},
        {SHAPES ",input_dilation=2,dilation=3,padding_mode=reflect,padding=1",
         SHAPES ",padding=1,padding_mode=reflect,dilation=3,input_dilation=2"},
        {SHAPES ",input_dilation=2+1", SHAPES ",input_dilation=2+1"},
        {SHAPES ",activation=none", SHAPES},
        {SHAPES ",dtype=f64,activation=relu", SHAPES ",activation=relu,dtype=f64"},
        {SHAPES ",activation=leaky_relu:0.01", SHAPES ",activation=leaky_relu"},
        {SHAPES ",activation=leaky_relu:0.10000000000000001", SHAPES ",activation=leaky_relu:0.1"},
        {SHAPES ",activation=gelu_tanh", SHAPES ",activation=gelu_tanh"},
        {SHAPES ",activation=clamp:-1.50:2e3", SHAPES ",activation=clamp:-1.5:2000"},
        {SHAPES ",activation=clamp:0:inf", SHAPES ",activation=clamp:0:inf"},
        {TRANSPOSED ",output_padding=1+1,stride=2,output_size=17+18",
         TRANSPOSED ",stride=2,output_padding=1,output_size=17+18"},
        {TRANSPOSED ",output_padding=0,output_size=17", TRANSPOSED ",output_size=17"},
        {TRANSPOSED ",output_size=0", TRANSPOSED ",output_size=0"},
        {"conv1d:1x1x8,1x1x3,stride=-1", "conv1d:1x1x8,1x1x3,stride=-1"},
        {"conv1d:1x1x8,1x1x3,padding=-0", "conv1d:1x1x8,1x1x3"},
        {"conv3d:1x1x8x8x8,1x1x3x3x3,stride=1+1+2", "conv3d:1x1x8x8x8,1x1x3x3x3,stride=1+1+2"},
        {"conv3d:1x8x8x8,1x1x3x3x3,stride=2+2+2", "conv3d:1x8x8x8,1x1x3x3x3,stride=2"},
        {"conv_transpose3d:0x1x1x1x1,1x1x1x1x1", "conv_transpose3d:0x1x1x1x1,1x1x1x1x1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_problem problem = parsed(cases[i].text);
        assert_formats(&problem, cases[i].shortest);
    }
}

static void a_text_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    faltung_problem problem = parsed(TRANSPOSED ",stride=2,padding=1:2,output_padding=1");
    const char *whole = TRANSPOSED ",stride=2,padding=1:2,output_padding=1";
    for (size_t size = 0; size <= strlen(whole) + 1; size++) {
        faltung_message message = {""};
        char *text = malloc(size ? size : 1);
        assert_non_null(text);
        faltung_status status = faltung_problem_format(&problem, text, size, &message);
        if (size == strlen(whole) + 1)
            assert_string_equal(text, whole);
        else
            assert_refused(status, FALTUNG_ERROR_OVERFLOW, &message, "", NULL);
        free(text);
    }
}

static void problems_that_are_none_are_not_written(void **state)
{
    (void)state;
    faltung_message message = {""};
    const faltung_problem good = parsed(SHAPES);
    char text[512];
    faltung_problem bad = good;
    bad.conv.operation = (faltung_operation)7;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_OPTION,
                   &message, "operation", "7");
    bad = good;
    bad.conv.axes = 4;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_OPTION,
                   &message, "axes", "4");
    bad = good;
    bad.conv.padding_rule = (faltung_padding_rule)17;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_OPTION,
                   &message, "padding_rule", "17");
    bad = good;
    bad.conv.negative_slope = NAN;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_OPTION,
                   &message, "negative_slope=nan", NULL);
    bad = good;
    bad.input_rank = 6;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_RANK,
                   &message, "input", "6");
    bad = good;
    bad.weight_rank = -1;
    assert_refused(faltung_problem_format(&bad, text, sizeof text, &message), FALTUNG_ERROR_RANK,
                   &message, "weight", "-1");
}

// --------------------------------------------------------------------------------------- refusing

static void malformed_strings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *part; // which the message names
    } cases[] = {
        {"", ""},
        {"conv2d", "input"},
        {"conv2d:", ""},
        {":1x1x4x4,1x1x3x3", ""},
        {"conv:1x1x4x4,1x1x3x3", "conv"},
        {"conv0d:1x1x4x4,1x1x3x3", "conv0d"},
        {"conv4d:1x1x4x4,1x1x3x3", "conv4d"},
        {"Conv2d:1x1x4x4,1x1x3x3", "Conv2d"},
        {" conv2d:1x1x4x4,1x1x3x3", " conv2d"},
        {"conv2dx:1x1x4x4,1x1x3x3", "conv2dx"},
        {"conv_transposed2d:1x1x4x4,1x1x3x3", "conv_transposed2d"},
        {"conv2d_bias:1x1x4x4,1x1x3x3", "conv2d_bias"},
        {"conv_input2d:1x1x4x4,1x1x3x3", "conv_input2d"},
        {"conv2d_inputs:1x1x4x4,1x1x3x3", "conv2d_inputs"},
        {"conv2d:1x1x4x4,1x1x3x3,layout=chwn", "layout='chwn', allowed: nchw, nhwc"},
        {"conv2d:1x1x4x4", "weight"},
        {"conv2d:1x1x4x4,", ""},
        {"conv2d:,1x1x3x3", ""},
        {"conv2d:1x1x4x,1x1x3x3", "1x1x4x"},
        {"conv2d:1xx4x4,1x1x3x3", "1xx4x4"},
        {"conv2d:1x1x4x4 ,1x1x3x3", "1x1x4x4 "},
        {"conv2d:1x1x4x4, 1x1x3x3", " 1x1x3x3"},
        {"conv2d:1x1x4x4;1x1x3x3", "1x1x4x4;1x1x3x3"},
        {"conv2d:1x1x4x4,1x1x3x3x3x3", "1x1x3x3x3x3"},
        {"conv2d:1x1x4x4x4x4,1x1x3x3", "1x1x4x4x4x4"},
        {"conv2d:1x1x4x4.0,1x1x3x3", "4.0"},
        {"conv2d:1x1x9223372036854775808x4,1x1x3x3", "9223372036854775808"},
        {"conv2d:1x1x99999999999999999999999x4,1x1x3x3", "99999999999999999999999"},
        {SHAPES ",", ""},
        {SHAPES ",,stride=1", ""},
        {SHAPES ",stride", "stride"},
        {SHAPES ",stride=", "stride"},
        {SHAPES ",=2", "=2"},
        {SHAPES ",stride=a", "a"},
        {SHAPES ",stride=1.5", "1.5"},
        {SHAPES ",stride=0x2", "0x2"},
        {SHAPES ",stride=1e3", "1e3"},
        {SHAPES ",stride=--1", "--1"},
        {SHAPES ",stride=-", "stride"},
        {SHAPES ",stride= 1", " 1"},
        {SHAPES ",stride=1 ", "1 "},
        {SHAPES ",stride=1\n", "1?"}, // a message is one line
        {SHAPES ",stride=1+", "1+"},
        {SHAPES ",stride=+1", "+1"},
        {SHAPES ",stride=1+2+3", "1+2+3"},
        {SHAPES ",stride=1:2", "1:2"},
        {SHAPES ",stride=same", "same"},
        {SHAPES ",stride=9223372036854775808", "9223372036854775808"},
        {SHAPES ",stride=-9223372036854775809", "-9223372036854775809"},
        {SHAPES ",stride=1,stride=1", "stride"},
        {SHAPES ",padding=1,dtype=f32,padding=same", "padding"},
        {SHAPES ",padding=samee", "samee"},
        {SHAPES ",padding=explicit", "explicit"},
        {SHAPES ",padding=SAME", "SAME"},
        {SHAPES ",padding=same+same", "same+same"},
        {SHAPES ",padding=1:2:3", "1:2:3"},
        {SHAPES ",padding=1:", "1:"},
        {SHAPES ",padding=:1", ":1"},
        {SHAPES ",padding=1+1+1", "1+1+1"},
        {SHAPES ",groups=1+1", "1+1"},
        {SHAPES ",padding=-1", "-1"},
        {SHAPES ",padding=1+-1", "1+-1"},
        {SHAPES ",padding_mode=Reflect", "Reflect"},
        {SHAPES ",padding_mode=", "padding_mode"},
        {SHAPES ",input_dilation=1:1", "1:1"},
        {SHAPES ",activation=", "activation"},
        {SHAPES ",activation=Relu", "Relu"},
        {SHAPES ",activation=relu:1", "relu:1"},
        {SHAPES ",activation=clamp", "clamp"},
        {SHAPES ",activation=clamp:1", "clamp:1"},
        {SHAPES ",activation=clamp::1", "clamp::1"},
        {SHAPES ",activation=clamp:0:nan", "clamp:0:nan"},
        {SHAPES ",activation=clamp:0:1:2", "clamp:0:1:2"},
        {SHAPES ",activation=leaky_relu:", "leaky_relu:"},
        {SHAPES ",activation=leaky_relu:0x1", "leaky_relu:0x1"},
        {SHAPES ",dtype=", "dtype"},
        {SHAPES ",dtype=f8", "f8"},
        {SHAPES ",dtype=float32", "float32"},
        {SHAPES ",dtype=f32+f32", "f32+f32"},
        {SHAPES ",strides=1", "strides"},
        {SHAPES ",Stride=1", "Stride"},
        {SHAPES ",foo=1", "foo"},
        {TRANSPOSED ",output_size=17+", "17+"},
        {TRANSPOSED ",output_size=17+17+17", "17+17+17"},
        {TRANSPOSED ",output_padding=same", "same"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        faltung_problem problem;
        faltung_status status = faltung_problem_parse(cases[i].text, &problem, &message);
        if (status != FALTUNG_ERROR_PARSE || !strstr(message.text, cases[i].part))
            print_error("\"%s\"\n", cases[i].text);
        assert_refused(status, FALTUNG_ERROR_PARSE, &message, cases[i].part, NULL);
    }
}

static void a_message_is_cut_where_it_would_not_fit(void **state)
{
    (void)state;
    static char text[100000];
    faltung_message message = {""};
    faltung_problem problem;
    memset(text, 'x', sizeof text - 1);
    faltung_status status = faltung_problem_parse(text, &problem, &message);
    assert_true(strlen(message.text) < sizeof message.text);
    assert_refused(status, FALTUNG_ERROR_PARSE, &message, "xxx", NULL);
}

// Cut short anywhere, or with any one character changed, a string is read or refused, and what is
// read is written and read again as the same.
static void damaged_strings_are_read_or_refused(void **state)
{
    (void)state;
    static const char whole[] =
        "conv_transpose2d:1x4x8x8,4x2x3x3,stride=2+1,padding=1:2+0,dilation=3,output_padding=1,"
        "output_size=17+18,groups=2,activation=clamp:-1:2,dtype=f64";
    static const char others[] = "019x+-:,=. a\t\xff";
    for (size_t at = 0; at < sizeof whole - 1; at++)
        for (size_t other = 0; other < sizeof others; other++) {
            char text[sizeof whole];
            char again[512];
            faltung_message message = {""};
            faltung_problem problem;
            memcpy(text, whole, sizeof whole);
            text[at] = others[other]; // the last is the zero that cuts it short
            faltung_status status = faltung_problem_parse(text, &problem, &message);
            if (status != FALTUNG_OK) {
                assert_refused(status, FALTUNG_ERROR_PARSE, &message, "", NULL);
                continue;
            }
            assert_ok(faltung_problem_format(&problem, again, sizeof again, &message), &message);
            problem = parsed(again);
            assert_formats(&problem, again);
        }
}

// ------------------------------------------------------------------------------------------ calls

static void assert_strides(const char *text, const int64_t *input, const int64_t *weight,
                           const int64_t *output)
{
    faltung_message message = {""};
    const faltung_problem problem = parsed(text);
    faltung_call call;
    assert_ok(faltung_problem_call(&problem, &call, &message), &message);
    assert_memory_equal(call.input_strides, input, (size_t)call.input_rank * sizeof *input);
    assert_memory_equal(call.weight_strides, weight, (size_t)call.weight_rank * sizeof *weight);
    assert_memory_equal(call.output_strides, output, (size_t)call.output_rank * sizeof *output);
}

// Only what is a picture has its channels last; nothing has no strides to speak of.
static void a_call_is_laid_out(void **state)
{
    (void)state;
#define STRIDES(...) ((const int64_t[]){__VA_ARGS__})
    assert_strides("conv2d:2x3x5x6,4x3x3x3", STRIDES(90, 30, 6, 1), STRIDES(27, 9, 3, 1),
                   STRIDES(48, 12, 4, 1));
    assert_strides("conv2d:2x3x5x6,4x3x3x3,layout=nhwc", STRIDES(90, 1, 18, 3),
                   STRIDES(27, 9, 3, 1), STRIDES(48, 1, 16, 4));
    assert_strides("conv2d_input:3x5x6,4x3x3x3,layout=nhwc", STRIDES(1, 16, 4),
                   STRIDES(27, 9, 3, 1), STRIDES(1, 18, 3));
    assert_strides("conv2d_weight:2x3x5x6,4x3x3x3,layout=nhwc", STRIDES(90, 1, 18, 3),
                   STRIDES(48, 1, 16, 4), STRIDES(27, 9, 3, 1));
    assert_strides("conv1d:0x3x9,4x3x3,layout=nhwc", STRIDES(0, 0, 0), STRIDES(9, 3, 1),
                   STRIDES(0, 0, 0));
#undef STRIDES
    faltung_message message = {""};
    faltung_problem problem = parsed(SHAPES);
    faltung_call call;
    problem.layout = (faltung_layout)2;
    assert_refused(faltung_problem_call(&problem, &call, &message), FALTUNG_ERROR_OPTION, &message,
                   "layout=2", NULL);
    assert_string_equal(faltung_layout_name(FALTUNG_NCHW), "nchw");
    assert_string_equal(faltung_layout_name(FALTUNG_NHWC), "nhwc");
    assert_string_equal(faltung_layout_name((faltung_layout)2), "unknown");
    assert_string_equal(faltung_layout_name((faltung_layout)-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_example_is_read),
        cmocka_unit_test(what_is_left_out_is_pytorchs_default),
        cmocka_unit_test(only_the_form_is_checked),
        cmocka_unit_test(strings_are_written_at_their_shortest),
        cmocka_unit_test(a_text_that_does_not_fit_is_refused),
        cmocka_unit_test(problems_that_are_none_are_not_written),
        cmocka_unit_test(malformed_strings_are_refused),
        cmocka_unit_test(a_message_is_cut_where_it_would_not_fit),
        cmocka_unit_test(damaged_strings_are_read_or_refused),
        cmocka_unit_test(a_call_is_laid_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
