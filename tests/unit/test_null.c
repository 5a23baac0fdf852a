// SPDX-License-Identifier: Apache-2.0
//
// Row 25 of what others broke on: NULL for every pointer of every function is refused where it is
// not said to be allowed, and the message says which it was.
#include "support.h"

#include <string.h>

// A convolution of (1, 1, 4) by (1, 1, 3) with everything that a call needs.
typedef struct fixture {
    faltung_conv conv;
    array input, weight, bias, output;
    faltung_plan *plan;
    faltung_message message;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    const int64_t sizes[] = {1, 1, 4};
    const int64_t kernel[] = {1, 1, 3};
    const int64_t result[] = {1, 1, 2};
    memset(&f, 0, sizeof f);
    f.conv = (faltung_conv)FALTUNG_CONV1D;
    array_make(&f.input, FALTUNG_F32, 3, sizes);
    array_make(&f.weight, FALTUNG_F32, 3, kernel);
    array_make(&f.bias, FALTUNG_F32, 1, sizes);
    array_make(&f.output, FALTUNG_F32, 3, result);
    *state = &f;
    return faltung_plan_create(&f.conv, &f.input.tensor, &f.weight.tensor, NULL, &f.plan, NULL);
}

static int tear_down(void **state)
{
    fixture *f = *state;
    faltung_plan_destroy(f->plan);
    array_free(&f->input);
    array_free(&f->weight);
    array_free(&f->bias);
    array_free(&f->output);
    return 0;
}

#define assert_null_refused(call, words)                                                           \
    assert_refused((call), FALTUNG_ERROR_NULL, &f->message, (words), NULL)

static void convolve_refuses_null(void **state)
{
    fixture *f = *state;
    const faltung_tensor *x = &f->input.tensor;
    const faltung_tensor *w = &f->weight.tensor;
    const faltung_tensor *b = &f->bias.tensor;
    const faltung_tensor *y = &f->output.tensor;
    assert_null_refused(faltung_convolve(NULL, x, w, b, y, &f->message), "conv");
    assert_null_refused(faltung_convolve(&f->conv, NULL, w, b, y, &f->message), "input");
    assert_null_refused(faltung_convolve(&f->conv, x, NULL, b, y, &f->message), "weight");
    assert_null_refused(faltung_convolve(&f->conv, x, w, b, NULL, &f->message), "output");
    assert_int_equal(faltung_convolve(&f->conv, x, w, NULL, y, NULL), FALTUNG_OK);
    assert_int_equal(faltung_convolve(NULL, NULL, NULL, NULL, NULL, NULL), FALTUNG_ERROR_NULL);
}

static void operands_without_data_or_shape_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"input", "weight", "bias", "output"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (int what = 0; what < 2; what++) {
            faltung_tensor t[] = {f->input.tensor, f->weight.tensor, f->bias.tensor,
                                  f->output.tensor};
            if (what)
                t[i].data = NULL;
            else
                t[i].shape = NULL;
            assert_null_refused(faltung_convolve(&f->conv, &t[0], &t[1], &t[2], &t[3], &f->message),
                                names[i]);
        }
}

static void shapes_and_explanations_refuse_null(void **state)
{
    fixture *f = *state;
    const faltung_tensor *x = &f->input.tensor;
    const faltung_tensor *w = &f->weight.tensor;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_explanation explanation;
    assert_null_refused(faltung_output_shape(NULL, x, w, shape, &f->message), "conv");
    assert_null_refused(faltung_output_shape(&f->conv, NULL, w, shape, &f->message), "input");
    assert_null_refused(faltung_output_shape(&f->conv, x, NULL, shape, &f->message), "weight");
    assert_null_refused(faltung_output_shape(&f->conv, x, w, NULL, &f->message), "shape");
    assert_null_refused(faltung_explain(NULL, x, w, &explanation, &f->message), "conv");
    assert_null_refused(faltung_explain(&f->conv, NULL, w, &explanation, &f->message), "input");
    assert_null_refused(faltung_explain(&f->conv, x, NULL, &explanation, &f->message), "weight");
    assert_null_refused(faltung_explain(&f->conv, x, w, NULL, &f->message), "explanation");
}

