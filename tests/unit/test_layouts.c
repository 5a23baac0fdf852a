// SPDX-License-Identifier: Apache-2.0
//
// Plans made for channels last, which may compute in another way: they give the same bits, whatever
// the strides of the runs, and so do those that were made for the other layout.
#include "guarded.h"
#include "setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const problems[] = {
    "conv2d:1x64x13x11,40x64x1x1,layout=nhwc",
    "conv2d:2x33x7x9,70x33x1x1,layout=nhwc",
    "conv2d:3x300x5x5,9x300x1x1,layout=nhwc",
    "conv2d:300x40x1x1,33x40x1x1,layout=nhwc",
    "conv2d:2x24x30x17,60x8x1x1,groups=3,stride=2,layout=nhwc",
    "conv2d:1x20x29x17,48x20x1x1,padding=1,layout=nhwc",
    "conv2d:40x12x10,17x40x1x1,layout=nhwc,dtype=f64",
    "conv2d:1x3x40x41,32x3x3x3,stride=2,padding=1,layout=nhwc",
    "conv2d:1x16x20x19,24x16x3x3,padding=1,layout=nhwc",
    "conv2d:1x16x20x19,16x1x3x3,padding=1,groups=16,layout=nhwc",
    "conv2d:1x21x20x19,21x1x3x3,padding=1,stride=2,groups=21,layout=nhwc",
    "conv2d:1x300x9x8,300x1x5x5,padding=2,groups=300,layout=nhwc",
    "conv2d:1x17x11x9,17x1x5x5,padding=3,stride=2,groups=17,layout=nhwc,dtype=f64",
    "conv2d:2x20x11x12,20x1x7x7,padding=3,groups=20,layout=nhwc,activation=silu",
    "conv2d:1x20x9x2,20x1x5x5,padding=3+9,groups=20,layout=nhwc",
    "conv1d:2x30x50,20x30x1,layout=nhwc",
    "conv3d:18x3x5x6,20x18x1x2x2,layout=nhwc",
    "conv3d:1x18x4x5x6,20x18x1x1x1,layout=nhwc",
    "conv_transpose2d:1x34x9x10,34x40x2x2,stride=2,layout=nhwc",
    "conv_transpose2d:2x20x11x10,20x1x3x3,stride=2,padding=1,groups=20,layout=nhwc",
    "conv2d_input:1x34x9x10,40x34x1x1,layout=nhwc",
    "conv2d_input:2x20x11x10,20x1x3x3,padding=1,groups=20,layout=nhwc",
    "conv2d_input:2x20x21x30,20x1x5x5,padding=2,stride=2,groups=20,layout=nhwc",
    "conv2d:1x64x13x11,40x64x1x1,layout=nhwc,dtype=bf16",
    "conv2d:1x21x13x11,40x21x1x1,layout=nhwc,dtype=c64",
    "conv2d:1x21x13x11,40x21x1x1,layout=nhwc,dtype=i8",
};

// An array of another's elements with these strides, against the end of guarded memory.
static void lay_out(array *to, arena *memory, const array *from, const int64_t *strides)
{
    faltung_message m;
    const size_t size = faltung_dtype_size(from->tensor.dtype);
    arena_make(memory, (size_t)from->count * size);
    *to = *from;
    to->memory = arena_place(memory, (size_t)from->count * size, size, AT_END);
    memcpy(to->strides, strides, (size_t)from->tensor.rank * sizeof *strides);
    to->tensor.data = to->memory;
    to->tensor.shape = to->shape;
    to->tensor.strides = to->strides;
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &m), &m);
}

static void run_plan(const faltung_plan *plan, const array *input, const array *output,
                     const faltung_part *part)
{
    faltung_message m;
    assert_ok(part ? faltung_plan_run_part(plan, &input->tensor, &output->tensor, part, NULL, &m)
                   : faltung_plan_run(plan, &input->tensor, &output->tensor, NULL, &m),
              &m);
}

// Whether a view holds the bits of the setting's output.
static void assert_output(const setting *s, const array *found)
{
    array copy;
    faltung_message m;
    array_make(&copy, s->output.tensor.dtype, s->output.tensor.rank, s->output.shape);
    assert_ok(faltung_tensor_copy(&found->tensor, &copy.tensor, &m), &m);
    assert_true(array_same_bits(&copy, &s->output));
    array_free(&copy);
}

static faltung_plan *make_plan(const setting *s, const array *input)
{
    faltung_message m;
    faltung_plan *plan;
    assert_ok(faltung_plan_create(&s->call.conv, &input->tensor, &s->weight.tensor,
                                  s->has_bias ? &s->bias.tensor : NULL, &plan, &m),
              &m);
    return plan;
}

