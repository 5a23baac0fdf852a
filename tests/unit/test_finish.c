// SPDX-License-Identifier: Apache-2.0
//
// The last step: activations and residuals, against the same convolution without, on every way that
// there is to compute. tests/sweep has more ways, exactly on integers.
#include "setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Channels and pixels in the lanes, in place, flattened, depthwise, phases with and without
// products, and the reference.
static const char *const problems[] = {
    "conv2d:3x7x19x21,37x7x3x3,padding=1",
    "conv2d:2x300x9x9,40x300x3x3,padding=1",
    "conv2d:16x3x16x16,10x3x3x3",
    "conv2d:2x40x13x17,70x40x1x1",
    "conv2d:5x40x7x7,3x40x1x1",
    "conv2d:2x18x30x61,18x1x3x3,padding=1,groups=18",
    "conv_transpose2d:2x9x11x12,9x20x4x4,stride=2,padding=1",
    "conv_transpose2d:1x12x9x9,12x2x2x2,stride=3,groups=4,output_padding=1",
    "conv_transpose2d:2x12x19x8,12x1x3x3,stride=2,padding=1,groups=12",
    "conv2d:2x7x19x21,37x7x3x3,padding=1,dtype=f64",
    "conv2d:2x18x30x61,18x1x3x3,padding=1,groups=18,dtype=f64",
    "conv2d:2x3x9x9,4x3x3x3,padding=1,dtype=f16",
};

// The activations by their formulas, in double.
static double activation_of(const faltung_conv *conv, double x)
{
    const double pi = 3.14159265358979323846;
    switch (conv->activation) {
    case FALTUNG_ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    case FALTUNG_ACTIVATION_RELU6:
        return x < 0 ? 0 : x > 6 ? 6 : x;
    case FALTUNG_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : conv->negative_slope * x;
    case FALTUNG_ACTIVATION_SIGMOID:
        return 1 / (1 + exp(-x));
    case FALTUNG_ACTIVATION_SILU:
        return x / (1 + exp(-x));
    case FALTUNG_ACTIVATION_GELU:
        return x * erfc(-x / sqrt(2)) / 2;
    case FALTUNG_ACTIVATION_GELU_TANH:
        return x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x))) / 2;
    case FALTUNG_ACTIVATION_HARDSWISH:
        return x * (x < -3 ? 0 : x > 3 ? 6 : x + 3) / 6;
    case FALTUNG_ACTIVATION_CLAMP:
        return x < conv->clamp_min ? conv->clamp_min : x > conv->clamp_max ? conv->clamp_max : x;
    default:
        return x;
    }
}

static double epsilon_of(faltung_dtype dtype)
{
    return dtype == FALTUNG_F64 ? 0x1p-53 : dtype == FALTUNG_F32 ? 0x1p-24 : 0x1p-11;
}

// A residual is added with a rounding to the type of the sums; the output is rounded once more. A
// curve is off by a few units in the last place of itself, and by as much of x where the formula
// here takes a difference. binary16 is rounded from double, once.
static void assert_finished(const setting *s, const array *plain, const array *added)
{
    const faltung_conv *conv = &s->call.conv;
    const double epsilon = epsilon_of(s->problem.dtype);
    for (int64_t i = 0; i < s->output.count; i++) {
        double x = array_get(plain, i) + (added ? array_get(added, i) : 0);
        double expected = activation_of(conv, x), got = array_get(&s->output, i);
        double magnitude = fabs(array_get(plain, i)) + (added ? fabs(array_get(added, i)) : 0);
        double allowed = epsilon * (8 * fabs(expected) + 4 * magnitude);
        if (conv->activation == FALTUNG_ACTIVATION_SIGMOID) // whose slope is at most 1/4
            allowed = epsilon * (4 * fabs(expected) + magnitude);
        if (!added && conv->activation <= FALTUNG_ACTIVATION_RELU6)
            allowed = 0;
        if (!(fabs(got - expected) <= allowed)) {
            print_error("%s of %.17g is %.17g, not %.17g\n",
                        faltung_activation_name(conv->activation), x, got, expected);
            fail();
        }
    }
}

// Sums of a size where activations bend.
static void shrink(array *a, double factor)
{
    for (int64_t i = 0; i < a->count; i++)
        array_set(a, i, array_get(a, i) * factor);
}

static void copy_array(array *to, const array *from)
{
    memcpy(to->memory, from->memory, (size_t)from->count * faltung_dtype_size(from->tensor.dtype));
}

static void compute(const setting *s, const faltung_tensor *residual)
{
    faltung_message message;
    assert_ok(faltung_convolve_residual(&s->call.conv, &s->input.tensor, &s->weight.tensor,
                                        &s->bias.tensor, residual, &s->output.tensor, &message),
              &message);
}

