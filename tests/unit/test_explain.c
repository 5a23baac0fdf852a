// SPDX-License-Identifier: Apache-2.0
//
// Explanations say what happens: the shape, the padding that a rule came to, the work.
#include "oracle.h"
#include "request.h"

#include <math.h>
#include <string.h>

static void assert_explains(const sample *s, const operands *o, const faltung_explanation *e)
{
    assert_int_equal(e->rank, o->output.tensor.rank);
    for (int i = 0; i < e->rank; i++)
        assert_true(e->output_shape[i] == o->output.shape[i]);
    for (int i = 0; i < s->axes; i++) {
        const faltung_axis *axis = &s->axis[3 - s->axes + i];
        assert_true(e->padding[i].begin == axis->padding.begin);
        assert_true(e->padding[i].end == axis->padding.end);
        assert_true(e->output_padding[i] == axis->output_padding);
    }
    assert_in_range(e->algorithms, 1, FALTUNG_MAX_ALGORITHMS);
    assert_in_range(e->chosen, 0, e->algorithms - 1);
    for (int i = 0; i < e->algorithms; i++) {
        assert_true(e->algorithm[i] && e->algorithm[i][0]);
        assert_true(e->reason[i] && e->reason[i][0]);
    }
    double bytes = (double)(o->input.count + o->weight.count + o->output.count) *
                   (double)faltung_dtype_size(o->input.tensor.dtype);
    assert_true(e->bytes == bytes);
    for (int i = 0; i < e->rank; i++)
        assert_in_range(e->block[i], e->output_shape[i] > 0, e->output_shape[i]);
    assert_true(strlen(e->how) > 0 && !strchr(e->how, '\n'));
    assert_true(e->multiply_adds == 0 || e->bytes_moved > 0);
}

// Pairs of an output and an element of the kernel that meet no zero between elements of the input.
static int64_t count_pairs(const faltung_axis *axis, int64_t output)
{
    int64_t pairs = 0;
    for (int64_t y = 0; y < output; y++)
        for (int64_t k = 0; k < axis->kernel; k++)
            pairs += (y * axis->stride + k * axis->dilation - axis->padding.begin) %
                         axis->input_dilation ==
                     0;
    return pairs;
}

// Each output element of a forward convolution meets every weight of its channel, but for such
// zeros, each input element of a transposed one does.
static double multiply_adds(const sample *s)
{
    double channels = (double)s->channels_in * (double)(s->channels_out / s->groups);
    double products = channels * (double)(s->batch < 0 ? 1 : s->batch);
    for (int i = 0; i < 3; i++)
        products *= s->transposed ? (double)(s->axis[i].input * s->axis[i].kernel)
                                  : (double)count_pairs(&s->axis[i], s->output[i]);
    return products;
}

static void explanations_agree_with_what_happens(void **state)
{
    (void)state;
    prng random = {30};
    for (int i = 0; i < 300; i++) {
        faltung_message message = {""};
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        operands o;
        operands_make(&o, &s, i % 3 ? FALTUNG_F32 : FALTUNG_F64);
        const faltung_conv conv = sample_conv(&s);
        faltung_tensor input = o.input.tensor;
        faltung_tensor weight = o.weight.tensor;
        faltung_explanation asked;
        faltung_explanation planned;
        faltung_plan *plan = NULL;
        assert_ok(faltung_plan_create(&conv, &input, &weight, NULL, &plan, &message), &message);
        assert_ok(faltung_plan_explain(plan, &planned, &message), &message);
        input.data = weight.data = NULL;
        assert_ok(faltung_explain(&conv, &input, &weight, &asked, &message), &message);
        assert_explains(&s, &o, &asked);
        assert_explains(&s, &o, &planned);
        assert_true(fabs(asked.multiply_adds - multiply_adds(&s)) <= 1e-9 * asked.multiply_adds);
        assert_true(planned.multiply_adds == asked.multiply_adds);
        assert_int_equal(planned.chosen, asked.chosen);
        assert_true(planned.workspace_bytes == asked.workspace_bytes);
        assert_true(planned.workspace_bytes == faltung_plan_workspace(plan));
        assert_true(planned.packed_bytes == asked.packed_bytes);
        assert_true(planned.bytes_moved == asked.bytes_moved);
        assert_string_equal(planned.how, asked.how);
        assert_memory_equal(planned.block, asked.block, (size_t)asked.rank * sizeof *asked.block);
        faltung_plan_destroy(plan);
        operands_free(&o);
    }
}

