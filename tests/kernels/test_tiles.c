// SPDX-License-Identifier: Apache-2.0
//
// Convolutions by matrix tiles: what the processor's do against their twin, where there are any;
// and, on every processor, what the algorithm makes of the twin's.
#include "guarded.h"
#include "setting.h"
#include "tile_twin.h"

#include "base/memory.h"
#include "plan/choose.h"
#include "plan/pieces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const faltung_dtype types[] = {FALTUNG_BF16, FALTUNG_I8, FALTUNG_U8};

// NULL: this processor has none.
static const fal_tile_kernels *own_tiles(faltung_dtype dtype)
{
    const fal_kernels *kernels = fal_find_kernels("amx", dtype);
    return kernels ? kernels->tiles : NULL;
}

// ---------------------------------------------------------------------------------------- products

enum { MOST_CHUNK = FAL_TILE, MOST_CHUNKS = 3, MOST_TAPS = 5, MOST_OFFSET = 70, MOST_PLANE = 150 };

enum { TILE_NUMBERS = FAL_TILE * FAL_TILE, SUMS = 2 * FAL_TILE * FAL_TILE_STRIP };

static arena input_arena;

// Halves of numbers, some too small to be normal, or any bytes.
static void fill_numbers(faltung_dtype dtype, uint32_t *to, int64_t count, prng *random)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = (uint32_t)random_bits(random);
        if (dtype == FALTUNG_BF16)
            for (int half = 0; half < 2; half++) {
                const bool odd = random_between(random, 0, 15) == 0;
                const uint16_t bits =
                    odd ? (uint16_t)(random_bits(random) & 0x80ff) // subnormal, or hardly more
                        : brain_from_double(random_real(random));
                to[i] =
                    half ? (to[i] & 0xffff) | (uint32_t)bits << 16 : (to[i] & 0xffff0000) | bits;
            }
    }
}

// Sums begin with anything: one number for each channel would hide which pixel got which.
static void fill_sums(faltung_dtype dtype, uint32_t *to, int64_t count, prng *random)
{
    for (int64_t i = 0; i < count; i++) {
        const float real = (float)random_real(random);
        to[i] = (uint32_t)random_bits(random);
        if (dtype == FALTUNG_BF16)
            memcpy(&to[i], &real, sizeof real);
    }
}

// Runs one kernel and its twin on a random problem whose input ends at a page.
static void check_products(faltung_dtype dtype, int blocks, int vectors, bool is_unsigned, edge at,
                           prng *random)
{
    _Alignas(64) static uint32_t weight[2 * MOST_CHUNKS * MOST_TAPS * TILE_NUMBERS];
    _Alignas(64) static uint32_t bias[2 * TILE_NUMBERS], found[SUMS], expected[SUMS];
    static uint32_t input[MOST_CHUNKS * MOST_CHUNK * MOST_PLANE + MOST_OFFSET + FAL_TILE_STRIP];
    const fal_tile_kernels *own = own_tiles(dtype), *twin = tile_twin_of(dtype);
    const int chunk = (int)random_between(random, 1, MOST_CHUNK);
    int32_t offset[MOST_TAPS], reach = 0;
    fal_tile_products p = {
        .plane = random_between(random, 1, MOST_PLANE),
        .offset = offset,
        .taps = random_between(random, 1, MOST_TAPS),
        .chunks = random_between(random, 1, MOST_CHUNKS),
        .weight = weight,
        .bias = bias,
    };
    p.chunk = chunk * p.plane;
    p.weight_tile = p.chunks * p.taps * TILE_NUMBERS * (int64_t)sizeof(uint32_t);
    for (int64_t i = 0; i < p.taps; i++) {
        offset[i] = (int32_t)random_between(random, 0, MOST_OFFSET);
        reach = offset[i] > reach ? offset[i] : reach;
    }
    const int64_t read = (p.chunks * chunk - 1) * p.plane + reach + vectors * FAL_TILE;
    fill_numbers(dtype, input, read, random);
    fill_numbers(dtype, weight, COUNT_OF(weight), random);
    fill_sums(dtype, bias, COUNT_OF(bias), random);
    memset(found, 0xff, sizeof found);
    memset(expected, 0xff, sizeof expected);
    blame("%s by %s weights: %d by %d tiles, %d numbers, %d taps, %d chunks, against the %s",
          faltung_dtype_name(dtype), is_unsigned ? "unsigned" : "other", blocks, vectors, chunk,
          (int)p.taps, (int)p.chunks, at == AT_BEGIN ? "begin" : "end");
    for (int i = 0; i < 2; i++) {
        const fal_tile_kernels *kernels = i ? own : twin;
        void (*const *row)(const fal_tile_products *) =
            is_unsigned ? kernels->multiply_unsigned[blocks - 1] : kernels->multiply[blocks - 1];
        const size_t bytes = (size_t)read * sizeof *input;
        p.input = memcpy(arena_place(&input_arena, bytes, sizeof *input, at), input, bytes);
        p.sums = i ? found : expected;
        kernels->begin(chunk);
        row[vectors - 1](&p);
        kernels->end();
    }
    for (int i = 0; i < SUMS; i++)
        if (found[i] != expected[i])
            fail_msg("%s: sum %d is %08x, its twin %08x", blamed(), i, (unsigned)found[i],
                     (unsigned)expected[i]);
}

