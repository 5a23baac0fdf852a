// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of small integers, whose sums are exact in every type and order, against the oracle.
#include "oracle.h"

#include <inttypes.h>
#include <stdlib.h>

static const faltung_dtype dtypes[] = {FALTUNG_F32,  FALTUNG_F64, FALTUNG_F16,
                                       FALTUNG_BF16, FALTUNG_I8,  FALTUNG_U8};

enum { DTYPES = COUNT_OF(dtypes) };

// The greatest absolute value that keeps every sum of a sample representable.
static int64_t limit_of(faltung_dtype dtype)
{
    return dtype == FALTUNG_BF16 ? 1 : dtype == FALTUNG_F16 ? 2 : 9;
}

static void describe(const sample *s, faltung_dtype dtype)
{
    print_error("%s%dd %s batch %" PRId64 " channels %" PRId64 " to %" PRId64 " groups %" PRId64
                "\n",
                s->transposed ? "conv_transpose" : "conv", s->axes, faltung_dtype_name(dtype),
                s->batch, s->channels_in, s->channels_out, s->groups);
    for (int i = 3 - s->axes; i < 3; i++) {
        const faltung_axis *a = &s->axis[i];
        print_error("  W %" PRId64 " K %" PRId64 " S %" PRId64 " D %" PRId64 " padding %" PRId64
                    ":%" PRId64 " output_padding %" PRId64 " output %" PRId64 "\n",
                    a->input, a->kernel, a->stride, a->dilation, a->padding.begin, a->padding.end,
                    a->output_padding, s->output[i]);
    }
}

static void assert_shape(const sample *s, const faltung_conv *conv, const operands *o)
{
    faltung_message message = {""};
    int64_t shape[FALTUNG_MAX_AXES + 2];
    assert_ok(faltung_output_shape(conv, &o->input.tensor, &o->weight.tensor, shape, &message),
              &message);
    for (int i = 0; i < o->output.tensor.rank; i++) {
        if (shape[i] != o->output.shape[i])
            describe(s, o->input.tensor.dtype);
        assert_true(shape[i] == o->output.shape[i]);
    }
}

static void assert_equals(const sample *s, const operands *o, const oracle_sum *expected)
{
    for (int64_t i = 0; i < o->output.count; i++) {
        if (array_get(&o->output, i) == (double)expected[i].value)
            continue;
        describe(s, o->input.tensor.dtype);
        fail_msg("output %" PRId64 " is %g, not %Lg", i, array_get(&o->output, i),
                 expected[i].value);
    }
}

// Convolves integers with and without a bias.
static void check_exact(const sample *s, faltung_dtype dtype, faltung_accuracy accuracy,
                        prng *random)
{
    faltung_message message = {""};
    operands o;
    operands_make(&o, s, dtype);
    operands_fill_integers(&o, random, limit_of(dtype));
    faltung_conv conv = sample_conv(s);
    conv.accuracy = accuracy;
    assert_shape(s, &conv, &o);
    for (int with_bias = 0; with_bias < 2; with_bias++) {
        oracle_sum *expected = oracle_convolve(s, &o, with_bias);
        array_fill_bytes(&o.output, 0xff);
        faltung_status status =
            faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor,
                             with_bias ? &o.bias.tensor : NULL, &o.output.tensor, &message);
        if (status)
            describe(s, dtype);
        assert_ok(status, &message);
        assert_equals(s, &o, expected);
        free(expected);
    }
    operands_free(&o);
}

// --------------------------------------------------------------------------------------- sweeps

// Channels in, out and groups, which go round through the sweep.
static const int channels[][3] = {{1, 1, 1}, {2, 3, 1}, {4, 2, 2}, {3, 6, 3}, {4, 4, 4}, {3, 1, 1}};

// The i-th sample of a sweep over one axis whose ranges are walked like the digits of a number.
static sample swept_sample(int i)
{
    sample s = sample_make(i % 2, 1);
    faltung_axis *axis = sample_axis(&s, 0);
    const int *c = channels[i % COUNT_OF(channels)];
    s.channels_in = c[0], s.channels_out = c[1], s.groups = c[2];
    s.batch = i % 5 - 1;
    i /= 2;
    axis->input = i % 6 + 1, i /= 6;
    axis->kernel = i % 4 + 1, i /= 4;
    axis->stride = i % 3 + 1, i /= 3;
    axis->dilation = i % 3 + 1, i /= 3;
    axis->padding.begin = i % 3, i /= 3;
    axis->padding.end = i % 3, i /= 3;
    axis->output_padding = s.transposed ? i : 0;
    return s;
}