static void rules_are_explained_as_numbers(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV2D;
    conv.padding_rule = FALTUNG_PADDING_SAME_UPPER;
    conv.stride[0] = 2;
    const dims x = DIMS(16, 3, 16, 16);
    const dims w = DIMS(10, 3, 3, 4);
    faltung_tensor input = {NULL, FALTUNG_F32, 4, x.size, NULL};
    faltung_tensor weight = {NULL, FALTUNG_F32, 4, w.size, NULL};
    faltung_explanation e;
    assert_int_equal(faltung_explain(&conv, &input, &weight, &e, NULL), FALTUNG_OK);
    assert_true(e.padding[0].begin == 0 && e.padding[0].end == 1);
    assert_true(e.padding[1].begin == 1 && e.padding[1].end == 2);
    assert_true(e.output_shape[2] == 8 && e.output_shape[3] == 16);
}

static void output_sizes_are_explained_as_output_padding(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV_TRANSPOSE1D;
    conv.stride[0] = 2;
    conv.padding[0] = (faltung_padding){1, 1};
    conv.has_output_size = true;
    conv.output_size[0] = 16;
    const dims x = DIMS(1, 8);
    const dims w = DIMS(1, 1, 3);
    faltung_tensor input = {NULL, FALTUNG_F32, 2, x.size, NULL};
    faltung_tensor weight = {NULL, FALTUNG_F32, 3, w.size, NULL};
    faltung_explanation e;
    assert_int_equal(faltung_explain(&conv, &input, &weight, &e, NULL), FALTUNG_OK);
    assert_int_equal(e.rank, 2);
    assert_true(e.output_padding[0] == 1 && e.output_shape[1] == 16);
}

// Found by fuzz/problem.c: blocks of as many planes as there are divided by none.
static void a_gradient_without_elements_is_explained_and_computed(void **state)
{
    (void)state;
    static const int64_t channels[][2] = {{0, 1}, {0, 40}}; // of input and output
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        const dims x = DIMS(2, channels[i][0], 2, 45), y = DIMS(2, channels[i][1], 1, 15);
        const dims w = DIMS(channels[i][1], channels[i][0], 2, 31);
        faltung_conv conv = FALTUNG_DEFAULTS(FALTUNG_CONV_WEIGHT, 2);
        conv.has_output_size = true;
        conv.output_size[0] = 2;
        conv.output_size[1] = 31;
        float number[2 * 40 * 15] = {0};
        const faltung_tensor input = {NULL, FALTUNG_F32, 4, x.size, NULL};
        const faltung_tensor grad = {number, FALTUNG_F32, 4, y.size, NULL};
        const faltung_tensor result = {NULL, FALTUNG_F32, 4, w.size, NULL};
        faltung_message message;
        faltung_explanation e;
        assert_ok(faltung_explain(&conv, &input, &grad, &e, &message), &message);
        assert_true(e.output_shape[1] == 0);
        assert_ok(faltung_convolve(&conv, &input, &grad, NULL, &result, &message), &message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explanations_agree_with_what_happens),
        cmocka_unit_test(rules_are_explained_as_numbers),
        cmocka_unit_test(output_sizes_are_explained_as_output_padding),
        cmocka_unit_test(a_gradient_without_elements_is_explained_and_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
