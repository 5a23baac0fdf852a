// SPDX-License-Identifier: Apache-2.0
//
// What lies outside the input: padding modes, negative sides, and zeros between its elements,
// against the same convolution of an input that was made so by hand; bit for bit, since the order
// of sums depends on neither. tests/sweep tries more shapes on integers.
#include "setting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A convolution with a border, and the one of an input that has it already.
typedef struct bordered_case {
    const char *problem, *by_hand;
    faltung_padding_mode mode;
    faltung_padding padding[3]; // of the axes that there are
    int64_t input_dilation[3];
} bordered_case;

#define NONE                                                                                       \
    {                                                                                              \
        0, 0                                                                                       \
    }

static const bordered_case cases[] = {
    {"conv1d:2x3x8,5x3x3,padding=2:3,padding_mode=reflect",
     "conv1d:2x3x13,5x3x3",
     FALTUNG_PADDING_REFLECT,
     {{2, 3}, NONE, NONE},
     {1, 1, 1}},
    {"conv1d:3x8,5x3x3,padding=2:3,padding_mode=replicate",
     "conv1d:3x13,5x3x3",
     FALTUNG_PADDING_REPLICATE,
     {{2, 3}, NONE, NONE},
     {1, 1, 1}},
    {"conv1d:3x8,40x3x3,padding=8,padding_mode=circular",
     "conv1d:3x24,40x3x3",
     FALTUNG_PADDING_CIRCULAR,
     {{8, 8}, NONE, NONE},
     {1, 1, 1}},
    {"conv1d:3x8,4x3x2,padding=20:30,padding_mode=replicate,stride=3",
     "conv1d:3x58,4x3x2,stride=3",
     FALTUNG_PADDING_REPLICATE,
     {{20, 30}, NONE, NONE},
     {1, 1, 1}},
    {"conv2d:2x7x19x21,37x7x3x3,padding=1,padding_mode=reflect",
     "conv2d:2x7x21x23,37x7x3x3",
     FALTUNG_PADDING_REFLECT,
     {{1, 1}, {1, 1}, NONE},
     {1, 1, 1}},
    {"conv2d:2x7x19x21,3x7x3x3,padding=0:2+2:0,padding_mode=circular,stride=2",
     "conv2d:2x7x21x23,3x7x3x3,stride=2",
     FALTUNG_PADDING_CIRCULAR,
     {{0, 2}, {2, 0}, NONE},
     {1, 1, 1}},
    {"conv2d:2x32x19x21,37x32x3x3,padding=1:3+2:1,padding_mode=reflect",
     "conv2d:2x32x23x24,37x32x3x3",
     FALTUNG_PADDING_REFLECT,
     {{1, 3}, {2, 1}, NONE},
     {1, 1, 1}},
    {"conv2d:1x32x9x58,37x32x3x3,padding=0:2+3:3,padding_mode=replicate",
     "conv2d:1x32x11x64,37x32x3x3",
     FALTUNG_PADDING_REPLICATE,
     {{0, 2}, {3, 3}, NONE},
     {1, 1, 1}},
    {"conv2d:3x32x9x7,37x32x3x3,padding=1:-2+4:1,padding_mode=circular",
     "conv2d:3x32x8x12,37x32x3x3",
     FALTUNG_PADDING_CIRCULAR,
     {{1, -2}, {4, 1}, NONE},
     {1, 1, 1}},
    {"conv2d:2x18x30x61,18x1x3x3,padding=1,padding_mode=reflect,groups=18",
     "conv2d:2x18x32x63,18x1x3x3,groups=18",
     FALTUNG_PADDING_REFLECT,
     {{1, 1}, {1, 1}, NONE},
     {1, 1, 1}},
    {"conv2d:1x6x30x31,6x1x5x5,padding=4:2+2:3,padding_mode=circular,stride=2,groups=6",
     "conv2d:1x6x36x36,6x1x5x5,stride=2,groups=6",
     FALTUNG_PADDING_CIRCULAR,
     {{4, 2}, {2, 3}, NONE},
     {1, 1, 1}},
    {"conv2d:1x3x9x9,4x3x2x2,padding=0:1,padding_mode=replicate,dtype=f16",
     "conv2d:1x3x10x10,4x3x2x2,dtype=f16",
     FALTUNG_PADDING_REPLICATE,
     {{0, 1}, {0, 1}, NONE},
     {1, 1, 1}},
    {"conv3d:1x3x4x5x6,8x3x3x3x3,padding=1+2+3,padding_mode=reflect",
     "conv3d:1x3x6x9x12,8x3x3x3x3",
     FALTUNG_PADDING_REFLECT,
     {{1, 1}, {2, 2}, {3, 3}},
     {1, 1, 1}},
    {"conv3d:1x3x4x5x6,8x3x3x3x3,padding=1,padding_mode=replicate,dtype=f64",
     "conv3d:1x3x6x7x8,8x3x3x3x3,dtype=f64",
     FALTUNG_PADDING_REPLICATE,
     {{1, 1}, {1, 1}, {1, 1}},
     {1, 1, 1}},
    // Cropped.
    {"conv2d:2x7x19x21,37x7x3x3,padding=-2:3+1:-4",
     "conv2d:2x7x20x18,37x7x3x3",
     FALTUNG_PADDING_ZEROS,
     {{-2, 3}, {1, -4}, NONE},
     {1, 1, 1}},
    {"conv2d:2x8x9x9,40x8x1x1,padding=-2:-3",
     "conv2d:2x8x4x4,40x8x1x1",
     FALTUNG_PADDING_ZEROS,
     {{-2, -3}, {-2, -3}, NONE},
     {1, 1, 1}},
    {"conv2d:1x6x30x31,6x1x3x3,padding=-1:2+2:-1,groups=6",
     "conv2d:1x6x31x32,6x1x3x3,groups=6",
     FALTUNG_PADDING_ZEROS,
     {{-1, 2}, {2, -1}, NONE},
     {1, 1, 1}},
    {"conv1d:1x4x9,3x4x3,padding=-9:12",
     "conv1d:1x4x12,3x4x3", // nothing of it is left
     FALTUNG_PADDING_ZEROS,
     {{-9, 12}, NONE, NONE},
     {1, 1, 1}},
    {"conv1d:1x4x9,3x4x3,padding=-2:4,padding_mode=circular",
     "conv1d:1x4x11,3x4x3",
     FALTUNG_PADDING_CIRCULAR,
     {{-2, 4}, NONE, NONE},
     {1, 1, 1}},
    {"conv1d:1x4x9,3x4x3,padding=-2:4,padding_mode=reflect",
     "conv1d:1x4x11,3x4x3",
     FALTUNG_PADDING_REFLECT,
     {{-2, 4}, NONE, NONE},
     {1, 1, 1}},
    // Dilated: sums leave the zeros in between out, which shows in no bit of a chain.
    {"conv2d:1x2x7x9,5x2x3x3,padding=2,input_dilation=3+2",
     "conv2d:1x2x23x21,5x2x3x3",
     FALTUNG_PADDING_ZEROS,
     {{2, 2}, {2, 2}, NONE},
     {3, 2, 1}},
    {"conv2d:1x2x7x9,5x2x4x3,padding=-1:5,input_dilation=4,stride=2+3,dilation=3+2",
     "conv2d:1x2x29x37,5x2x4x3,stride=2+3,dilation=3+2",
     FALTUNG_PADDING_ZEROS,
     {{-1, 5}, {-1, 5}, NONE},
     {4, 4, 1}},
};