static void every_small_axis_is_exact(void **state)
{
    (void)state;
    prng random = {2};
    int done = 0;
    for (int i = 0; i < 2 * 6 * 4 * 3 * 3 * 3 * 3 * 3; i++) {
        sample s = swept_sample(i);
        const faltung_axis *axis = sample_axis(&s, 0);
        bool allowed = axis->output_padding < axis->stride || axis->output_padding < axis->dilation;
        if (!allowed || !sample_measure(&s))
            continue;
        check_exact(&s, dtypes[i / 7 % DTYPES], i / 11 % 2, &random);
        done++;
    }
    print_message("%d convolutions over one axis\n", done);
    assert_true(done > 8000);
}

static void random_convolutions_are_exact(void **state)
{
    (void)state;
    prng random = {3};
    for (int i = 0; i < 2 * 3 * DTYPES * 150; i++) {
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        check_exact(&s, dtypes[i / 6 % DTYPES], i / 36 % 2, &random);
    }
}

static void large_kernels_and_paddings_are_exact(void **state)
{
    (void)state;
    prng random = {4};
    for (int i = 0; i < 60; i++) {
        sample s = sample_make(i % 2, 2);
        s.channels_in = s.channels_out = 2;
        for (int a = 0; a < 2; a++) {
            faltung_axis *axis = sample_axis(&s, a);
            axis->input = random_between(&random, 1, 9);
            axis->kernel = random_between(&random, 11, 18);
            axis->padding.begin = random_between(&random, 0, s.transposed ? 5 : 24);
            axis->padding.end = random_between(&random, 0, s.transposed ? 5 : 24);
        }
        if (sample_measure(&s))
            check_exact(&s, i % 4 < 2 ? FALTUNG_F32 : FALTUNG_I8, FALTUNG_ACCURACY_EXACT, &random);
    }
}

static void many_channels_are_exact(void **state)
{
    (void)state;
    prng random = {5};
    static const int many[][3] = {
        {67, 33, 1}, {64, 64, 64}, {32, 96, 32}, {1, 130, 1}, {130, 1, 1}};
    for (size_t i = 0; i < 2 * COUNT_OF(many); i++) {
        sample s = sample_make(i % 2, 2);
        const int *c = many[i / 2];
        s.channels_in = c[0], s.channels_out = c[1], s.groups = c[2];
        *sample_axis(&s, 0) = (faltung_axis){6, 3, 1, 1, {1, 1}, s.transposed, 0, 1};
        *sample_axis(&s, 1) = (faltung_axis){7, 3, 2, 1, {1, 0}, s.transposed, 0, 1};
        assert_true(sample_measure(&s));
        check_exact(&s, FALTUNG_F32, i / 2 % 2, &random);
        check_exact(&s, FALTUNG_I8, i / 2 % 2, &random);
        check_exact(&s, FALTUNG_U8, i / 2 % 2, &random);
    }
}

// Of so many channels that what a tile reads is kept for others, by pixels of one row or of
// several; or of so few pixels that they are read one by one.
static void one_product_of_each_channel_is_exact(void **state)
{
    (void)state;
    prng random = {41};
    static const int many[][3] = {
        {9, 24, 1}, {48, 130, 1}, {200, 50, 1}, {601, 61, 1}, {400, 96, 2}};
    for (size_t i = 0; i < 6 * COUNT_OF(many); i += TRY_EVERY) {
        sample s = sample_make(i % 2, 2);
        const int *c = many[i / 6];
        s.channels_in = c[0], s.channels_out = c[1], s.groups = c[2];
        s.batch = i % 3 + 1;
        const int side = s.transposed ? 2 : 1;
        const int64_t few[2] = {6, random_between(&random, 6, 8)};
        const int64_t any[2] = {random_between(&random, 1, 7), random_between(&random, 1, 36)};
        for (int k = 0; k < 2; k++)
            *sample_axis(&s, k) =
                (faltung_axis){(i % 3 ? any : few)[k], side, side, 1, {0, 0}, s.transposed, 0, 1};
        assert_true(sample_measure(&s));
        check_exact(&s, i / 2 % 3 ? FALTUNG_F32 : FALTUNG_F64, i % 2, &random);
    }
}

// Of planes of one pixel, which may be laid into one row.
static void pixels_along_any_axis_are_exact(void **state)
{
    (void)state;
    prng random = {43};
    static const int many[][2] = {{64, 64}, {64, 24}, {20, 100}, {3, 8}};
    static const int64_t lengths[] = {1, 2, 5, 16, 40};
    for (size_t i = 0; i < 3 * COUNT_OF(many) * COUNT_OF(lengths); i++) {
        sample s = sample_make(false, 3);
        const int *c = many[i / 3 % COUNT_OF(many)];
        s.channels_in = c[0], s.channels_out = c[1];
        sample_axis(&s, (int)(i % 3))->input = lengths[i / 3 / COUNT_OF(many)];
        assert_true(sample_measure(&s));
        check_exact(&s, FALTUNG_F32, FALTUNG_ACCURACY_EXACT, &random);
    }
}

// ------------------------------------------------------------------------------------ identities

