// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of real numbers against a bound, of infinities and NaN, and of nothing at all.
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// -------------------------------------------------------------------------------- error bounds

// The distance from 1 to the next number of a type.
static double epsilon_of(faltung_dtype dtype)
{
    static const double epsilons[] = {[FALTUNG_F32] = 0x1p-23,
                                      [FALTUNG_F64] = 0x1p-52,
                                      [FALTUNG_F16] = 0x1p-10,
                                      [FALTUNG_BF16] = 0x1p-7};
    return epsilons[dtype];
}

// What a sum may be wrong by: n * eps * sum |x||w|, where halves are summed as f32 and rounded
// once.
static long double bound_of(faltung_dtype dtype, const oracle_sum *sum)
{
    if (dtype == FALTUNG_F32 || dtype == FALTUNG_F64)
        return (long double)sum->terms * epsilon_of(dtype) * sum->magnitude;
    return (long double)sum->terms * epsilon_of(FALTUNG_F32) * sum->magnitude +
           epsilon_of(dtype) / 2 * (fabsl(sum->value) + 0x1p-14L);
}

// Returns the largest error in units of its bound.
static long double check_reals(const sample *s, faltung_dtype dtype, faltung_accuracy accuracy,
                               prng *random)
{
    faltung_message message = {""};
    long double worst = 0;
    operands o;
    operands_make(&o, s, dtype);
    operands_fill_reals(&o, random);
    faltung_conv conv = sample_conv(s);
    conv.accuracy = accuracy;
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &o.output.tensor, &message),
              &message);
    oracle_sum *expected = oracle_convolve(s, &o, true);
    for (int64_t i = 0; i < o.output.count; i++) {
        long double error = fabsl(array_get(&o.output, i) - expected[i].value);
        long double bound = bound_of(dtype, &expected[i]);
        assert_true(error <= bound); // false for NaN, too
        if (bound > 0 && error / bound > worst)
            worst = error / bound;
    }
    free(expected);
    operands_free(&o);
    return worst;
}

static void errors_keep_to_the_bound(void **state)
{
    (void)state;
    prng random = {13};
    for (int type = FALTUNG_F32; type <= FALTUNG_BF16; type++) {
        long double worst = 0;
        for (int i = 0; i < 2 * 3 * 2 * 40; i++) {
            sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
            long double error = check_reals(&s, (faltung_dtype)type, i / 6 % 2, &random);
            worst = error > worst ? error : worst;
        }
        print_message("%s: largest error %.3Lf of n * eps * sum |x||w|\n",
                      faltung_dtype_name((faltung_dtype)type), worst);
    }
}

static void bits_do_not_depend_on_the_threads(void **state)
{
    (void)state;
    prng random = {14};
    for (int i = 0; i < 60; i++) {
        faltung_message message = {""};
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        array first;
        array_make(&first, FALTUNG_F32, o.output.tensor.rank, o.output.shape);
        faltung_conv conv = sample_conv(&s);
        conv.threads = 1;
        assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                                   &first.tensor, &message),
                  &message);
        for (conv.threads = 0; conv.threads < 8; conv.threads += 3) {
            array_fill_bytes(&o.output, 0xff);
            assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                                       &o.output.tensor, &message),
                      &message);
            assert_true(array_same_bits(&first, &o.output));
        }
        array_free(&first);
        operands_free(&o);
    }
}

// ------------------------------------------------------------------------- infinities and NaN

static void make_row(array *row, faltung_dtype dtype, int64_t size, const double *values)
{
    const int64_t shape[] = {1, 1, size};
    array_make(row, dtype, 3, shape);
    for (int64_t i = 0; values && i < size; i++)
        array_set(row, i, values[i]);
}

// Convolves a row, in f32 and then in f64: different algorithms, that must agree.
static void convolve_row(faltung_conv conv, int64_t inputs, const double *input, int64_t taps,
                         const double *weight, int64_t outputs, double *output)
{
    static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64};
    conv.accuracy = FALTUNG_ACCURACY_EXACT;
    for (size_t t = 0; t < COUNT_OF(dtypes); t++) {
        faltung_message message = {""};
        array x, w, y;
        make_row(&x, dtypes[t], inputs, input);
        make_row(&w, dtypes[t], taps, weight);
        make_row(&y, dtypes[t], outputs, NULL);
        assert_ok(faltung_convolve(&conv, &x.tensor, &w.tensor, NULL, &y.tensor, &message),
                  &message);
        for (int64_t i = 0; i < outputs; i++) {
            double found = array_get(&y, i);
            assert_true(t == 0 || found == output[i] || (isnan(found) && isnan(output[i])));
            output[i] = found;
        }
        array_free(&x);
        array_free(&w);
        array_free(&y);
    }
}