static void the_processor_multiplies_as_its_twin(void **state)
{
    (void)state;
    prng random = {41};
    if (!own_tiles(FALTUNG_BF16))
        skip();
    arena_make(&input_arena, 1 << 20);
    blame_begin();
    for (size_t t = 0; t < COUNT_OF(types); t++)
        for (int i = 0; i < 400; i++)
            check_products(types[t], 1 + i % 2, 1 + i / 2 % 2,
                           types[t] != FALTUNG_BF16 && i / 4 % 2, (edge)(i / 8 % EDGES), &random);
    blame_end();
    arena_free(&input_arena);
}

// ----------------------------------------------------------------------------------------- packing

enum { MOST_BOX = 1 << 13 };

static arena elements_arena, numbers_arena;

// Bytes from the first that a box reads to behind the last, its parts being within `apart`.
static int64_t bytes_of_box(const fal_tile_box *b, int64_t size, int64_t apart)
{
    return apart +
           ((b->rows - 1) * b->from_row + llabs((b->columns - 1) * b->from_column) + 1) * size;
}

// Neighbours along the channels lie side by side, or anywhere; some are missing.
static void check_gather(faltung_dtype dtype, edge at, prng *random)
{
    static uint8_t elements[8 * MOST_BOX];
    static uint32_t expected[MOST_BOX];
    const int64_t size = (int64_t)faltung_dtype_size(dtype), parts = 4 / size;
    const bool together = random_between(random, 0, 2) == 0;
    fal_tile_box box = {
        .rows = random_between(random, 1, 4),
        .columns = random_between(random, 1, 50),
        .from_row = random_between(random, 0, 60),
        .from_column = random_between(random, -3, 9),
    };
    int64_t apart[FAL_TILE_PARTS] = {0}, most = 0;
    for (int i = 0; i < parts; i++) {
        apart[i] = together ? i * size : random_between(random, 0, 40) * size;
        if (!together && random_between(random, 0, 4) == 0)
            apart[i] = -1;
        most = apart[i] > most ? apart[i] : most;
    }
    box.to_row = box.columns + random_between(random, 0, 3);
    const int64_t read = bytes_of_box(&box, size, most), written = box.rows * box.to_row;
    assert_true(read <= (int64_t)sizeof elements && written <= MOST_BOX);
    for (int64_t i = 0; i < read; i++)
        elements[i] = (uint8_t)random_bits(random);
    char *from = arena_place(&elements_arena, (size_t)read, (size_t)size, at);
    memcpy(from, elements, (size_t)read);
    if (box.from_column < 0) // from the last column on
        from -= (box.columns - 1) * box.from_column * size;
    for (int i = 0; i < parts; i++)
        box.part[i] = apart[i] < 0 ? NULL : from + apart[i];
    const size_t bytes = (size_t)written * sizeof *expected;
    blame("%s, %dx%d from steps of %d and %d, %s, against the %s", faltung_dtype_name(dtype),
          (int)box.rows, (int)box.columns, (int)box.from_row, (int)box.from_column,
          together ? "together" : "apart", at == AT_BEGIN ? "begin" : "end");
    memset(expected, 0xff, sizeof expected);
    box.to = expected;
    tile_twin_of(dtype)->gather(&box);
    box.to = memset(arena_place(&numbers_arena, bytes, sizeof *expected, at), 0xff, bytes);
    own_tiles(dtype)->gather(&box);
    for (int64_t i = 0; i < written; i++)
        if (box.to[i] != expected[i])
            fail_msg("%s: number %d is %08x, its twin %08x", blamed(), (int)i, (unsigned)box.to[i],
                     (unsigned)expected[i]);
}