typedef struct finish_case {
    setting s;
    array plain, residual;
} finish_case;

static void case_make(finish_case *c, const char *problem)
{
    prng random = {60};
    setting_make(&c->s, problem);
    shrink(&c->s.weight, 0.125);
    setting_compute(&c->s);
    const array *y = &c->s.output;
    array_make(&c->plain, y->tensor.dtype, y->tensor.rank, y->shape);
    array_make(&c->residual, y->tensor.dtype, y->tensor.rank, y->shape);
    copy_array(&c->plain, y);
    array_fill_reals(&c->residual, &random);
    c->s.call.conv.negative_slope = -0.3;
    c->s.call.conv.clamp_min = -0.25;
    c->s.call.conv.clamp_max = 0.75;
}

static void case_free(finish_case *c)
{
    array_free(&c->plain);
    array_free(&c->residual);
    setting_free(&c->s);
}

static void every_activation_is_applied_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        finish_case c;
        case_make(&c, problems[i]);
        print_message("%s\n", problems[i]);
        for (int kind = 0; kind <= FALTUNG_ACTIVATION_CLAMP; kind++) {
            c.s.call.conv.activation = (faltung_activation)kind;
            array_fill_bytes(&c.s.output, 0xff);
            compute(&c.s, NULL);
            assert_finished(&c.s, &c.plain, NULL);
            array_fill_bytes(&c.s.output, 0xff);
            compute(&c.s, &c.residual.tensor);
            assert_finished(&c.s, &c.plain, &c.residual);
        }
        case_free(&c);
    }
}

static void an_output_may_be_added_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        finish_case c;
        case_make(&c, problems[i]);
        c.s.call.conv.activation = FALTUNG_ACTIVATION_SILU;
        compute(&c.s, &c.residual.tensor);
        copy_array(&c.plain, &c.s.output);
        copy_array(&c.s.output, &c.residual);
        compute(&c.s, &c.s.output.tensor);
        assert_true(array_same_bits(&c.plain, &c.s.output));
        case_free(&c);
    }
}

// Where a curve is steep, flat, or beyond what exp can hold.
static void activations_hold_far_out(void **state)
{
    (void)state;
    static const double points[] = {0,  -0.0, 1e-40, -1e-20, 0.5, -0.5, 5,   -5,   12,   -12,  -40,
                                    40, -88,  88,    -100,   104, -104, 3e4, -3e4, 1e30, -1e30};
    setting s;
    setting_make(&s, "conv1d:1x1x21,1x1x1");
    assert_int_equal(s.input.count, COUNT_OF(points));
    array_set(&s.weight, 0, 1);
    array_set(&s.bias, 0, 0);
    for (int kind = 0; kind <= FALTUNG_ACTIVATION_CLAMP; kind++) {
        array x;
        array_make(&x, FALTUNG_F32, 3, s.input.shape);
        for (size_t i = 0; i < COUNT_OF(points); i++)
            array_set(&x, (int64_t)i, points[i]);
        copy_array(&s.input, &x);
        s.call.conv.activation = (faltung_activation)kind;
        compute(&s, NULL);
        assert_finished(&s, &x, NULL);
        array_free(&x);
    }
    setting_free(&s);
}

static void nan_stays_and_infinities_saturate(void **state)
{
    (void)state;
    setting s;
    setting_make(&s, "conv1d:1x1x3,1x1x1");
    array_set(&s.weight, 0, 1);
    array_set(&s.bias, 0, 0);
    array_set(&s.input, 0, NAN);
    array_set(&s.input, 1, HUGE_VAL);
    array_set(&s.input, 2, -HUGE_VAL);
    for (int kind = 0; kind <= FALTUNG_ACTIVATION_CLAMP; kind++) {
        s.call.conv.activation = (faltung_activation)kind;
        compute(&s, NULL);
        assert_true(isnan(array_get(&s.output, 0)));
        double most = array_get(&s.output, 1);
        assert_true(most == (kind == FALTUNG_ACTIVATION_SIGMOID ? 1
                             : kind == FALTUNG_ACTIVATION_RELU6 ? 6
                                                                : HUGE_VAL));
        double least = array_get(&s.output, 2);
        bool is_product = kind == FALTUNG_ACTIVATION_SILU || kind == FALTUNG_ACTIVATION_GELU ||
                          kind == FALTUNG_ACTIVATION_GELU_TANH ||
                          kind == FALTUNG_ACTIVATION_HARDSWISH; // of infinity by 0, as in PyTorch
        assert_true(is_product ? isnan(least) : least == activation_of(&s.call.conv, -HUGE_VAL));
    }
    setting_free(&s);
}