static void an_infinite_weight_over_a_border_gives_nan(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV1D;
    conv.padding[0] = (faltung_padding){1, 1};
    double output[3];
    convolve_row(conv, 3, (double[]){1, 2, 3}, 3, (double[]){INFINITY, 1, 1}, 3, output);
    assert_true(isnan(output[0]));
    assert_true(output[1] == (double)INFINITY && output[2] == (double)INFINITY);
}

static bool same_numbers(const array *a, const array *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        double x = array_get(a, i);
        double y = array_get(b, i);
        if (!(x == y || (isnan(x) && isnan(y))))
            return false;
    }
    return a->count == b->count;
}

// Copies an input into the middle of the zeros that a border would be.
static void pad_by_hand(const sample *s, const array *input, array *padded)
{
    int64_t shape[5];
    int64_t first = 0;
    memcpy(shape, input->shape, sizeof shape);
    for (int a = 0; a < s->axes; a++) {
        const faltung_axis *axis = &s->axis[3 - s->axes + a];
        shape[input->tensor.rank - s->axes + a] += axis->padding.begin + axis->padding.end;
    }
    array_make(padded, input->tensor.dtype, input->tensor.rank, shape);
    for (int a = 0; a < s->axes; a++)
        first += s->axis[3 - s->axes + a].padding.begin *
                 padded->strides[input->tensor.rank - s->axes + a];
    size_t size = faltung_dtype_size(input->tensor.dtype);
    faltung_tensor middle = {(char *)padded->memory + (size_t)first * size, input->tensor.dtype,
                             input->tensor.rank, input->shape, padded->strides};
    assert_int_equal(faltung_tensor_copy(&input->tensor, &middle, NULL), FALTUNG_OK);
}

static void a_border_is_an_input_padded_by_hand(void **state)
{
    (void)state;
    static const double odd[] = {INFINITY, -INFINITY, NAN, 0, -0.0, 1e300};
    prng random = {15};
    for (int i = 0; i < 300; i++) {
        faltung_message message = {""};
        sample s;
        do
            s = sample_random(&random, false, i % 3 + 1);
        while (sample_is_dilated(&s) || sample_is_cropped(&s));
        operands o;
        operands_make(&o, &s, i % 2 ? FALTUNG_F32 : FALTUNG_F64);
        operands_fill_integers(&o, &random, 9);
        for (int j = 0; j < 4; j++) {
            array *a = j % 2 ? &o.weight : &o.input;
            if (a->count)
                array_set(a, random_between(&random, 0, a->count - 1),
                          odd[random_between(&random, 0, COUNT_OF(odd) - 1)]);
        }
        array padded, output;
        pad_by_hand(&s, &o.input, &padded);
        array_make(&output, o.output.tensor.dtype, o.output.tensor.rank, o.output.shape);
        faltung_conv conv = sample_conv(&s);
        conv.accuracy = FALTUNG_ACCURACY_EXACT;
        assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                                   &o.output.tensor, &message),
                  &message);
        memset(conv.padding, 0, sizeof conv.padding);
        assert_ok(faltung_convolve(&conv, &padded.tensor, &o.weight.tensor, &o.bias.tensor,
                                   &output.tensor, &message),
                  &message);
        assert_true(same_numbers(&o.output, &output));
        array_free(&padded);
        array_free(&output);
        operands_free(&o);
    }
}

static void inserted_zeros_are_no_operands(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV_TRANSPOSE1D;
    conv.stride[0] = 2;
    double output[7];
    convolve_row(conv, 3, (double[]){1, 2, 3}, 2, (double[]){1, INFINITY}, 6, output);
    for (int i = 0; i < 3; i++) {
        assert_true(output[2 * i] == i + 1);
        assert_true(output[2 * i + 1] == (double)INFINITY);
    }
    // With a stride beyond the kernel some outputs are reached by nothing.
    conv.stride[0] = 3;
    convolve_row(conv, 3, (double[]){1, 2, 3}, 1, (double[]){INFINITY}, 7, output);
    for (int i = 0; i < 7; i++)
        assert_true(output[i] == (i % 3 ? 0 : (double)INFINITY));
}

// Puts `value` somewhere into the input and finds it in those outputs that use it and nowhere else.
static void check_reach(const sample *s, double value, prng *random)
{
    faltung_message message = {""};
    operands o;
    operands_make(&o, s, FALTUNG_F32);
    array before;
    array_make(&before, FALTUNG_F32, o.output.tensor.rank, o.output.shape);
    operands_fill_reals(&o, random);
    faltung_conv conv = sample_conv(s);
    conv.accuracy = FALTUNG_ACCURACY_EXACT;
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &before.tensor, &message),
              &message);
    int64_t at = random_between(random, 0, o.input.count - 1);
    array_set(&o.input, at, value);
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &o.output.tensor, &message),
              &message);
    // The oracle of a 1 there among zeros, with weights of 1, counts how often each output uses it.
    for (int64_t i = 0; i < o.input.count; i++)
        array_set(&o.input, i, i == at);
    for (int64_t i = 0; i < o.weight.count; i++)
        array_set(&o.weight, i, 1);
    oracle_sum *uses = oracle_convolve(s, &o, false);
    for (int64_t i = 0; i < o.output.count; i++) {
        if (uses[i].value > 0)
            assert_false(isfinite(array_get(&o.output, i)));
        else
            assert_true(array_get(&o.output, i) == array_get(&before, i));
    }
    free(uses);
    array_free(&before);
    operands_free(&o);
}