static void elements_are_gathered_as_by_the_twin(void **state)
{
    (void)state;
    prng random = {42};
    if (!own_tiles(FALTUNG_BF16))
        skip();
    arena_make(&elements_arena, 8 * MOST_BOX);
    arena_make(&numbers_arena, MOST_BOX * sizeof(uint32_t));
    blame_begin();
    for (size_t t = 0; t < COUNT_OF(types); t++)
        for (int i = 0; i < 3000; i++)
            check_gather(types[t], (edge)(i % EDGES), &random);
    blame_end();
    arena_free(&elements_arena);
    arena_free(&numbers_arena);
}

// ------------------------------------------------------------------------------------ convolutions

// Computes a setting by the algorithm and the twin, in random parts.
static void compute_by_twin(setting *s, prng *random)
{
    const faltung_call *c = &s->call;
    const faltung_tensor *bias = &s->bias.tensor;
    faltung_message message;
    fal_choice choice;
    fal_kernels kernels;
    faltung_conv conv = c->conv;
    conv.instruction_set = "scalar";
    conv.threads = 1;
    assert_ok(fal_choose(&conv, &s->input.tensor, &s->weight.tensor, bias, &choice, &message),
              &message);
    kernels = *choice.task.kernels;
    kernels.tiles = tile_twin_of(kernels.dtype);
    choice.task.kernels = &kernels;
    choice.algorithm = &fal_tiles;
    assert_null(fal_tiles.passed_over(&choice.task));
    assert_true(fal_fit(&choice, &fal_tiles, random_between(random, 0, 1) ? 40000 : 0) ||
                fal_fit(&choice, &fal_tiles, 0));
    const size_t packed = fal_choice_packed_bytes(&choice);
    char *memory = aligned_alloc(FAL_ALIGNMENT, packed + fal_choice_workspace(&choice));
    assert_non_null(memory);
    const fal_operands operands =
        fal_choice_operands(&choice, &s->input.tensor, &s->weight.tensor, bias, &s->output.tensor);
    fal_tiles.pack(&choice.task, &operands, memory);
    array_fill_bytes(&s->output, 0xff);
    fal_part part = fal_whole(&choice.task.problem), rest = part;
    const int axis = (int)random_between(random, 0, FAL_PART_AXES - 1);
    part.end[axis] = rest.begin[axis] = random_between(random, 0, part.end[axis]);
    fal_run_choice(&choice, &operands, memory, &part, memory + packed);
    fal_run_choice(&choice, &operands, memory, &rest, memory + packed);
    free(memory);
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
        for (int repeat = 0; repeat < 6; repeat++) {
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

// On the processor's own tiles, by any number of threads.
static void the_processor_gives_the_recorded_bits(void **state)
{
    static const int threads[] = {1, 2, 3, 7};
    (void)state;
    if (!own_tiles(FALTUNG_BF16))
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
    const char *why = fal_tiles.passed_over(&choice.task);
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
        cmocka_unit_test(the_processor_multiplies_as_its_twin),
        cmocka_unit_test(elements_are_gathered_as_by_the_twin),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(halves_have_the_recorded_bits),
        cmocka_unit_test(the_processor_gives_the_recorded_bits),
        cmocka_unit_test(what_is_no_work_for_tiles_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
