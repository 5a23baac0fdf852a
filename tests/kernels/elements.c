// SPDX-License-Identifier: Apache-2.0
//
// Elements that are no numbers, on their way in and out, between pages that may not be accessed:
// halves against the tensor's own conversions, pairs of bytes against their definition.
#include "tests.h"

#include "numbers.h"

#include <math.h>
#include <string.h>

enum { MOST_ELEMENTS = 1 << 15, MOST_NUMBERS = 1 << 14 };

static const char *const instruction_sets[] = {"avx512", "avx2", "neon", "scalar"};
static const faltung_dtype halves[] = {FALTUNG_F16, FALTUNG_BF16};

static arena elements, added, numbers;

// Runs a check of the tables of a type for every instruction set.
static void check_tables(faltung_dtype dtype, void (*check)(const fal_kernels *set, prng *random))
{
    blame_begin();
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++) {
        const fal_kernels *set = fal_find_kernels(instruction_sets[i], dtype);
        prng random = {(uint64_t)i};
        if (set)
            check(set, &random);
    }
    blame_end();
}

// Converts elements that follow each other.
static void convert(faltung_dtype from, const void *source, faltung_dtype to, void *target,
                    int64_t count)
{
    const faltung_tensor a = {(void *)(uintptr_t)source, from, 1, &count, NULL};
    const faltung_tensor b = {target, to, 1, &count, NULL};
    assert_int_equal(faltung_tensor_copy(&a, &b, NULL), FALTUNG_OK);
}

static bool is_nan_half(faltung_dtype dtype, uint16_t half)
{
    return isnan(dtype == FALTUNG_F16 ? half_to_double(half) : brain_to_double(half));
}

// -------------------------------------------------------------------------------------- coming in

static void check_every_half(const fal_kernels *set, prng *random)
{
    static uint16_t half[65536];
    static float expected[65536], found[65536];
    (void)random;
    for (int i = 0; i < 65536; i++)
        half[i] = (uint16_t)i;
    convert(set->dtype, half, FALTUNG_F32, expected, 65536);
    const fal_box box = {
        .from = half, .to = found, .planes = 1, .rows = 1, .columns = 65536, .from_column = 1};
    blame("all halves by %s", set->name);
    set->copy(&box);
    for (int i = 0; i < 65536; i++)
        assert_true(isnan(expected[i]) ? isnan(found[i])
                                       : memcmp(&found[i], &expected[i], sizeof *found) == 0);
}

void every_half_becomes_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(halves); i++)
        check_tables(halves[i], check_every_half);
}

// The distance over which a box reads, rows and columns being `step` and `row` apart.
static int64_t reach_of(const fal_box *b)
{
    return (b->rows - 1) * b->from_row + (b->columns - 1) * b->from_column + 1;
}

// What element `at` of a source, and the second one of its pair, become.
static int32_t number_of(const fal_kernels *set, const fal_box *b, const void *source, int64_t at)
{
    if (set->dtype != FALTUNG_I8 && set->dtype != FALTUNG_U8) {
        float number;
        int32_t bits;
        convert(set->dtype, (const uint16_t *)source + at, FALTUNG_F32, &number, 1);
        memcpy(&bits, &number, sizeof bits);
        return bits;
    }
    int part[2] = {0, 0};
    for (int i = 0; i <= b->pairing.paired; i++) {
        int64_t from = at + i * b->pairing.pair;
        part[i] = (set->dtype == FALTUNG_I8 ? ((const int8_t *)source)[from]
                                            : ((const uint8_t *)source)[from]) -
                  b->pairing.zero;
    }
    return (part[0] & 0xffff) | (int32_t)((uint32_t)part[1] << 16);
}