static void a_non_finite_input_reaches_only_what_uses_it(void **state)
{
    (void)state;
    prng random = {16};
    for (int i = 0; i < 300; i++) {
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        if (s.batch != 0)
            check_reach(&s, i % 4 < 2 ? (double)NAN : (double)INFINITY, &random);
    }
}

static void check_infinite_weight(const sample *s, const char *algorithm)
{
    prng random = {17};
    faltung_conv conv = sample_conv(s);
    conv.algorithm = algorithm;
    operands o;
    operands_make(&o, s, FALTUNG_F32);
    operands_fill_reals(&o, &random);
    const int64_t channel = 34, of_channel = o.weight.count / s->channels_out;
    array_set(&o.weight, channel * of_channel, (double)INFINITY); // meets the border at depth 0
    faltung_message message = {""};
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &o.output.tensor, &message),
              &message);
    const int64_t plane = o.output.count / s->channels_out;
    for (int64_t i = 0; i < o.output.count; i++)
        assert_true(!isfinite(array_get(&o.output, i)) == (i / plane == channel));
    operands_free(&o);
}

// By transforms, too, also where it meets nothing but the border.
static void an_infinite_weight_reaches_its_channel_from_the_border(void **state)
{
    (void)state;
    sample s = sample_make(false, 3);
    s.channels_in = 12;
    s.channels_out = 40;
    for (int i = 0; i < 3; i++) {
        s.axis[i] = (faltung_axis)FALTUNG_AXIS(i ? 9 : 2, 3);
        s.axis[i].padding = (faltung_padding){1, 1};
    }
    assert_true(sample_measure(&s));
    check_infinite_weight(&s, "winograd");
    check_infinite_weight(&s, "fft");
}

static void a_zero_weight_does_not_hide_an_infinity(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV1D;
    double output[2];
    convolve_row(conv, 3, (double[]){INFINITY, 1, 1}, 2, (double[]){0, 0}, 2, output);
    assert_true(isnan(output[0]));
    assert_true(output[1] == 0);
}

// -------------------------------------------------------------------------------------- nothing

// A transposed convolution over none is refused, as PyTorch refuses it: test_messages.c.
static void zero_input_channels_give_the_bias(void **state)
{
    (void)state;
    for (int with_bias = 0; with_bias < 2; with_bias++) {
        faltung_message message = {""};
        sample s = sample_make(false, 2);
        s.batch = 2, s.channels_in = 0, s.channels_out = 3;
        *sample_axis(&s, 0) = (faltung_axis){4, 3, 1, 1, {0, 0}, false, 0, 1};
        assert_true(sample_measure(&s));
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        for (int64_t c = 0; c < 3; c++)
            array_set(&o.bias, c, (double)(c + 1));
        faltung_conv conv = sample_conv(&s);
        assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor,
                                   with_bias ? &o.bias.tensor : NULL, &o.output.tensor, &message),
                  &message);
        int64_t outputs = s.output[1] * s.output[2];
        for (int64_t j = 0; j < o.output.count; j++)
            assert_true(array_get(&o.output, j) == (with_bias ? (double)(j / outputs % 3 + 1) : 0));
        operands_free(&o);
    }
}

static void zero_batches_are_no_work(void **state)
{
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        faltung_message message = {""};
        sample s = sample_make(transposed, 2);
        s.batch = 0;
        assert_true(sample_measure(&s));
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        faltung_conv conv = sample_conv(&s);
        faltung_tensor input = o.input.tensor;
        faltung_tensor output = o.output.tensor;
        input.data = output.data = NULL; // there is nothing to point at
        assert_ok(faltung_convolve(&conv, &input, &o.weight.tensor, NULL, &output, &message),
                  &message);
        operands_free(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_keep_to_the_bound),
        cmocka_unit_test(bits_do_not_depend_on_the_threads),
        cmocka_unit_test(an_infinite_weight_over_a_border_gives_nan),
        cmocka_unit_test(a_border_is_an_input_padded_by_hand),
        cmocka_unit_test(inserted_zeros_are_no_operands),
        cmocka_unit_test(a_non_finite_input_reaches_only_what_uses_it),
        cmocka_unit_test(an_infinite_weight_reaches_its_channel_from_the_border),
        cmocka_unit_test(a_zero_weight_does_not_hide_an_infinity),
        cmocka_unit_test(zero_input_channels_give_the_bias),
        cmocka_unit_test(zero_batches_are_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
