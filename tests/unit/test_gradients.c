// SPDX-License-Identifier: Apache-2.0
//
// Gradients with respect to input and weight, by calls and by plans, against sums over products.
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// One gradient of a random convolution: what it is computed of, and where to.
typedef struct gradient {
    sample s;
    operands o;
    faltung_conv conv;
    bool of_weight;
    const faltung_tensor *first, *second;
    array result;
    oracle_sum *sums;
} gradient;

static faltung_operation operation_of(bool transposed, bool of_weight)
{
    if (of_weight)
        return transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT;
    return transposed ? FALTUNG_CONV_TRANSPOSE_INPUT : FALTUNG_CONV_INPUT;
}

static void set_up(gradient *g, prng *random, int i, faltung_dtype dtype, bool of_weight)
{
    do // of a dilated input there are none
        g->s = sample_random(random, i % 2, i / 2 % 3 + 1);
    while (sample_is_dilated(&g->s));
    if (i % 5 == 0) { // more channels than tiles have
        g->s.channels_in = g->s.groups * random_between(random, 1, 40);
        g->s.channels_out = g->s.groups * random_between(random, 1, 40);
    }
    g->conv = sample_conv(&g->s);
    g->of_weight = of_weight;
    operands_make(&g->o, &g->s, dtype);
    g->conv.operation = operation_of(g->s.transposed, of_weight);
    memset(g->conv.output_padding, 0, sizeof g->conv.output_padding);
    g->conv.has_output_size = true;
    for (int a = 0; a < g->s.axes; a++) {
        const faltung_axis *axis = &g->s.axis[3 - g->s.axes + a];
        g->conv.output_size[a] = of_weight ? axis->kernel : axis->input;
    }
    g->first = of_weight ? &g->o.input.tensor : &g->o.output.tensor;
    g->second = of_weight ? &g->o.output.tensor : &g->o.weight.tensor;
    const array *like = of_weight ? &g->o.weight : &g->o.input;
    array_make(&g->result, dtype, like->tensor.rank, like->shape);
    array_fill_bytes(&g->result, 0xff);
}

static void tear_down(gradient *g)
{
    free(g->sums);
    array_free(&g->result);
    operands_free(&g->o);
}

static void fill_integers(gradient *g, prng *random)
{
    operands_fill_integers(&g->o, random, 8);
    array_fill_integers(&g->o.output, random, -8, 8);
    g->sums = oracle_gradient(&g->s, &g->o, g->of_weight);
}

static void fill_reals(gradient *g, prng *random)
{
    operands_fill_reals(&g->o, random);
    array_fill_reals(&g->o.output, random);
    g->sums = oracle_gradient(&g->s, &g->o, g->of_weight);
}

static void compute(gradient *g)
{
    faltung_message message = {""};
    int64_t shape[FALTUNG_MAX_AXES + 2];
    assert_ok(faltung_output_shape(&g->conv, g->first, g->second, shape, &message), &message);
    assert_memory_equal(shape, g->result.shape, (size_t)g->result.tensor.rank * sizeof *shape);
    assert_ok(faltung_convolve(&g->conv, g->first, g->second, NULL, &g->result.tensor, &message),
              &message);
}

static void assert_exact(const gradient *g)
{
    for (int64_t i = 0; i < g->result.count; i++)
        assert_true(array_get(&g->result, i) == (double)g->sums[i].value);
}

static void gradients_of_integers_are_exact(void **state)
{
    (void)state;
    prng random = {60};
    static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64};
    for (int i = 0; i < 480; i++) {
        gradient g;
        set_up(&g, &random, i, dtypes[i / 12 % 2], i / 6 % 2);
        fill_integers(&g, &random);
        compute(&g);
        assert_exact(&g);
        tear_down(&g);
    }
}

static void gradients_of_reals_are_within_the_bound(void **state)
{
    (void)state;
    prng random = {61};
    static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64, FALTUNG_F16, FALTUNG_BF16};
    static const double units[] = {0x1p-24, 0x1p-53, 0x1p-24, 0x1p-24};
    static const double stored[] = {0, 0, 0x1p-11, 0x1p-8};
    for (int i = 0; i < 480; i++) {
        gradient g;
        int type = i / 12 % 4;
        set_up(&g, &random, i, dtypes[type], i / 6 % 2);
        fill_reals(&g, &random);
        compute(&g);
        for (int64_t e = 0; e < g.result.count; e++) {
            const oracle_sum *sum = &g.sums[e];
            double error = fabs((double)(array_get(&g.result, e) - sum->value));
            double bound = 2 * (double)sum->terms * units[type] * (double)sum->magnitude;
            if (stored[type] > 0) // rounded once more, to normal or subnormal numbers
                bound += stored[type] * (double)fabsl(sum->value) + 0x1p-25;
            assert_true(error <= bound);
        }
        tear_down(&g);
    }
}

