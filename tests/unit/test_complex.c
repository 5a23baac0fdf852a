// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of complex numbers and their gradients against sums over products of their parts,
// which are small integers, so that every sum is exact.
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

static const faltung_dtype dtypes[] = {FALTUNG_C64, FALTUNG_C128};

// The parts of complex operands: real ones, of which any may be paired. All arrays of `o` are
// filled, the output, too: for gradients it is an operand.
typedef struct parts {
    operands o;
    operands part[2];
} parts;

static void take_part(const array *from, array *to, int part)
{
    for (int64_t i = 0; i < to->count; i++)
        array_set(to, i, array_get(from, 2 * i + part));
}

static void make(parts *p, const sample *s, faltung_dtype dtype, prng *random)
{
    operands_make(&p->o, s, dtype);
    operands_fill_integers(&p->o, random, 5);
    array_fill_integers(&p->o.output, random, -5, 5);
    for (int i = 0; i < 2; i++) {
        operands_make(&p->part[i], s, FALTUNG_F64);
        take_part(&p->o.input, &p->part[i].input, i);
        take_part(&p->o.weight, &p->part[i].weight, i);
        take_part(&p->o.bias, &p->part[i].bias, i);
        take_part(&p->o.output, &p->part[i].output, i);
    }
}

static void destroy(parts *p)
{
    operands_free(&p->o);
    operands_free(&p->part[0]);
    operands_free(&p->part[1]);
}

static void assert_part(const array *found, int part, int64_t i, long double expected)
{
    if (array_get(found, 2 * i + part) != (double)expected)
        fail_msg("part %d of %d is %g, not %Lg", part, (int)i, array_get(found, 2 * i + part),
                 expected);
}

// (a + bi)(c + di) = (ac - bd) + (ad + bc)i
static void products_are_not_conjugated(void **state)
{
    (void)state;
    prng random = {80};
    for (int i = 0; i < 400; i++) {
        faltung_message message = {""};
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        if (i % 7 == 0) { // more channels than tiles have
            s.channels_in = s.groups * random_between(&random, 1, 20);
            s.channels_out = s.groups * random_between(&random, 1, 40);
        }
        parts p;
        oracle_sum *sum[2][2];
        make(&p, &s, dtypes[i / 6 % 2], &random);
        for (int a = 0; a < 2; a++)
            for (int b = 0; b < 2; b++) {
                operands pair = p.part[0];
                pair.input = p.part[a].input;
                pair.weight = p.part[b].weight;
                sum[a][b] = oracle_convolve(&s, &pair, false);
            }
        bool with_bias = i / 12 % 2;
        faltung_conv conv = sample_conv(&s);
        array_fill_bytes(&p.o.output, 0xff);
        assert_ok(faltung_convolve(&conv, &p.o.input.tensor, &p.o.weight.tensor,
                                   with_bias ? &p.o.bias.tensor : NULL, &p.o.output.tensor,
                                   &message),
                  &message);
        int64_t outputs = s.output[0] * s.output[1] * s.output[2];
        for (int64_t k = 0; k < p.o.output.count; k++) {
            int64_t channel = k / outputs % s.channels_out;
            long double re = sum[0][0][k].value - sum[1][1][k].value;
            long double im = sum[0][1][k].value + sum[1][0][k].value;
            assert_part(&p.o.output, 0, k,
                        re + (with_bias ? array_get(&p.part[0].bias, channel) : 0));
            assert_part(&p.o.output, 1, k,
                        im + (with_bias ? array_get(&p.part[1].bias, channel) : 0));
        }
        for (int a = 0; a < 4; a++)
            free(sum[a / 2][a % 2]);
        destroy(&p);
    }
}

static faltung_operation operation_of(bool transposed, bool of_weight)
{
    if (of_weight)
        return transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT;
    return transposed ? FALTUNG_CONV_TRANSPOSE_INPUT : FALTUNG_CONV_INPUT;
}

static faltung_conv gradient_of(const sample *s, bool of_weight)
{
    faltung_conv conv = sample_conv(s);
    conv.operation = operation_of(s->transposed, of_weight);
    memset(conv.output_padding, 0, sizeof conv.output_padding);
    conv.has_output_size = true;
    for (int a = 0; a < s->axes; a++) {
        const faltung_axis *axis = &s->axis[3 - s->axes + a];
        conv.output_size[a] = of_weight ? axis->kernel : axis->input;
    }
    return conv;
}