static void check_box(const fal_kernels *set, fal_box b, edge at, prng *random)
{
    static uint16_t source[MOST_ELEMENTS];
    static int32_t expected[MOST_NUMBERS];
    const int64_t reach = reach_of(&b) + b.pairing.pair, written = b.rows * b.to_row;
    assert_true(reach <= MOST_ELEMENTS && written <= MOST_NUMBERS);
    for (int64_t i = 0; i < reach; i++)
        source[i] = (uint16_t)(random_bits(random) & 0xbfff); // no NaN, whose bits are anyone's
    memset(expected, 0xff, sizeof expected);
    for (int64_t r = 0; r < b.rows; r++)
        for (int64_t c = 0; c < b.columns; c++)
            expected[r * b.to_row + c] =
                number_of(set, &b, source, r * b.from_row + c * b.from_column);
    const size_t size = (size_t)set->input_size;
    b.from = place(&elements, source, (size_t)reach * size, size, at);
    int32_t *found = arena_place(&numbers, (size_t)written * 4, 4, at);
    memset(found, 0xff, (size_t)written * 4);
    b.to = found;
    blame("elements of %s by %s: %dx%d, steps %d and %d, pair %d, against the %s",
          faltung_dtype_name(set->dtype), set->name, (int)b.rows, (int)b.columns, (int)b.from_row,
          (int)b.from_column, (int)b.pairing.pair, name_of_edge(at));
    set->copy(&b);
    for (int64_t i = 0; i < written; i++)
        if (found[i] != expected[i])
            fail_msg("%s: number %d is %08x, not %08x", blamed(), (int)i, (unsigned)found[i],
                     (unsigned)expected[i]);
}

static void check_boxes(const fal_kernels *set, prng *random)
{
    static const int64_t steps[] = {1, 2, 3, 7};
    for (int64_t columns = 1; columns <= 40; columns++)
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            for (int repeat = 0; repeat < 4 * EDGES; repeat++) {
                fal_box b = {.planes = 1, .columns = columns, .from_column = steps[i]};
                b.rows = random_between(random, 0, 2) ? random_between(random, 1, 3) : 35;
                b.from_row = random_between(random, 0, 2) ? random_between(random, 0, 90) : 1;
                b.to_row = columns + random_between(random, 0, 3);
                if (set->input_size == 1)
                    b.pairing = (fal_pairing){random_between(random, 0, 1), 0,
                                              (int)random_between(random, 0, 127)};
                if (b.pairing.paired)
                    b.pairing.pair = random_between(random, 0, 300);
                check_box(set, b, (edge)(repeat % EDGES), random);
            }
}

void elements_become_numbers_in_boxes_of_any_shape(void **state)
{
    (void)state;
    static const faltung_dtype all[] = {FALTUNG_F16, FALTUNG_BF16, FALTUNG_I8, FALTUNG_U8};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        check_tables(all[i], check_boxes);
}

// -------------------------------------------------------------------------------------- going out

// Numbers about which halves are to be rounded: those half-way between two, and their neighbours.
static void check_rounding(const fal_kernels *set, prng *random)
{
    enum { COUNT = 3 * 65536 };
    static float number[COUNT];
    static uint16_t expected[COUNT], found[COUNT];
    (void)random;
    for (int i = 0; i < 65536; i++) {
        double low, high;
        uint16_t half = (uint16_t)i, next = (uint16_t)(i + 1);
        convert(set->dtype, &half, FALTUNG_F64, &low, 1);
        convert(set->dtype, &next, FALTUNG_F64, &high, 1);
        float middle = isfinite(high) ? (float)((low + high) / 2) : (float)low;
        number[3 * i] = nextafterf(middle, -INFINITY);
        number[3 * i + 1] = middle;
        number[3 * i + 2] = nextafterf(middle, INFINITY);
    }
    convert(FALTUNG_F32, number, set->dtype, expected, COUNT);
    const fal_rows rows = {
        .from = number, .to = found, .rows = 1, .columns = COUNT, .from_column = 1, .to_column = 1};
    blame("rounding to %s by %s", faltung_dtype_name(set->dtype), set->name);
    set->write_rows(&rows);
    for (int i = 0; i < COUNT; i++)
        if (is_nan_half(set->dtype, expected[i]) ? !is_nan_half(set->dtype, found[i])
                                                 : found[i] != expected[i])
            fail_msg("%s: %a becomes %04x, not %04x", blamed(), (double)number[i], found[i],
                     expected[i]);
}

void numbers_become_the_nearest_halves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(halves); i++)
        check_tables(halves[i], check_rounding);
}