static void plans_refuse_null(void **state)
{
    fixture *f = *state;
    const faltung_tensor *x = &f->input.tensor;
    const faltung_tensor *w = &f->weight.tensor;
    const faltung_tensor *y = &f->output.tensor;
    faltung_plan *plan = f->plan;
    faltung_explanation explanation;
    assert_null_refused(faltung_plan_create(NULL, x, w, NULL, &plan, &f->message), "conv");
    assert_null(plan);
    assert_null_refused(faltung_plan_create(&f->conv, NULL, w, NULL, &plan, &f->message), "input");
    assert_null_refused(faltung_plan_create(&f->conv, x, NULL, NULL, &plan, &f->message), "weight");
    assert_null_refused(faltung_plan_create(&f->conv, x, w, NULL, NULL, &f->message), "plan");
    assert_null_refused(faltung_plan_run(NULL, x, y, NULL, &f->message), "plan");
    assert_null_refused(faltung_plan_run(f->plan, NULL, y, NULL, &f->message), "input");
    assert_null_refused(faltung_plan_run(f->plan, x, NULL, NULL, &f->message), "output");
    assert_null_refused(faltung_plan_explain(NULL, &explanation, &f->message), "plan");
    assert_null_refused(faltung_plan_explain(f->plan, NULL, &f->message), "explanation");
    faltung_plan_destroy(NULL);
}

// A plan copies the weight and the bias, and does not look at the input's data.
static void plans_need_the_data_that_they_copy(void **state)
{
    fixture *f = *state;
    faltung_tensor none[] = {f->input.tensor, f->weight.tensor, f->bias.tensor};
    for (int i = 0; i < 3; i++)
        none[i].data = NULL;
    faltung_plan *plan = NULL;
    assert_null_refused(
        faltung_plan_create(&f->conv, &f->input.tensor, &none[1], NULL, &plan, &f->message),
        "weight");
    assert_null_refused(faltung_plan_create(&f->conv, &f->input.tensor, &f->weight.tensor, &none[2],
                                            &plan, &f->message),
                        "bias");
    assert_ok(faltung_plan_create(&f->conv, &none[0], &f->weight.tensor, &f->bias.tensor, &plan,
                                  &f->message),
              &f->message);
    assert_null_refused(faltung_plan_run(plan, &none[0], &f->output.tensor, NULL, &f->message),
                        "input");
    faltung_plan_destroy(plan);
}

static void axes_refuse_null(void **state)
{
    fixture *f = *state;
    faltung_axis axis = FALTUNG_AXIS(8, 3);
    faltung_padding_interval interval;
    faltung_padding_limits limits;
    int64_t size;
    assert_null_refused(faltung_output_size(NULL, &size, &f->message), "axis");
    assert_null_refused(faltung_output_size(&axis, NULL, &f->message), "size");
    assert_null_refused(faltung_axis_set_padding(NULL, FALTUNG_PADDING_SAME, &f->message), "axis");
    assert_null_refused(faltung_find_padding_interval(NULL, &interval, &f->message), "axis");
    assert_null_refused(faltung_find_padding_interval(&axis, NULL, &f->message), "interval");
    assert_null_refused(faltung_find_padding_limits(NULL, &limits, &f->message), "axis");
    assert_null_refused(faltung_find_padding_limits(&axis, NULL, &f->message), "limits");
}

static void problems_refuse_null(void **state)
{
    fixture *f = *state;
    faltung_problem problem;
    char text[64];
    assert_null_refused(faltung_problem_parse(NULL, &problem, &f->message), "text");
    assert_null_refused(faltung_problem_parse("conv1d:1x1x4,1x1x3", NULL, &f->message), "problem");
    assert_int_equal(faltung_problem_parse("conv1d:1x1x4,1x1x3", &problem, NULL), FALTUNG_OK);
    assert_null_refused(faltung_problem_format(NULL, text, sizeof text, &f->message), "problem");
    assert_null_refused(faltung_problem_format(&problem, NULL, sizeof text, &f->message), "text");
}

// A statement of what was wrong is never worth a crash.
static void names_are_total(void **state)
{
    (void)state;
    assert_string_equal(faltung_status_name(FALTUNG_OK), "ok");
    assert_string_equal(faltung_status_name(FALTUNG_ERROR_STRIDE), "stride");
    assert_string_equal(faltung_status_name((faltung_status)-1), "unknown");
    assert_string_equal(faltung_status_name((faltung_status)(FALTUNG_ERROR_MEMORY + 1)), "unknown");
    for (int i = 0; i <= FALTUNG_ERROR_MEMORY; i++)
        assert_string_not_equal(faltung_status_name((faltung_status)i), "unknown");
    static const char *const rules[] = {"explicit",   "valid",      "same",
                                        "same_upper", "same_lower", "same_symmetric"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(faltung_padding_rule_name((faltung_padding_rule)i), rules[i]);
    assert_string_equal(faltung_padding_rule_name((faltung_padding_rule)6), "unknown");
    assert_string_equal(faltung_padding_rule_name((faltung_padding_rule)-1), "unknown");
    assert_string_equal(faltung_version(), "0.1.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(convolve_refuses_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(operands_without_data_or_shape_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(shapes_and_explanations_refuse_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plans_refuse_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plans_need_the_data_that_they_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(axes_refuse_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(problems_refuse_null, set_up, tear_down),
        cmocka_unit_test(names_are_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