static double inner_product(const array *a, const array *b)
{
    double sum = 0;
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++)
        sum += array_get(a, i) * array_get(b, i);
    return sum;
}

// The transposed convolution that goes back from the output of `s` to its input.
static sample adjoint_of(const sample *s)
{
    sample back = *s;
    back.transposed = true;
    back.channels_in = s->channels_out;
    back.channels_out = s->channels_in;
    for (int i = 0; i < 3; i++) {
        faltung_axis *axis = &back.axis[i];
        axis->transposed = true;
        axis->input = s->output[i];
        int64_t least = (axis->input - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1 -
                        axis->padding.begin - axis->padding.end;
        axis->output_padding = s->axis[i].input - least; // what the stride left over
    }
    assert_true(sample_measure(&back));
    return back;
}

static void check_adjoint(const sample *s, prng *random)
{
    faltung_message message = {""};
    sample back = adjoint_of(s);
    operands there;
    operands here;
    operands_make(&there, s, FALTUNG_F64);
    operands_make(&here, &back, FALTUNG_F64);
    operands_fill_integers(&there, random, 9);
    array_fill_integers(&here.input, random, -9, 9);
    faltung_conv conv = sample_conv(s);
    faltung_conv conv_transpose = sample_conv(&back);
    assert_ok(faltung_convolve(&conv, &there.input.tensor, &there.weight.tensor, NULL,
                               &there.output.tensor, &message),
              &message);
    // The weight (O, I/g, ...) of the one is the weight (I, O/g, ...) of the other.
    assert_ok(faltung_convolve(&conv_transpose, &here.input.tensor, &there.weight.tensor, NULL,
                               &here.output.tensor, &message),
              &message);
    assert_true(inner_product(&there.output, &here.input) ==
                inner_product(&there.input, &here.output));
    operands_free(&there);
    operands_free(&here);
}

// <conv(x), y> = <x, conv_transpose(y)>
static void transposed_is_the_adjoint(void **state)
{
    (void)state;
    prng random = {6};
    for (int i = 0; i < 900; i++) {
        sample s = sample_random(&random, false, i % 3 + 1);
        if (!sample_is_dilated(&s))
            check_adjoint(&s, &random);
    }
}

// Asks for the whole size instead of the output_padding that leads to it.
static void output_size_gives_the_output_padding(void **state)
{
    (void)state;
    prng random = {7};
    for (int i = 0; i < 300; i++) {
        faltung_message message = {""};
        sample s = sample_random(&random, true, i % 3 + 1);
        for (int a = 0; a < s.axes; a++)
            sample_axis(&s, a)->output_padding %= sample_axis(&s, a)->stride;
        if (!sample_measure(&s))
            continue;
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_integers(&o, &random, 9);
        oracle_sum *expected = oracle_convolve(&s, &o, true);
        faltung_conv conv = sample_conv(&s);
        conv.has_output_size = true;
        for (int a = 0; a < s.axes; a++) {
            conv.output_padding[a] = 0;
            conv.output_size[a] = s.output[3 - s.axes + a];
        }
        assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                                   &o.output.tensor, &message),
                  &message);
        assert_equals(&s, &o, expected);
        free(expected);
        operands_free(&o);
    }
}

// A rule is the padding that it stands for.
static void rules_give_their_padding(void **state)
{
    (void)state;
    prng random = {8};
    int done = 0;
    for (int i = 0; i < 1500; i++) {
        faltung_padding_rule rule = i % 5 + 1;
        sample s = sample_random(&random, i / 5 % 2, i / 10 % 3 + 1);
        bool applies = true;
        for (int a = 0; a < s.axes; a++)
            applies &= !faltung_axis_set_padding(sample_axis(&s, a), rule, NULL);
        if (!applies || !sample_measure(&s))
            continue;
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_integers(&o, &random, 9);
        oracle_sum *expected = oracle_convolve(&s, &o, true);
        faltung_conv conv = sample_conv(&s);
        for (int a = 0; a < s.axes; a++) {
            conv.padding[a] = (faltung_padding){0, 0};
            if (rule != FALTUNG_PADDING_VALID)
                conv.output_padding[a] = 0;
        }
        conv.padding_rule = rule;
        faltung_message message = {""};
        assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                                   &o.output.tensor, &message),
                  &message);
        assert_equals(&s, &o, expected);
        free(expected);
        operands_free(&o);
        done++;
    }
    assert_true(done > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_axis_is_exact),
        cmocka_unit_test(random_convolutions_are_exact),
        cmocka_unit_test(large_kernels_and_paddings_are_exact),
        cmocka_unit_test(many_channels_are_exact),
        cmocka_unit_test(one_product_of_each_channel_is_exact),
        cmocka_unit_test(pixels_along_any_axis_are_exact),
        cmocka_unit_test(transposed_is_the_adjoint),
        cmocka_unit_test(output_size_gives_the_output_padding),
        cmocka_unit_test(rules_give_their_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