static void what_cannot_be_finished_is_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"negative_slope=nan", "clamp_min=nan", "clamp_max=nan"};
    faltung_message message;
    finish_case c;
    case_make(&c, problems[2]);
    setting *s = &c.s;
    for (int i = 0; i < 3; i++) {
        faltung_conv conv = s->call.conv;
        *(i == 0 ? &conv.negative_slope : i == 1 ? &conv.clamp_min : &conv.clamp_max) = NAN;
        assert_refused(faltung_convolve(&conv, &s->input.tensor, &s->weight.tensor, NULL,
                                        &s->output.tensor, &message),
                       FALTUNG_ERROR_OPTION, &message, words[i], "allowed is any number");
    }
    s->call.conv.activation = (faltung_activation)99;
    assert_refused(faltung_convolve(&s->call.conv, &s->input.tensor, &s->weight.tensor, NULL,
                                    &s->output.tensor, &message),
                   FALTUNG_ERROR_OPTION, &message, "activation=99", NULL);
    s->call.conv.activation = FALTUNG_ACTIVATION_NONE;
    const struct {
        faltung_tensor residual;
        faltung_status status;
        const char *words;
    } wrong[] = {
        {{NULL, FALTUNG_F32, 4, s->output.shape, NULL}, FALTUNG_ERROR_NULL, "residual"},
        {{c.residual.memory, FALTUNG_F64, 4, s->output.shape, NULL},
         FALTUNG_ERROR_DTYPE,
         "residual has type f64, expected is f32"},
        {{c.residual.memory, FALTUNG_F32, 3, s->output.shape, NULL},
         FALTUNG_ERROR_RANK,
         "residual has size"},
        {{c.residual.memory, FALTUNG_F32, 4, s->input.shape, NULL},
         FALTUNG_ERROR_SHAPE,
         "residual has size [16, 3, 16, 16], expected is [16, 10, 14, 14]"},
        {{c.residual.memory, FALTUNG_F32, 4, s->output.shape, (int64_t[]){0, 0, 14, 1}},
         FALTUNG_ERROR_SHAPE,
         "residual has other strides"},
        {{(float *)s->output.memory + 1, FALTUNG_F32, 4, s->output.shape, NULL},
         FALTUNG_ERROR_OVERLAP,
         "residual"},
    };
    array_fill_bytes(&s->output, 0xff);
    copy_array(&c.plain, &s->output);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_refused(faltung_convolve_residual(&s->call.conv, &s->input.tensor, &s->weight.tensor,
                                                 NULL, &wrong[i].residual, &s->output.tensor,
                                                 &message),
                       wrong[i].status, &message, wrong[i].words, NULL);
    assert_true(array_same_bits(&c.plain, &s->output));
    case_free(&c);
}

static void gradients_have_no_activation(void **state)
{
    (void)state;
    static const char *const gradients[] = {
        "conv2d_input:1x2x5x5,3x2x3x3", "conv2d_weight:1x2x5x5,3x2x3x3",
        "conv_transpose2d_input:1x2x5x5,2x3x3x3", "conv_transpose2d_weight:1x2x5x5,2x3x3x3"};
    faltung_message message;
    for (size_t i = 0; i < COUNT_OF(gradients); i++) {
        setting s;
        setting_make(&s, gradients[i]);
        s.call.conv.activation = FALTUNG_ACTIVATION_RELU;
        assert_refused(faltung_convolve(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                        &s.output.tensor, &message),
                       FALTUNG_ERROR_OPTION, &message, "a gradient has no activation", NULL);
        setting_free(&s);
    }
}

// A gradient of an input may be added to what another path has left.
static void input_gradients_accumulate(void **state)
{
    (void)state;
    faltung_message message;
    finish_case c;
    case_make(&c, "conv2d_input:1x2x5x5,3x2x3x3");
    copy_array(&c.s.output, &c.residual);
    assert_ok(faltung_convolve_residual(&c.s.call.conv, &c.s.input.tensor, &c.s.weight.tensor, NULL,
                                        &c.s.output.tensor, &c.s.output.tensor, &message),
              &message);
    assert_finished(&c.s, &c.plain, &c.residual);
    case_free(&c);
    setting s;
    setting_make(&s, "conv2d_weight:1x2x5x5,3x2x3x3");
    assert_refused(faltung_convolve_residual(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                             &s.output.tensor, &s.output.tensor, &message),
                   FALTUNG_ERROR_OPTION, &message, "a weight's gradient has no residual", NULL);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_activation_is_applied_once),
        cmocka_unit_test(an_output_may_be_added_to),
        cmocka_unit_test(activations_hold_far_out),
        cmocka_unit_test(nan_stays_and_infinities_saturate),
        cmocka_unit_test(what_cannot_be_finished_is_refused),
        cmocka_unit_test(gradients_have_no_activation),
        cmocka_unit_test(input_gradients_accumulate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