// The element of an axis that is shown at a position, found by walking there from inside; -1: zero.
static int64_t walk(faltung_padding_mode mode, faltung_padding p, int64_t size, int64_t to)
{
    int64_t low = 0, high = size - 1, step = to < 0 ? -1 : 1, at = to < 0 ? 0 : high;
    if (to >= 0 && to < size && mode != FALTUNG_PADDING_CIRCULAR)
        return to;
    if (mode == FALTUNG_PADDING_CIRCULAR) {
        low = p.begin < 0 ? -p.begin : 0;
        high += p.end < 0 ? p.end : 0;
        if (to >= low && to <= high)
            return to;
        at = to < low ? low : high;
    }
    for (int64_t position = at; position != to; position += step)
        switch (mode) {
        case FALTUNG_PADDING_REFLECT: // one step back for each step out
            at -= step;
            break;
        case FALTUNG_PADDING_CIRCULAR:
            at += step;
            at = at < low ? high : at > high ? low : at;
            break;
        case FALTUNG_PADDING_REPLICATE:
            break;
        default:
            return -1;
        }
    return at;
}

// Where an element of the input made by hand comes from along an axis; -1: a zero.
static int64_t origin(const bordered_case *c, int axis, int64_t size, int64_t at)
{
    int64_t position = at - c->padding[axis].begin, step = c->input_dilation[axis];
    if (step > 1)
        return position >= 0 && position % step == 0 && position / step < size ? position / step
                                                                               : -1;
    return walk(c->mode, c->padding[axis], size, position);
}