// An emission of halves writes what that of numbers does, rounded, and nothing beside it.
static void check_emission(const fal_kernels *set, const fal_wide_kernel *kernel, fal_emission e,
                           int64_t outputs, edge at, prng *random)
{
    static float sums[FAL_STRIP_SUMS + FAL_SLACK], bias[64 + FAL_SLACK], wide[MOST_ELEMENTS];
    static uint16_t expected[MOST_ELEMENTS], residual[MOST_ELEMENTS];
    static float residual_wide[MOST_ELEMENTS];
    const fal_kernels *numbers_set = fal_find_kernels(set->name, FALTUNG_F32);
    fal_finish finish = {.adds = random_between(random, 0, 1)};
    assert_true(outputs <= MOST_ELEMENTS);
    fill_reals(numbers_set, sums, COUNT_OF(sums), random);
    fill_reals(numbers_set, bias, COUNT_OF(bias), random);
    for (int64_t i = 0; i < outputs; i++) {
        wide[i] = 3; // what is not written
        residual_wide[i] = (float)random_real(random);
    }
    convert(FALTUNG_F32, residual_wide, set->dtype, residual, outputs);
    convert(set->dtype, residual, FALTUNG_F32, residual_wide, outputs);
    convert(FALTUNG_F32, wide, set->dtype, expected, outputs);
    e.sums = sums;
    e.bias = bias;
    e.output = wide;
    e.finish = &finish;
    finish.residual = (char *)residual_wide - (char *)wide;
    uint16_t *found = place(&elements, expected, (size_t)outputs * 2, 2, at);
    const char *adds = place(&added, residual, (size_t)outputs * 2, 2, at);
    numbers_set->emit_wide(&e, kernel);
    convert(FALTUNG_F32, wide, set->dtype, expected, outputs);
    e.output = found;
    finish.residual = adds - (const char *)found;
    blame("emission to %s by %s: tiles of %d, strides %d and %d, flat %d, against the %s",
          faltung_dtype_name(set->dtype), set->name, kernel->pixels, (int)e.channel_stride,
          (int)e.pixel_stride, e.flat, name_of_edge(at));
    set->emit_wide(&e, kernel);
    for (int64_t i = 0; i < outputs; i++)
        if (found[i] != expected[i])
            fail_msg("%s: element %d is %04x, not %04x", blamed(), (int)i, found[i], expected[i]);
}

static void check_emissions(const fal_kernels *set, prng *random)
{
    static fal_place places[128];
    for (int i = 0; set->wide[i]; i++) {
        const fal_wide_kernel *k = set->wide[i];
        const int64_t pixels = (int64_t)k->strip * k->pixels;
        for (int layout = 0; layout < 4; layout++)
            for (int repeat = 0; repeat < 4 * EDGES; repeat++) {
                const int64_t step = layout < 2 ? 1 : layout == 2 ? 2 : k->channels;
                fal_emission e = {.channel_stride = layout == 3 ? 1 : pixels * step,
                                  .pixel_stride = step,
                                  .flat = layout == 0,
                                  .place = places,
                                  .tiles = k->strip};
                e.first = (int)random_between(random, 0, k->channels - 1);
                e.past = (int)random_between(random, e.first + 1, k->channels);
                e.pixels = (int)random_between(random, 1, pixels);
                for (int64_t r = 0; r < pixels / k->run; r++)
                    places[r] = (fal_place){r * k->run * step, random_between(random, 0, k->run)};
                check_emission(set, k, e, k->channels * pixels * (layout == 2 ? 2 : 1),
                               (edge)(repeat % EDGES), random);
            }
    }
}

void sums_become_halves_wherever_they_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(halves); i++)
        check_tables(halves[i], check_emissions);
}

int make_element_arenas(void **state)
{
    (void)state;
    arena_make(&elements, MOST_ELEMENTS * sizeof(uint16_t));
    arena_make(&added, MOST_ELEMENTS * sizeof(uint16_t));
    arena_make(&numbers, MOST_NUMBERS * sizeof(int32_t));
    return 0;
}

int free_element_arenas(void **state)
{
    (void)state;
    arena_free(&elements);
    arena_free(&added);
    arena_free(&numbers);
    return 0;
}