// (a - bi)(c + di) = (ac + bd) + (ad - bc)i, a + bi being what the gradient depends on.
static void gradients_depend_on_the_conjugate(void **state)
{
    (void)state;
    prng random = {81};
    for (int i = 0; i < 400; i++) {
        faltung_message message = {""};
        const bool of_weight = i / 6 % 2;
        sample s;
        do // of a dilated input there are none
            s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        while (sample_is_dilated(&s));
        parts p;
        oracle_sum *sum[2][2];
        array result;
        make(&p, &s, dtypes[i / 12 % 2], &random);
        for (int a = 0; a < 2; a++)
            for (int b = 0; b < 2; b++) {
                operands pair = p.part[a]; // input and weight
                pair.output = p.part[b].output;
                sum[a][b] = oracle_gradient(&s, &pair, of_weight);
            }
        const array *like = of_weight ? &p.o.weight : &p.o.input;
        array_make(&result, like->tensor.dtype, like->tensor.rank, like->shape);
        array_fill_bytes(&result, 0xff);
        faltung_conv conv = gradient_of(&s, of_weight);
        assert_ok(faltung_convolve(&conv, of_weight ? &p.o.input.tensor : &p.o.output.tensor,
                                   of_weight ? &p.o.output.tensor : &p.o.weight.tensor, NULL,
                                   &result.tensor, &message),
                  &message);
        for (int64_t k = 0; k < result.count; k++) {
            assert_part(&result, 0, k, sum[0][0][k].value + sum[1][1][k].value);
            assert_part(&result, 1, k, sum[0][1][k].value - sum[1][0][k].value);
        }
        for (int a = 0; a < 4; a++)
            free(sum[a / 2][a % 2]);
        array_free(&result);
        destroy(&p);
    }
}

static void a_bias_gradient_is_that_of_the_parts(void **state)
{
    (void)state;
    prng random = {83};
    const int64_t shape[] = {3, 5, 7, 4}, channels = 5;
    for (int i = 0; i < 2; i++) {
        const faltung_conv conv = FALTUNG_CONV2D;
        faltung_message message = {""};
        array grad, bias;
        double expected[10] = {0};
        array_make(&grad, dtypes[i], 4, shape);
        array_make(&bias, dtypes[i], 1, &channels);
        array_fill_integers(&grad, &random, -9, 9);
        for (int64_t k = 0; k < 2 * grad.count; k++)
            expected[k / 2 / 28 % 5 * 2 + k % 2] += array_get(&grad, k);
        assert_ok(faltung_bias_gradient(&conv, &grad.tensor, &bias.tensor, &message), &message);
        for (int64_t k = 0; k < 10; k++)
            assert_true(array_get(&bias, k) == expected[k]);
        array_free(&grad);
        array_free(&bias);
    }
}

static void plans_and_parts_give_the_same_bits(void **state)
{
    (void)state;
    prng random = {82};
    for (int i = 0; i < 150; i++) {
        faltung_message message = {""};
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        if (s.batch == 0)
            continue;
        parts p;
        array again;
        faltung_plan *plan = NULL;
        make(&p, &s, dtypes[i / 6 % 2], &random);
        operands_fill_reals(&p.o, &random);
        faltung_conv conv = sample_conv(&s);
        assert_ok(faltung_convolve(&conv, &p.o.input.tensor, &p.o.weight.tensor, &p.o.bias.tensor,
                                   &p.o.output.tensor, &message),
                  &message);
        array_make(&again, p.o.output.tensor.dtype, p.o.output.tensor.rank, p.o.output.shape);
        assert_ok(faltung_plan_create(&conv, &p.o.input.tensor, &p.o.weight.tensor,
                                      &p.o.bias.tensor, &plan, &message),
                  &message);
        array_fill_bytes(&again, 0xff);
        assert_ok(faltung_plan_run(plan, &p.o.input.tensor, &again.tensor, NULL, &message),
                  &message);
        assert_true(array_same_bits(&again, &p.o.output));

        array_fill_bytes(&again, 0xff);
        for (int half = 0; half < 2; half++) { // of the rows, or whatever the last axis but one is
            faltung_part part = {{0}, {0}};
            int rank = again.tensor.rank, axis = rank - (s.axes > 1 ? 2 : 1);
            memcpy(part.end, again.shape, (size_t)rank * sizeof *part.end);
            int64_t middle = again.shape[axis] / 2;
            *(half ? &part.begin[axis] : &part.end[axis]) = middle;
            assert_ok(faltung_plan_run_part(plan, &p.o.input.tensor, &again.tensor, &part, NULL,
                                            &message),
                      &message);
        }
        assert_true(array_same_bits(&again, &p.o.output));
        faltung_plan_destroy(plan);
        array_free(&again);
        destroy(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_not_conjugated),
        cmocka_unit_test(gradients_depend_on_the_conjugate),
        cmocka_unit_test(a_bias_gradient_is_that_of_the_parts),
        cmocka_unit_test(plans_and_parts_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