static void make_input(const bordered_case *c, const array *from, array *to, int axes)
{
    const int rank = from->tensor.rank;
    for (int64_t i = 0; i < to->count; i++) {
        int64_t at = 0, rest = i;
        bool zero = false;
        for (int a = rank - 1; a >= 0; a--) {
            int64_t index = rest % to->shape[a], axis = a - (rank - axes);
            rest /= to->shape[a];
            if (axis >= 0)
                index = origin(c, (int)axis, from->shape[a], index);
            zero = zero || index < 0;
            at += index * from->strides[a];
        }
        array_set(to, i, zero ? 0 : array_get(from, at));
    }
}

static void copy_array(array *to, const array *from)
{
    assert_int_equal(to->count, from->count);
    memcpy(to->memory, from->memory, (size_t)from->count * faltung_dtype_size(from->tensor.dtype));
}

static void check_by_hand(const bordered_case *c, const char *type)
{
    char problem[200], by_hand_problem[200];
    setting s, by_hand;
    const char *key = strstr(c->problem, "dtype=") ? "" : ",dtype="; // else it has one
    if (!*key)
        type = "";
    snprintf(problem, sizeof problem, "%s%s%s", c->problem, key, type);
    snprintf(by_hand_problem, sizeof by_hand_problem, "%s%s%s", c->by_hand, key, type);
    print_message("%s\n", problem);
    setting_make(&s, problem);
    setting_make(&by_hand, by_hand_problem);
    make_input(c, &s.input, &by_hand.input, s.call.conv.axes);
    copy_array(&by_hand.weight, &s.weight);
    copy_array(&by_hand.bias, &s.bias);
    assert_int_equal(s.output.count, by_hand.output.count);
    assert_true(setting_compute(&s) == setting_compute(&by_hand));
    setting_free(&s);
    setting_free(&by_hand);
}

static void borders_are_inputs_made_by_hand(void **state)
{
    (void)state;
    static const char *const types[] = {"f32", "bf16", "i8"};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t t = 0; t < COUNT_OF(types); t++)
            check_by_hand(&cases[i], types[t]);
}

// An infinite weight meets what is shown, no zeros.
static void shown_elements_meet_infinite_weights(void **state)
{
    (void)state;
    setting s;
    setting_make(&s, "conv2d:1x40x5x5,33x40x3x3,padding=1,padding_mode=replicate");
    for (int64_t i = 0; i < s.input.count; i++)
        array_set(&s.input, i, 1);
    for (int64_t i = 0; i < s.weight.count; i++)
        array_set(&s.weight, i, i == 0 ? HUGE_VAL : 1);
    setting_compute(&s);
    for (int64_t i = 0; i < s.output.count; i++)
        assert_true(i < 25 ? array_get(&s.output, i) == HUGE_VAL
                           : isfinite(array_get(&s.output, i)));
    setting_free(&s);
}

