// SPDX-License-Identifier: Apache-2.0
#include "request.h"

static const int64_t no_strides[8];

request request_make(faltung_conv conv, dims input, dims weight)
{
    return (request){conv, input, weight, {0, {0}}, FALTUNG_F32, FALTUNG_F32};
}

static faltung_tensor view_of(double *element, faltung_dtype dtype, const dims *d)
{
    return (faltung_tensor){element, dtype, d->rank, d->size, no_strides};
}

void request_refused(const request *r, faltung_status expected, const char *words,
                     const char *detail)
{
    double element = 1;
    double result = 12345;
    const dims one = DIMS(1, 1, 1);
    faltung_tensor input = view_of(&element, FALTUNG_F32, &r->input);
    faltung_tensor weight = view_of(&element, r->weight_dtype, &r->weight);
    faltung_tensor bias = view_of(&element, r->bias_dtype, &r->bias);
    faltung_tensor output = view_of(&result, FALTUNG_F32, &one);
    const faltung_tensor *given_bias = r->bias.rank ? &bias : NULL;
    faltung_message message = {""};
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_explanation explanation;
    faltung_plan *plan = (faltung_plan *)&element;

    assert_refused(faltung_convolve(&r->conv, &input, &weight, given_bias, &output, &message),
                   expected, &message, words, detail);
    assert_true(result == 12345);
    assert_refused(faltung_plan_create(&r->conv, &input, &weight, given_bias, &plan, &message),
                   expected, &message, words, detail);
    assert_null(plan);
    if (given_bias) // the others take none
        return;
    assert_refused(faltung_output_shape(&r->conv, &input, &weight, shape, &message), expected,
                   &message, words, detail);
    assert_refused(faltung_explain(&r->conv, &input, &weight, &explanation, &message), expected,
                   &message, words, detail);
    assert_int_equal(faltung_output_shape(&r->conv, &input, &weight, shape, NULL), expected);
}

void request_has_shape(const request *r, dims expected)
{
    faltung_message message = {""};
    int64_t shape[FALTUNG_MAX_AXES + 2] = {0};
    faltung_tensor input = view_of(NULL, FALTUNG_F32, &r->input);
    faltung_tensor weight = view_of(NULL, r->weight_dtype, &r->weight);
    assert_ok(faltung_output_shape(&r->conv, &input, &weight, shape, &message), &message);
    assert_int_equal(r->input.rank, expected.rank);
    for (int i = 0; i < expected.rank; i++)
        assert_true(shape[i] == expected.size[i]);
}

void request_gives(const request *r, double expected)
{
    faltung_message message = {""};
    int64_t shape[FALTUNG_MAX_AXES + 2] = {0};
    float one = 1;
    faltung_tensor input = {&one, FALTUNG_F32, r->input.rank, r->input.size, no_strides};
    faltung_tensor weight = {&one, FALTUNG_F32, r->weight.rank, r->weight.size, no_strides};
    assert_ok(faltung_output_shape(&r->conv, &input, &weight, shape, &message), &message);
    array output;
    array_make(&output, FALTUNG_F32, r->input.rank, shape);
    assert_ok(faltung_convolve(&r->conv, &input, &weight, NULL, &output.tensor, &message),
              &message);
    for (int64_t i = 0; i < output.count; i++)
        assert_true(array_get(&output, i) == expected);
    array_free(&output);
}