// Computes it by a plan, into an output that was never written.
static void compute_by_plan(gradient *g, void *workspace, const faltung_plan *plan)
{
    faltung_message message = {""};
    array_fill_bytes(&g->result, 0xff);
    if (g->of_weight)
        assert_ok(faltung_plan_run_weight(plan, g->first, g->second, &g->result.tensor, workspace,
                                          &message),
                  &message);
    else
        assert_ok(faltung_plan_run(plan, g->first, &g->result.tensor, workspace, &message),
                  &message);
}

static void plans_compute_gradients_again_and_again(void **state)
{
    (void)state;
    prng random = {62};
    for (int i = 0; i < 120; i++) {
        gradient g;
        faltung_message message = {""};
        faltung_plan *plan = NULL;
        set_up(&g, &random, i, FALTUNG_F32, i / 6 % 2);
        fill_integers(&g, &random);
        assert_ok(faltung_plan_create(&g.conv, g.first, g.second, NULL, &plan, &message), &message);
        size_t bytes = faltung_plan_workspace(plan);
        void *workspace = NULL;
        assert_int_equal(posix_memalign(&workspace, 64, bytes + 64), 0);
        memset(workspace, 0xff, bytes + 64);
        compute_by_plan(&g, NULL, plan);
        assert_exact(&g);
        compute_by_plan(&g, workspace, plan);
        assert_exact(&g);
        if (g.of_weight) { // both operands may change
            free(g.sums);
            fill_integers(&g, &random);
            compute_by_plan(&g, workspace, plan);
            assert_exact(&g);
        }
        for (size_t b = bytes; b < bytes + 64; b++)
            assert_int_equal(((unsigned char *)workspace)[b], 0xff);
        free(workspace);
        faltung_plan_destroy(plan);
        tear_down(&g);
    }
}

// A depthwise convolution's, and one of few channels, over pictures of several chunks.
static sample few_channels(prng *random, int i)
{
    static const int64_t heights[] = {5, 60, 300, 70}, widths[] = {7, 45, 130, 16};
    sample s = sample_make(i / 4 % 2, 2);
    s.batch = i % 3 + 1;
    s.groups = i % 2 ? 5 : 1;
    s.channels_in = s.groups * random_between(random, 1, i % 2 ? 1 : 4);
    s.channels_out = s.groups * random_between(random, 1, i % 2 ? 2 : 3);
    do
        for (int a = 0; a < 2; a++) {
            faltung_axis *axis = sample_axis(&s, a);
            axis->input = a ? widths[i % 4] : heights[i % 4];
            axis->kernel = random_between(random, 1, 6);
            axis->stride = random_between(random, 1, s.transposed ? 2 : 3);
            axis->dilation = random_between(random, 1, 2);
            axis->padding.begin = random_between(random, -1, 3);
            axis->padding.end = random_between(random, -1, 3);
        }
    while (!sample_measure(&s));
    return s;
}

static void set_up_weight(gradient *g, const sample *s, faltung_dtype dtype)
{
    *g = (gradient){.s = *s, .conv = sample_conv(s), .of_weight = true};
    operands_make(&g->o, s, dtype);
    g->conv.operation = operation_of(s->transposed, true);
    g->conv.has_output_size = true;
    for (int a = 0; a < s->axes; a++)
        g->conv.output_size[a] = g->o.weight.shape[2 + a];
    g->first = &g->o.input.tensor;
    g->second = &g->o.output.tensor;
    array_make(&g->result, dtype, g->o.weight.tensor.rank, g->o.weight.shape);
    array_fill_bytes(&g->result, 0xff);
}

static void gradients_of_few_channels_are_exact(void **state)
{
    (void)state;
    prng random = {66};
    for (int i = 0; i < 64; i++) {
        gradient g;
        sample s = few_channels(&random, i);
        set_up_weight(&g, &s, i / 2 % 2 ? FALTUNG_F64 : FALTUNG_F32);
        fill_integers(&g, &random);
        compute(&g);
        assert_exact(&g);
        tear_down(&g);
    }
}