static void what_cannot_be_shown_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *problem;
        faltung_status status;
        const char *words;
    } refused[] = {
        {"conv1d:1x1x4,1x1x3,padding=4,padding_mode=reflect", FALTUNG_ERROR_PADDING,
         "Padding size should be less than the corresponding input dimension, but got: padding (4, "
         "4) at dimension 2 of input [1, 1, 4]"},
        {"conv2d:1x4x4,1x1x3x3,padding=1+0:4,padding_mode=reflect", FALTUNG_ERROR_PADDING,
         "padding (0, 4) at dimension 2 of input [1, 4, 4]"},
        {"conv1d:1x1x4,1x1x3,padding=5,padding_mode=circular", FALTUNG_ERROR_PADDING,
         "Padding value causes wrapping around more than once"},
        {"conv1d:1x1x4,1x1x1,padding=-1:4,padding_mode=circular", FALTUNG_ERROR_PADDING,
         "padding (-1, 4) at dimension 2"},
        {"conv_transpose2d:1x1x4x4,1x1x3x3,padding_mode=circular", FALTUNG_ERROR_OPTION,
         "Only \"zeros\" padding mode is supported for ConvTranspose2d"},
        {"conv2d_input:1x1x4x4,1x1x3x3,padding_mode=reflect", FALTUNG_ERROR_OPTION,
         "Only \"zeros\" padding mode is supported for gradients"},
        {"conv2d_weight:1x1x4x4,1x1x3x3,input_dilation=2", FALTUNG_ERROR_DILATION,
         "input_dilation=2 for a gradient"},
        {"conv_transpose2d:1x1x4x4,1x1x3x3,input_dilation=2", FALTUNG_ERROR_DILATION,
         "input_dilation is for convolutions"},
        {"conv2d:1x1x4x4,1x1x3x3,padding=same,input_dilation=2", FALTUNG_ERROR_PADDING,
         "padding='same' is not supported for a dilated input"},
        {"conv2d:1x1x4x4,1x1x3x3,padding_mode=reflect,input_dilation=2", FALTUNG_ERROR_DILATION,
         "padding_mode='reflect' is not supported for a dilated input"},
        {"conv1d:1x1x4,1x1x3,input_dilation=4611686018427387904", FALTUNG_ERROR_OVERFLOW,
         "does not fit"},
        {"conv1d:1x1x4,1x1x3,padding=-1:0+0", FALTUNG_ERROR_PARSE, "padding='-1:0+0'"},
        {"conv1d:1x1x4,1x1x3,padding=-1", FALTUNG_ERROR_PARSE, "numbers of 0 or more"},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        faltung_message message = {""};
        faltung_problem p;
        faltung_call call;
        faltung_status status = faltung_problem_parse(refused[i].problem, &p, &message);
        if (!status)
            status = faltung_problem_call(&p, &call, &message);
        if (!status) { // a convolution that has no such gradient
            int64_t shape[FALTUNG_MAX_AXES + 2];
            const faltung_tensor x = {NULL, call.dtype, call.input_rank, call.input_shape, NULL};
            const faltung_tensor w = {NULL, call.dtype, call.weight_rank, call.weight_shape, NULL};
            status = faltung_output_shape(&call.conv, &x, &w, shape, &message);
        }
        assert_refused(status, refused[i].status, &message, refused[i].words, NULL);
    }
}

static void an_unknown_mode_is_refused(void **state)
{
    (void)state;
    faltung_message message = {""};
    setting s;
    setting_make(&s, "conv1d:1x1x8,1x1x3");
    s.call.conv.padding_mode = (faltung_padding_mode)4;
    assert_refused(faltung_convolve(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                    &s.output.tensor, &message),
                   FALTUNG_ERROR_OPTION, &message, "padding_mode=4", NULL);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders_are_inputs_made_by_hand),
        cmocka_unit_test(shown_elements_meet_infinite_weights),
        cmocka_unit_test(what_cannot_be_shown_is_refused),
        cmocka_unit_test(an_unknown_mode_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
