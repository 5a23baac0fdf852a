// SPDX-License-Identifier: Apache-2.0
//
// Convolutions by matrix tiles: on every processor what the algorithm makes of the tiles' twin, and
// the same by the processor's own, where there are any.
#include "setting.h"
#include "tile_twin.h"

#include "base/memory.h"
#include "plan/choose.h"
#include "plan/pieces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------ convolutions

// By the algorithm and the twin, in random parts.
static void compute_arrays(const setting *s, const array *input, const array *output,
                           bool channels_last, prng *random)
{
    const faltung_tensor *bias = &s->bias.tensor;
    faltung_message message;
    fal_choice choice;
    fal_kernels kernels;
    faltung_conv conv = s->call.conv;
    conv.instruction_set = "scalar";
    conv.threads = 1;
    assert_ok(fal_choose(&conv, &input->tensor, &s->weight.tensor, bias, &choice, &message),
              &message);
    choice.task.channels_last = channels_last;
    kernels = *choice.task.kernels;
    kernels.tiles = tile_twin_of(kernels.dtype);
    choice.task.kernels = &kernels;
    choice.algorithm = &fal_tiles;
    assert_null(fal_tiles.cannot(&choice.task));
    assert_true(fal_fit(&choice, &fal_tiles, random_between(random, 0, 1) ? 40000 : 0) ||
                fal_fit(&choice, &fal_tiles, 0));
    const size_t packed = fal_choice_packed_bytes(&choice);
    char *memory = aligned_alloc(FAL_ALIGNMENT, packed + fal_choice_workspace(&choice));
    assert_non_null(memory);
    const fal_operands operands =
        fal_choice_operands(&choice, &input->tensor, &s->weight.tensor, bias, &output->tensor);
    fal_tiles.pack(&choice.task, &operands, memory);
    fal_part part = fal_whole(&choice.task.problem), rest = part;
    const int axis = (int)random_between(random, 0, FAL_PART_AXES - 1);
    part.end[axis] = rest.begin[axis] = random_between(random, 0, part.end[axis]);
    fal_run_choice(&choice, &operands, memory, &part, memory + packed);
    fal_run_choice(&choice, &operands, memory, &rest, memory + packed);
    free(memory);
}

// Makes an array with another's shape, and its channels last.
static void make_channels_last(const array *like, int axes, array *a)
{
    const int channel = like->tensor.rank - axes - 1;
    array_make(a, like->tensor.dtype, like->tensor.rank, like->shape);
    int64_t step = a->shape[channel];
    for (int i = a->tensor.rank - 1; i >= 0; i--) {
        a->strides[i] = i == channel ? 1 : step;
        step *= i == channel ? 1 : a->shape[i];
    }
    a->tensor.strides = a->strides;
}

static void copy(const array *from, const array *to)
{
    faltung_message message;
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &message), &message);
}

// As it is, as if channels came last though they do not, or with channels last.
static void compute_by_twin(setting *s, prng *random)
{
    const int way = (int)random_between(random, 0, 2);
    array input, output;
    array_fill_bytes(&s->output, 0xff);
    if (way < 2) {
        compute_arrays(s, &s->input, &s->output, way, random);
        return;
    }
    make_channels_last(&s->input, s->call.conv.axes, &input);
    make_channels_last(&s->output, s->call.conv.axes, &output);
    copy(&s->input, &input);
    compute_arrays(s, &input, &output, true, random);
    copy(&output, &s->output);
    array_free(&input);
    array_free(&output);
}

static const char *const problems[] = {
    "conv2d:1x64x13x15,72x64x3x3,padding=1,dtype=bf16",
    "conv2d:2x33x9x9,35x33x3x3,padding=1,stride=2,dtype=bf16",
    "conv2d:1x17x20x31,16x17x5x3,padding=2+1,stride=3+2,dilation=2+3,dtype=bf16",
    "conv2d:3x16x7x7,100x16x1x1,dtype=bf16",
    "conv2d:1x32x14x14,32x32x1x1,stride=2,dtype=bf16",
    "conv2d:1x48x9x40,54x16x3x3,padding=same,groups=3,dtype=bf16",
    "conv2d:1x16x300x5,16x16x3x3,padding=1,padding_mode=reflect,dtype=bf16",
    "conv2d:1x20x6x7,21x20x3x3,padding=2,padding_mode=circular,dtype=bf16",
    "conv1d:2x40x300,24x40x7,padding=3,padding_mode=replicate,dtype=bf16",
    "conv3d:1x18x5x9x9,19x18x3x3x3,padding=1,stride=2,dtype=bf16",
    "conv2d:1x64x13x15,72x64x3x3,padding=1,dtype=i8",
    "conv2d:1x35x13x15,37x35x3x3,padding=1,stride=2,dtype=u8,weight_dtype=i8,input_zero_point=131",
    "conv2d:1x16x9x9,16x16x3x3,padding=1,dtype=i8,weight_dtype=u8,input_zero_point=-7",
    "conv2d:2x70x8x9,50x35x4x2,padding=1,groups=2,dtype=u8",
    "conv2d:1x33x9x9,32x33x3x3,padding=2,padding_mode=reflect,dtype=u8,input_zero_point=3",
    "conv3d:1x18x5x9x9,19x18x3x3x3,padding=1,dilation=2,dtype=i8,input_zero_point=5",
};

