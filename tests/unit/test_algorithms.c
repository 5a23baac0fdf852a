// SPDX-License-Identifier: Apache-2.0
//
// An algorithm that is asked for by name is taken, or refused with the reason why it cannot be.
#include "setting.h"

#include <math.h>
#include <string.h>

static faltung_status explain(const char *problem, const char *algorithm, size_t limit,
                              faltung_explanation *e, faltung_message *message)
{
    setting s;
    setting_make(&s, problem);
    s.call.conv.algorithm = algorithm;
    s.call.conv.workspace_limit = limit;
    faltung_status status =
        faltung_explain(&s.call.conv, &s.input.tensor, &s.weight.tensor, e, message);
    setting_free(&s);
    return status;
}

static void each_can_be_asked_for(void **state)
{
    static const struct {
        const char *problem, *algorithm;
    } cases[] = {
        {"conv2d:1x16x9x9,4x16x3x3", "winograd"},
        {"conv2d:1x16x9x9,4x16x3x3", "fft"},
        {"conv2d:1x16x9x9,4x16x3x3,dilation=2", "lattice"},
        {"conv2d:1x64x30x30,64x64x3x3", "direct"},
        {"conv2d:1x64x30x30,64x64x5x5", "direct"},
        {"conv2d:1x64x30x30,64x64x5x5", "reference"},
        {"conv2d:1x8x9x9,8x1x3x3,groups=8", "depthwise"},
        {"conv2d:1x8x9x9,8x1x3x3,groups=8", "fft"},
        {"conv_transpose2d:1x8x9x9,8x8x3x3,stride=2", "phases"},
        {"conv2d_weight:1x8x9x9,8x8x3x3", "dots"},
        {"conv2d_weight:1x3x9x9,2x3x3x3", "winograd_gradient"},
        {"conv2d_weight:1x3x9x9,2x3x3x3", "weight_gradient"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=c64", "complex"},
        {"conv3d:1x8x5x9x9,8x8x3x3x3,padding=1,stride=2+1+1", "winograd"},
        {"conv3d:1x8x5x9x9,8x8x3x5x5,dilation=2+1+1", "fft"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_explanation e;
        faltung_message message;
        print_message("%s by %s\n", cases[i].problem, cases[i].algorithm);
        assert_ok(explain(cases[i].problem, cases[i].algorithm, 0, &e, &message), &message);
        assert_string_equal(e.algorithm[e.chosen], cases[i].algorithm);
        assert_string_equal(e.reason[e.chosen], "it is asked for");
    }
}

static void a_form_can_be_asked_for(void **state)
{
    static const struct {
        const char *algorithm, *how;
    } cases[] = {{"winograd4", "F(4x4, 3x3)"}, {"winograd2", "F(2x2, 3x3)"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_explanation e;
        faltung_message message;
        assert_ok(explain("conv2d:1x16x9x9,4x16x3x3", cases[i].algorithm, 0, &e, &message),
                  &message);
        assert_string_equal(e.algorithm[e.chosen], "winograd");
        assert_memory_equal(e.how, cases[i].how, strlen(cases[i].how));
    }
}

// Which one is chosen decides the bits of a result, on every machine: where few tiles use each of
// many weights, those with fewer weights.
static void tiles_and_weights_decide(void **state)
{
    static const struct {
        const char *problem, *algorithm, *how;
    } cases[] = {
        {"conv2d:1x96x7x7,96x96x3x3,padding=1", "winograd", "F(4x4, 3x3)"},
        {"conv2d:1x128x7x7,128x128x3x3,padding=1", "winograd", "F(2x2, 3x3)"},
        {"conv2d:1x192x12x12,192x192x3x3,padding=1", "winograd", "F(4x4, 3x3)"},
        {"conv2d:2x256x7x7,256x256x3x3,padding=1", "winograd", "F(2x2, 3x3)"},
        {"conv2d:1x256x14x14,256x256x3x3,padding=1", "winograd", "F(4x4, 3x3)"},
        {"conv2d:1x512x7x7,512x512x3x3,padding=1", "winograd", "F(2x2, 3x3)"},
        {"conv2d:8x512x7x7,512x512x3x3,padding=1", "winograd", "F(4x4, 3x3)"},
        {"conv2d:1x512x4x4,512x512x3x3,padding=1", "direct", ""},
        {"conv1d:1x512x32,512x512x3,padding=1", "winograd", "F(1x4, 1x3)"},
        {"conv1d:1x1024x16,1024x1024x3,padding=1", "direct", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_explanation e;
        faltung_message message;
        assert_ok(explain(cases[i].problem, NULL, 0, &e, &message), &message);
        print_message("%s: %s\n", cases[i].problem, e.how);
        assert_string_equal(e.algorithm[e.chosen], cases[i].algorithm);
        assert_memory_equal(e.how, cases[i].how, strlen(cases[i].how));
    }
}

// On integers, whose sums are exact.
static void it_computes_the_same(void **state)
{
    static const char *const algorithms[] = {"fft",       "winograd", "winograd4",
                                             "winograd2", "direct",   "reference"};
    (void)state;
    setting s;
    prng random = {90};
    setting_make(&s, "conv2d:2x5x13x17,6x5x3x3,padding=1");
    array_fill_integers(&s.input, &random, -8, 8);
    array_fill_integers(&s.weight, &random, -8, 8);
    array_fill_integers(&s.bias, &random, -8, 8);
    array expected;
    array_make(&expected, FALTUNG_F32, s.output.tensor.rank, s.output.shape);
    s.call.conv.accuracy = FALTUNG_ACCURACY_EXACT;
    setting_compute(&s);
    memcpy(expected.memory, s.output.memory, (size_t)s.output.count * sizeof(float));
    s.call.conv.accuracy = FALTUNG_ACCURACY_BALANCED;
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        s.call.conv.algorithm = algorithms[i];
        setting_compute(&s);
        for (int64_t k = 0; k < s.output.count; k++)
            assert_true(fabs(array_get(&s.output, k) - array_get(&expected, k)) < 0.01);
    }
    array_free(&expected);
    setting_free(&s);
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *problem, *algorithm;
        size_t limit;
        const char *message;
    } cases[] = {
        {"conv2d:1x8x9x9,8x8x3x3", "gemm", 0,
         "algorithm='gemm' is none of tiles, winograd, lattice, fft, depthwise, direct, phases, "
         "dots, winograd_gradient, weight_gradient, complex, reference, winograd4, winograd2"},
        {"conv2d:1x8x9x9,8x8x3x3", "", 0,
         "algorithm='' is none of tiles, winograd, lattice, fft, depthwise, direct, phases, dots, "
         "winograd_gradient, weight_gradient, complex, reference, winograd4, winograd2"},
        {"conv2d:1x8x9x9,8x8x5x5", "winograd", 0,
         "algorithm='winograd' cannot compute this: it computes kernels of 3x3 or 3, or of such "
         "slices, without stride and dilation, and of 3 to 4 along each axis with a stride of 2 "
         "and zeros at the border"},
        {"conv2d:1x8x9x9,8x8x3x3,stride=2", "fft", 0,
         "algorithm='fft' cannot compute this: rows or columns have a stride, "
         "or the input is dilated"},
        {"conv1d:1x8x9,8x8x3", "winograd4", 0,
         "algorithm='winograd4' cannot compute this: its tiles are for kernels of 3x3 "
         "without a stride"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=f64", "winograd2", 0,
         "algorithm='winograd2' cannot compute this: it computes f32 and halves only"},
        {"conv2d:0x8x9x9,8x8x3x3", "direct", 0,
         "algorithm='direct' cannot compute this: the result has no elements"},
        {"conv2d:1x8x9x9,8x8x3x3", "fft", 100,
         "algorithm='fft' does not fit into a workspace_limit of 100 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_explanation e;
        faltung_message message;
        faltung_status status =
            explain(cases[i].problem, cases[i].algorithm, cases[i].limit, &e, &message);
        assert_int_equal(status, FALTUNG_ERROR_OPTION);
        assert_string_equal(message.text, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_can_be_asked_for),     cmocka_unit_test(a_form_can_be_asked_for),
        cmocka_unit_test(tiles_and_weights_decide),  cmocka_unit_test(it_computes_the_same),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