static void try_layouts(const setting *s, int threads)
{
    arena memory[2];
    array input, output, *inputs[2] = {(array *)&s->input, &input};
    lay_out(&input, &memory[0], &s->input, s->call.input_strides);
    lay_out(&output, &memory[1], &s->output, s->call.output_strides);
    for (int planned = 0; planned < 2; planned++) {
        faltung_plan *plan = make_plan(s, inputs[planned]);
        for (int run = 0; run < 2; run++) {
            memset(output.memory, 0xff,
                   (size_t)output.count * faltung_dtype_size(output.tensor.dtype));
            run_plan(plan, inputs[run], &output, NULL);
            assert_output(s, &output);
        }
        faltung_part part = {{0}, {0}}; // all but the first, of every axis that has more
        memcpy(part.end, s->call.output_shape, sizeof part.end);
        for (int i = 0; i < s->call.output_rank; i++)
            part.begin[i] = part.end[i] > 1 ? threads % 2 : 0;
        run_plan(plan, inputs[1], &output, &part);
        assert_output(s, &output);
        faltung_plan_destroy(plan);
    }
    arena_free(&memory[0]);
    arena_free(&memory[1]);
}

static void layouts_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        setting s;
        setting_make(&s, problems[i]);
        setting_compute(&s);
        for (int threads = 1; threads <= 4; threads += 3) {
            s.call.conv.threads = threads;
            try_layouts(&s, threads);
        }
        setting_free(&s);
    }
}

static const char *const gradients[] = {
    "conv2d_weight:3x17x20x19,17x1x3x3,padding=1,groups=17,layout=nhwc",
    "conv2d_weight:2x20x40x54,20x1x3x3,padding=1,groups=20,layout=nhwc",
    "conv2d_weight:2x150x9x14,150x1x5x5,padding=2+3,groups=150,layout=nhwc",
    "conv2d_weight:1x16x30x33,16x1x3x3,padding=1,stride=2,groups=16,layout=nhwc",
    "conv2d_weight:2x35x12x11,35x1x3x2,dilation=2+3,stride=1+2,groups=35,layout=nhwc,dtype=f64",
    "conv2d_weight:1x18x24x26,18x1x11x13,padding=5+6,groups=18,layout=nhwc",
    "conv2d_weight:5x24x10x10,24x1x3x3,padding=1,groups=24,layout=nhwc,dtype=bf16",
    "conv1d_weight:2x33x700,33x1x9,padding=4,groups=33,layout=nhwc",
    "conv1d_weight:5x18x70,18x1x3,padding=1,groups=18,layout=nhwc",
    "conv2d_weight:7x34x7x7,34x1x3x3,padding=1,groups=34,layout=nhwc",
    "conv2d_weight:7x34x8x7,34x1x4x2,padding=1,groups=34,layout=nhwc,dtype=f16",
    "conv2d_weight:2x16x9x150,16x1x2x70,groups=16,layout=nhwc",
    "conv2d_weight:1x16x5x700,16x1x2x300,groups=16,layout=nhwc",
    "conv2d_weight:1x16x151x90,16x1x3x3,padding=1,groups=16,layout=nhwc",
    "conv3d_weight:2x19x4x9x8,19x1x3x3x3,padding=1,groups=19,layout=nhwc",
    "conv_transpose2d_weight:2x21x9x10,21x1x4x4,stride=2,padding=1,groups=21,layout=nhwc",
    "conv2d_weight:2x32x9x10,16x2x3x3,groups=16,layout=nhwc",
    "conv2d_weight:10x64x130x130,64x1x3x3,padding=1,groups=64,layout=nhwc",
    // Read in place, or not, where runs of planes or columns are longer than what there is.
    "conv2d_weight:2x23x4x4,33x23x1x1",
    "conv2d_weight:2x23x4x4,33x23x1x1,layout=nhwc",
    "conv2d_weight:3x8x9x7,33x8x3x3",
    "conv2d_weight:2x3x9x8,20x3x4x4,stride=4",
    "conv2d_weight:2x3x12x13,40x3x3x3,padding=1",
    "conv2d_weight:3x20x14x14,20x1x3x3,padding=1,stride=2,groups=20",
};

// Where numbers that are not finite lie near, the definition may have computed one and not the
// other.
static void assert_alike(const array *a, const array *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        const double x = array_get(a, i), y = array_get(b, i);
        assert_true(isfinite(x) ? fabs(x - y) < 1e-4 : isnan(x) ? isnan(y) : x == y);
    }
}

// The gradient by a plan and of operands of either layout.
static void try_gradient(const setting *s, const array *const plan_of[2],
                         const array *const run_of[2], bool is_odd)
{
    faltung_message m;
    faltung_plan *plan;
    array output;
    array_make(&output, s->output.tensor.dtype, s->output.tensor.rank, s->output.shape);
    array_fill_bytes(&output, 0xff);
    assert_ok(faltung_plan_create(&s->call.conv, &plan_of[0]->tensor, &plan_of[1]->tensor, NULL,
                                  &plan, &m),
              &m);
    assert_ok(faltung_plan_run_weight(plan, &run_of[0]->tensor, &run_of[1]->tensor, &output.tensor,
                                      NULL, &m),
              &m);
    if (is_odd)
        assert_alike(&output, &s->output);
    else
        assert_true(array_same_bits(&output, &s->output));
    faltung_plan_destroy(plan);
    array_free(&output);
}