// What is not finite reaches those elements only that use it, whatever is computed beside them.
static void odd_numbers_reach_what_uses_them_only(void **state)
{
    (void)state;
    static const double odd[] = {INFINITY, -INFINITY, NAN, 1e38};
    prng random = {67};
    for (int i = 0; i < 64; i++) {
        gradient g;
        sample s = few_channels(&random, i % 2 ? i | 1 : i & ~3);
        set_up_weight(&g, &s, FALTUNG_F32);
        fill_integers(&g, &random);
        free(g.sums);
        array *picture = s.transposed ? &g.o.output : &g.o.input; // the other one meets a border
        array_set(picture, random_between(&random, 0, picture->count - 1), odd[i % 4]);
        array_set(picture, i % 3 ? 0 : picture->count - 1, odd[i / 4 % 4]);
        g.sums = oracle_gradient(&s, &g.o, true);
        compute(&g);
        for (int64_t e = 0; e < g.result.count; e++) {
            double got = array_get(&g.result, e), expected = (double)g.sums[e].value;
            double allowed = 1e-6 * (double)g.sums[e].magnitude;
            if (fabs(expected) > 3.4e38 && isfinite(expected))
                assert_true(!isfinite(got) || fabs(got) > 3e38);
            else if (isfinite(expected))
                assert_true(fabs(got - expected) <= allowed);
            else
                assert_true(isnan(expected) ? isnan(got) : got == expected);
        }
        tear_down(&g);
    }
}

// Padding by a rule is that of the convolution which the gradient is of.
static void same_padding_has_gradients(void **state)
{
    (void)state;
    const int64_t x_shape[] = {2, 3, 9, 10}, w_shape[] = {4, 3, 3, 4}, y_shape[] = {2, 4, 9, 10};
    prng random = {64};
    array x, w, y, by_rule, by_numbers;
    faltung_message message = {""};
    array_make(&x, FALTUNG_F32, 4, x_shape);
    array_make(&w, FALTUNG_F32, 4, w_shape);
    array_make(&y, FALTUNG_F32, 4, y_shape);
    array_fill_reals(&x, &random);
    array_fill_reals(&w, &random);
    array_fill_reals(&y, &random);
    for (int of_weight = 0; of_weight < 2; of_weight++) {
        faltung_conv conv = FALTUNG_DEFAULTS(operation_of(false, of_weight), 2);
        const array *first = of_weight ? &x : &y, *second = of_weight ? &y : &w;
        const array *like = of_weight ? &w : &x;
        conv.has_output_size = true;
        memcpy(conv.output_size, like->shape + 2, 2 * sizeof *conv.output_size);
        array_make(&by_rule, FALTUNG_F32, 4, like->shape);
        array_make(&by_numbers, FALTUNG_F32, 4, like->shape);
        conv.padding_rule = FALTUNG_PADDING_SAME;
        assert_ok(faltung_convolve(&conv, &first->tensor, &second->tensor, NULL, &by_rule.tensor,
                                   &message),
                  &message);
        conv.padding_rule = FALTUNG_PADDING_EXPLICIT;
        conv.padding[0] = (faltung_padding){1, 1};
        conv.padding[1] = (faltung_padding){1, 2};
        assert_ok(faltung_convolve(&conv, &first->tensor, &second->tensor, NULL, &by_numbers.tensor,
                                   &message),
                  &message);
        assert_true(array_same_bits(&by_rule, &by_numbers));
        array_free(&by_rule);
        array_free(&by_numbers);
    }
    array_free(&x);
    array_free(&w);
    array_free(&y);
}

// ------------------------------------------------------------------------------------------ plans

static void plans_are_run_by_their_kind(void **state)
{
    (void)state;
    prng random = {65};
    for (int of_weight = 0; of_weight < 2; of_weight++) {
        gradient g;
        faltung_message message = {""};
        faltung_plan *plan = NULL;
        set_up(&g, &random, 0, FALTUNG_F32, of_weight);
        fill_integers(&g, &random);
        assert_ok(faltung_plan_create(&g.conv, g.first, g.second, NULL, &plan, &message), &message);
        faltung_status status =
            of_weight ? faltung_plan_run(plan, g.first, &g.result.tensor, NULL, &message)
                      : faltung_plan_run_weight(plan, g.first, g.second, &g.result.tensor, NULL,
                                                &message);
        assert_refused(status, FALTUNG_ERROR_OPTION, &message, "faltung_plan_run_weight", NULL);
        faltung_tensor overlapping = g.result.tensor;
        overlapping.data = g.second->data;
        if (of_weight)
            assert_refused(
                faltung_plan_run_weight(plan, g.first, g.second, &overlapping, NULL, &message),
                FALTUNG_ERROR_OVERLAP, &message, "", NULL);
        faltung_plan_destroy(plan);
        tear_down(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_integers_are_exact),
        cmocka_unit_test(gradients_of_reals_are_within_the_bound),
        cmocka_unit_test(plans_compute_gradients_again_and_again),
        cmocka_unit_test(gradients_of_few_channels_are_exact),
        cmocka_unit_test(odd_numbers_reach_what_uses_them_only),
        cmocka_unit_test(same_padding_has_gradients),
        cmocka_unit_test(plans_are_run_by_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
