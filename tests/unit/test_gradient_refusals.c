// SPDX-License-Identifier: Apache-2.0
//
// Gradients of what does not fit together are refused, with the operand's name and sizes.
#include "support.h"

typedef struct trio {
    faltung_conv conv;
    int64_t first[4], second[4];
} trio;

static void assert_refusal(const trio *t, faltung_status expected, const char *words)
{
    faltung_message message = {""};
    static const int64_t nowhere[4];
    float one = 1;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    const faltung_tensor a = {&one, FALTUNG_F32, 4, t->first, nowhere};
    const faltung_tensor b = {&one, FALTUNG_F32, 4, t->second, nowhere};
    faltung_plan *plan;
    assert_refused(faltung_output_shape(&t->conv, &a, &b, shape, &message), expected, &message,
                   words, NULL);
    assert_refused(faltung_plan_create(&t->conv, &a, &b, NULL, &plan, &message), expected, &message,
                   words, NULL);
}

static void row_14_shapes_that_do_not_fit_together(void **state)
{
    (void)state;
    const trio of_weight = {FALTUNG_DEFAULTS(FALTUNG_CONV_WEIGHT, 2), {2, 3, 8, 8}, {2, 4, 6, 6}};
    trio t = of_weight;
    assert_refusal(&t, FALTUNG_ERROR_OUTPUT_SIZE, "needs output_size");
    t.conv.has_output_size = true;
    t.conv.output_size[0] = t.conv.output_size[1] = 4;
    assert_refusal(&t, FALTUNG_ERROR_SHAPE,
                   "grad_output has size [2, 4, 6, 6], expected is [2, 4, 5, 5]");
    t.conv.output_size[0] = t.conv.output_size[1] = 3;
    t.second[0] = 1;
    assert_refusal(&t, FALTUNG_ERROR_SHAPE,
                   "grad_output has size [1, 4, 6, 6], expected is [2, 4, 6, 6]");
    t.second[0] = 2;
    t.conv.groups = 2;
    assert_refusal(&t, FALTUNG_ERROR_GROUPS, "groups=2 do not divide the 3 channels of input");
    t.conv.groups = 0;
    assert_refusal(&t, FALTUNG_ERROR_GROUPS, "groups=0");
    t.conv.groups = 1;
    t.conv.output_size[1] = 0;
    assert_refusal(&t, FALTUNG_ERROR_KERNEL, "");
    trio of_input = {FALTUNG_DEFAULTS(FALTUNG_CONV_INPUT, 2), {2, 4, 6, 6}, {4, 3, 3, 3}};
    of_input.conv.padding_rule = FALTUNG_PADDING_SAME;
    assert_refusal(&of_input, FALTUNG_ERROR_OUTPUT_SIZE, "padding='same' depends on");
    of_input.conv.padding_rule = FALTUNG_PADDING_EXPLICIT;
    of_input.conv.has_output_size = true;
    of_input.conv.output_size[0] = of_input.conv.output_size[1] = 9;
    assert_refusal(&of_input, FALTUNG_ERROR_OUTPUT_SIZE,
                   "as conv_transpose2d of grad_output: requested an output size");
    of_input.first[1] = 5;
    assert_refusal(&of_input, FALTUNG_ERROR_SHAPE, "weight of size [4, 3, 3, 3]");
    of_input.first[1] = 4;
    of_input.conv.operation = FALTUNG_CONV_TRANSPOSE_INPUT;
    of_input.second[1] = 4;
    of_input.conv.output_size[0] = 5;
    assert_refusal(&of_input, FALTUNG_ERROR_OUTPUT_SIZE,
                   "grad_output has 6 elements along spatial axis 0");
}

static void row_13_weight_gradient_of_another_size(void **state)
{
    (void)state;
    const int64_t sizes[][4] = {
        {4, 3, 3, 4}, {4, 3, 2, 3}, {4, 1, 3, 3}, {3, 4, 3, 3}, {4, 3, 3, 0}};
    static const int64_t nowhere[4], input_size[] = {2, 3, 8, 8}, grad_size[] = {2, 4, 6, 6};
    float one = 1;
    faltung_conv conv = FALTUNG_DEFAULTS(FALTUNG_CONV_WEIGHT, 2);
    const faltung_tensor input = {&one, FALTUNG_F32, 4, input_size, nowhere};
    const faltung_tensor grad = {&one, FALTUNG_F32, 4, grad_size, nowhere};
    conv.has_output_size = true;
    conv.output_size[0] = conv.output_size[1] = 3;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        faltung_message message = {""};
        array result;
        array_make(&result, FALTUNG_F32, 4, sizes[i]);
        assert_refused(faltung_convolve(&conv, &input, &grad, NULL, &result.tensor, &message),
                       FALTUNG_ERROR_SHAPE, &message, "expected is [4, 3, 3, 3]", NULL);
        array_free(&result);
    }
}

// Two pictures have to be of one kind.
static void pictures_that_do_not_match_are_refused(void **state)
{
    (void)state;
    static const int64_t size[] = {2, 3, 8, 8}, grad_size[] = {2, 3, 6, 6}, nowhere[4];
    static const struct {
        faltung_dtype input_type, grad_type;
        int input_rank, grad_rank;
        faltung_status status;
        const char *words;
    } cases[] = {
        {FALTUNG_F32, FALTUNG_F32, 2, 4, FALTUNG_ERROR_RANK,
         "input of size [2, 3], expected are 3"},
        {FALTUNG_F32, FALTUNG_F32, 4, 3, FALTUNG_ERROR_RANK,
         "grad_output of size [2, 3, 6], expected are 4 dimensions as of the input"},
        {FALTUNG_F32, FALTUNG_F64, 4, 4, FALTUNG_ERROR_DTYPE,
         "grad_output has type f64, the input f32"},
        {FALTUNG_I8, FALTUNG_I8, 4, 4, FALTUNG_ERROR_DTYPE, "have gradients, not i8"},
    };
    double numbers[1] = {0};
    faltung_conv conv = FALTUNG_DEFAULTS(FALTUNG_CONV_WEIGHT, 2);
    conv.has_output_size = true;
    conv.output_size[0] = conv.output_size[1] = 3;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        const faltung_tensor input = {numbers, cases[i].input_type, cases[i].input_rank, size,
                                      nowhere};
        const faltung_tensor grad = {numbers, cases[i].grad_type, cases[i].grad_rank, grad_size,
                                     nowhere};
        array result;
        array_make(&result, FALTUNG_F32, 4, (const int64_t[]){3, 3, 3, 3});
        assert_refused(faltung_convolve(&conv, &input, &grad, NULL, &result.tensor, &message),
                       cases[i].status, &message, cases[i].words, NULL);
        array_free(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_13_weight_gradient_of_another_size),
        cmocka_unit_test(row_14_shapes_that_do_not_fit_together),
        cmocka_unit_test(pictures_that_do_not_match_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