static void layouts_change_no_bit_of_a_gradient(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(gradients) * 2; i++) {
        setting s;
        arena memory[2];
        array last[2];
        setting_make(&s, gradients[i / 2]);
        if (i % 2) { // in two corners, next to a border
            array_set(&s.input, 0, INFINITY);
            array_set(&s.input, s.input.count - 1, NAN);
        }
        setting_compute(&s);
        lay_out(&last[0], &memory[0], &s.input, s.call.input_strides);
        lay_out(&last[1], &memory[1], &s.weight, s.call.weight_strides);
        const array *const operands[2][2] = {{&s.input, &s.weight}, {&last[0], &last[1]}};
        for (int threads = 1; threads <= 4; threads += 3)
            for (int planned = 0; planned < 2; planned++)
                for (int run = 0; run < 4; run++) {
                    s.call.conv.threads = threads;
                    const array *mixed[2] = {operands[run % 2][0], operands[run / 2][1]};
                    try_gradient(&s, operands[planned], mixed, i % 2);
                }
        arena_free(&memory[0]);
        arena_free(&memory[1]);
        setting_free(&s);
    }
}

// Channels of a picture that has more, from the first pixel of a row on or from the last.
static void pixels_may_lie_apart_and_backwards(void **state)
{
    static const char *const depthwise[] = {
        "conv2d:2x20x11x10,20x1x3x3,padding=1,groups=20,layout=nhwc",
        "conv2d:2x20x11x10,20x1x5x5,padding=3,stride=2,groups=20,layout=nhwc",
        "conv2d:1x300x11x10,300x1x7x7,padding=3,groups=300,layout=nhwc,activation=silu",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(depthwise) * 2; i++) {
        setting s;
        setting_make(&s, depthwise[i / 2]);
        setting_compute(&s);
        arena memory[2];
        array plain, output;
        lay_out(&plain, &memory[0], &s.input, s.call.input_strides);
        lay_out(&output, &memory[1], &s.output, s.call.output_strides);
        array wide = plain;
        const size_t size = (size_t)plain.count * 2 * sizeof(float);
        wide.memory = malloc(size);
        assert_non_null(wide.memory);
        memset(wide.memory, 0x7f, size); // nothing that could be added unseen
        wide.tensor = (faltung_tensor){wide.memory, FALTUNG_F32, 4, wide.shape, wide.strides};
        for (int axis = 0; axis < 4; axis++)
            wide.strides[axis] *= axis == 1 ? 1 : 2;
        if (i % 2) {
            wide.tensor.data = (float *)wide.memory + (wide.shape[3] - 1) * wide.strides[3];
            wide.strides[3] *= -1;
        }
        faltung_message m;
        assert_ok(faltung_tensor_copy(&s.input.tensor, &wide.tensor, &m), &m);
        faltung_plan *plan = make_plan(&s, &plain);
        run_plan(plan, &wide, &output, NULL);
        assert_output(&s, &output);
        faltung_plan_destroy(plan);
        free(wide.memory);
        arena_free(&memory[0]);
        arena_free(&memory[1]);
        setting_free(&s);
    }
}

// What is packed pixel by pixel for channels that lie last has to be told from what is not.
static void a_layout_is_seen_by_its_strides(void **state)
{
    (void)state;
    faltung_message m;
    faltung_explanation plain, last;
    faltung_problem p;
    faltung_call c;
    assert_ok(faltung_problem_parse("conv2d:1x256x56x56,64x256x1x1,layout=nhwc", &p, &m), &m);
    assert_ok(faltung_problem_call(&p, &c, &m), &m);
    faltung_tensor input = {NULL, c.dtype, c.input_rank, c.input_shape, NULL};
    const faltung_tensor weight = {NULL, c.weight_dtype, c.weight_rank, c.weight_shape, NULL};
    assert_ok(faltung_explain(&c.conv, &input, &weight, &plain, &m), &m);
    input.strides = c.input_strides;
    assert_ok(faltung_explain(&c.conv, &input, &weight, &last, &m), &m);
    assert_non_null(strstr(plain.how, "pixels in the lanes"));
    assert_non_null(strstr(last.how, "channels in the lanes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_change_no_bit),
        cmocka_unit_test(layouts_change_no_bit_of_a_gradient),
        cmocka_unit_test(pixels_may_lie_apart_and_backwards),
        cmocka_unit_test(a_layout_is_seen_by_its_strides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