// Of halves, integers that sums of f32 hold exactly.
static void fill_exactly(setting *s, prng *random)
{
    if (s->input.tensor.dtype != FALTUNG_BF16)
        return;
    array_fill_integers(&s->input, random, -8, 8);
    array_fill_integers(&s->weight, random, -8, 8);
    array_fill_integers(&s->bias, random, -8, 8);
}

static void integers_are_exact(void **state)
{
    (void)state;
    prng random = {43};
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        print_message("%s\n", problems[i]);
        for (int repeat = 0; repeat < 9; repeat++) {
            setting s;
            array expected;
            setting_make(&s, problems[i]);
            fill_exactly(&s, &random);
            s.call.conv.accuracy = FALTUNG_ACCURACY_EXACT;
            s.call.conv.instruction_set = "scalar";
            setting_compute(&s);
            array_make(&expected, s.output.tensor.dtype, s.output.tensor.rank, s.output.shape);
            memcpy(expected.memory, s.output.memory,
                   (size_t)expected.count * faltung_dtype_size(expected.tensor.dtype));
            s.call.conv.accuracy = FALTUNG_ACCURACY_BALANCED;
            compute_by_twin(&s, &random);
            assert_true(array_same_bits(&s.output, &expected));
            array_free(&expected);
            setting_free(&s);
        }
    }
}

typedef struct recorded {
    const char *problem;
    uint64_t hash;
} recorded;

static const recorded bits[] = {
#include "tile_bits.inc"
};

static void halves_have_the_recorded_bits(void **state)
{
    (void)state;
    int wrong = 0;
    prng random = {44};
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        setting s;
        setting_make(&s, bits[i].problem);
        compute_by_twin(&s, &random);
        const uint64_t hash = setting_hash(&s);
        if (hash != bits[i].hash) {
            print_message("    {\"%s\", UINT64_C(0x%016" PRIx64 ")},\n", bits[i].problem, hash);
            wrong++;
        }
        setting_free(&s);
    }
    assert_int_equal(wrong, 0);
}

static bool has_tiles(void)
{
    const fal_kernels *kernels = fal_find_kernels("amx", FALTUNG_BF16);
    return kernels && kernels->tiles;
}

// On the processor's own tiles, by any number of threads.
static void the_processor_gives_the_recorded_bits(void **state)
{
    static const int threads[] = {1, 2, 3, 7};
    (void)state;
    if (!has_tiles())
        skip();
    for (size_t i = 0; i < COUNT_OF(bits); i++)
        for (size_t t = 0; t < COUNT_OF(threads); t++) {
            setting s;
            setting_make(&s, bits[i].problem);
            s.call.conv.instruction_set = "amx";
            s.call.conv.threads = threads[t];
            assert_true(setting_compute(&s) == bits[i].hash);
            setting_free(&s);
        }
}

// -------------------------------------------------------------------------------------- the choice

typedef struct refusal {
    const char *problem, *why;
} refusal;

static const refusal refusals[] = {
    {"conv2d:1x64x9x9,64x64x3x3,dtype=f16", "no matrix tiles"},
    {"conv2d:1x15x9x9,64x15x3x3,dtype=bf16", "few channels"},
    {"conv2d:1x64x9x9,15x64x3x3,dtype=i8", "few channels"},
    {"conv_transpose2d:1x64x9x9,64x64x3x3,stride=2,dtype=bf16", "transposed"},
    {"conv2d:1x64x9x9,64x64x3x3,input_dilation=2,dtype=bf16", "dilated"},
    {"conv2d_weight:1x64x9x9,64x64x3x3,dtype=bf16", "weight's gradient"},
    {"conv2d:1x64x9x9,64x64x3x3,dtype=i8,weight_zero_point=1", "zero point"},
    {"conv2d:1x30000x9x9,16x30000x3x3,dilation=4,dtype=bf16", "4194304"},
};

static void check_refusal(const refusal *r, faltung_accuracy accuracy)
{
    setting s;
    faltung_message message;
    fal_choice choice;
    print_message("%s\n", r->problem);
    setting_make(&s, r->problem);
    s.call.conv.accuracy = accuracy;
    assert_ok(fal_choose(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL, &choice, &message),
              &message);
    fal_kernels kernels = *choice.task.kernels;
    kernels.tiles = s.input.tensor.dtype == FALTUNG_F16 ? NULL : tile_twin_of(kernels.dtype);
    choice.task.kernels = &kernels;
    const char *why = fal_tiles.cannot(&choice.task);
    assert_non_null(why);
    assert_non_null(strstr(why, r->why));
    setting_free(&s);
}

static void what_is_no_work_for_tiles_is_passed_over(void **state)
{
    const refusal exact = {"conv2d:1x64x9x9,64x64x3x3,dtype=bf16", "accuracy is exact"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        check_refusal(&refusals[i], FALTUNG_ACCURACY_BALANCED);
    check_refusal(&exact, FALTUNG_ACCURACY_EXACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(halves_have_the_recorded_bits),
        cmocka_unit_test(the_processor_gives_the_recorded_bits),
        cmocka_unit_test(what_is_no_work_for_tiles_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
