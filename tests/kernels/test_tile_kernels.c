// SPDX-License-Identifier: Apache-2.0
//
// What the processor's matrix tiles do against their twin, between pages that may not be accessed.
#include "guarded.h"
#include "support.h"
#include "tile_twin.h"

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

enum { MOST_STRIPS = 3 };

enum {
    TILE_NUMBERS = FAL_TILE * FAL_TILE,
    SUMS = MOST_STRIPS * FAL_TILE_STRIP * FAL_TILE_STRIP,
    MOST_INPUT =
        MOST_OFFSET + (MOST_CHUNKS * MOST_CHUNK + MOST_STRIPS * FAL_TILE_STRIP) * MOST_PLANE,
};

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

// A product of random sizes.
typedef struct product {
    fal_tile_products p;
    int chunk, blocks, vectors;
    bool is_unsigned, last;
    int32_t offset[MOST_TAPS];
    int64_t read; // numbers of the input
} product;

static void make_product(product *m, prng *random)
{
    fal_tile_products *p = &m->p;
    const int64_t apart = random_between(random, MOST_CHUNK, MOST_PLANE);
    m->chunk = (int)random_between(random, 1, MOST_CHUNK);
    *p = (fal_tile_products){
        .pixel = m->last ? apart : 1,
        .number = m->last ? 1 : apart,
        .offset = m->offset,
        .taps = random_between(random, 1, MOST_TAPS),
        .chunks = random_between(random, 1, MOST_CHUNKS),
        .strips = random_between(random, 1, MOST_STRIPS),
    };
    p->chunk = m->chunk * p->number;
    p->weight_tile = p->chunks * p->taps * TILE_NUMBERS * (int64_t)sizeof(uint32_t);
    int64_t reach = 0;
    for (int64_t i = 0; i < p->taps; i++) {
        m->offset[i] = (int32_t)random_between(random, 0, MOST_OFFSET);
        reach = m->offset[i] > reach ? m->offset[i] : reach;
    }
    const int64_t pixels = (p->strips - 1) * FAL_TILE_STRIP + m->vectors * FAL_TILE;
    m->read = reach + (p->chunks * m->chunk - 1) * p->number + (pixels - 1) * p->pixel + 1;
}

static void note_product(const product *m, faltung_dtype dtype, edge at)
{
    blame(
        "%s by %s weights%s: %d by %d tiles, %d numbers, %d taps, %d chunks, %d strips, at the %s",
        faltung_dtype_name(dtype), m->is_unsigned ? "unsigned" : "other",
        m->last ? ", channels last" : "", m->blocks, m->vectors, m->chunk, (int)m->p.taps,
        (int)m->p.chunks, (int)m->p.strips, at == AT_BEGIN ? "begin" : "end");
}

// Runs one kernel and its twin on a random problem whose input ends at a page.
static void check_product(faltung_dtype dtype, product *m, edge at, prng *random)
{
    _Alignas(64) static uint32_t weight[2 * MOST_CHUNKS * MOST_TAPS * TILE_NUMBERS];
    _Alignas(64) static uint32_t bias[2 * TILE_NUMBERS], found[SUMS], expected[SUMS];
    static uint32_t input[MOST_INPUT];
    make_product(m, random);
    assert_true(m->read <= MOST_INPUT);
    fill_numbers(dtype, input, m->read, random);
    fill_numbers(dtype, weight, COUNT_OF(weight), random);
    fill_sums(dtype, bias, COUNT_OF(bias), random);
    memset(found, 0xff, sizeof found);
    memset(expected, 0xff, sizeof expected);
    note_product(m, dtype, at);
    m->p.weight = weight;
    m->p.bias = bias;
    for (int i = 0; i < 2; i++) {
        const fal_tile_kernels *kernels = i ? own_tiles(dtype) : tile_twin_of(dtype);
        const size_t bytes = (size_t)m->read * sizeof *input;
        m->p.input = memcpy(arena_place(&input_arena, bytes, sizeof *input, at), input, bytes);
        m->p.sums = i ? found : expected;
        kernels->begin(m->chunk, m->last);
        kernels->multiply[m->is_unsigned][m->last][m->blocks - 1][m->vectors - 1](&m->p);
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
        for (int i = 0; i < 640; i++) {
            product m = {.blocks = 1 + i % 2,
                         .vectors = 1 + i / 2 % 2,
                         .last = i / 4 % 2,
                         .is_unsigned = i / 8 % 2};
            check_product(types[t], &m, (edge)(i / 16 % EDGES), &random);
        }
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
    const int64_t step = random_between(random, -3, 9);
    fal_tile_box box = {
        .rows = random_between(random, 1, 4),
        .columns = random_between(random, 1, 50),
        .from_row = random_between(random, 0, 60),
        .from_column = step > 6 ? 1 : step,
        .before = random_between(random, 0, 20),
        .after = random_between(random, 0, 20),
        .border = (uint32_t)random_bits(random),
    };
    int64_t apart[FAL_TILE_PARTS] = {0}, most = 0;
    for (int i = 0; i < parts; i++) {
        apart[i] = together ? i * size : random_between(random, 0, 40) * size;
        if (!together && random_between(random, 0, 4) == 0)
            apart[i] = -1;
        most = apart[i] > most ? apart[i] : most;
    }
    box.to_row = box.before + box.columns + box.after + random_between(random, 0, 3);
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
    box.to = expected + box.before;
    tile_twin_of(dtype)->gather(&box);
    uint32_t *found = memset(arena_place(&numbers_arena, bytes, sizeof *found, at), 0xff, bytes);
    box.to = found + box.before;
    own_tiles(dtype)->gather(&box);
    for (int64_t i = 0; i < written; i++)
        if (found[i] != expected[i])
            fail_msg("%s: number %d is %08x, its twin %08x", blamed(), (int)i, (unsigned)found[i],
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

// ----------------------------------------------------------------------------------------- writing

// Numbers of any size but those too small to be normal.
static void fill_any_sums(faltung_dtype dtype, uint32_t *to, int64_t count, prng *random)
{
    const uint32_t exponent = 0x7f800000;
    for (int64_t i = 0; i < count; i++)
        do
            to[i] = (uint32_t)random_bits(random) & (random_bits(random) % 4 ? ~0U : 0xffff8000);
        while (dtype == FALTUNG_BF16 && (to[i] & exponent) == 0);
}

static void check_write(faltung_dtype dtype, edge at, prng *random)
{
    enum { ROWS = 2 * FAL_TILE, MOST_ROW = FAL_TILE_STRIP + 3 };
    static uint32_t sums[ROWS * FAL_TILE_STRIP];
    static uint8_t expected[ROWS * MOST_ROW * sizeof(uint32_t)];
    const size_t size = dtype == FALTUNG_BF16 ? 2 : 4;
    fal_rows rows = {
        .rows = random_between(random, 1, ROWS),
        .columns = random_between(random, 1, FAL_TILE_STRIP),
        .from_row = FAL_TILE_STRIP,
        .from_column = 1,
        .to_column = 1,
    };
    rows.to_row = rows.columns + random_between(random, 0, 3);
    const size_t read = (size_t)((rows.rows - 1) * FAL_TILE_STRIP + rows.columns) * sizeof *sums;
    const size_t written = (size_t)((rows.rows - 1) * rows.to_row + rows.columns) * size;
    fill_any_sums(dtype, sums, COUNT_OF(sums), random);
    blame("sums to %s, %dx%d at a distance of %d, against the %s", faltung_dtype_name(dtype),
          (int)rows.rows, (int)rows.columns, (int)rows.to_row, at == AT_BEGIN ? "begin" : "end");
    rows.from = memcpy(arena_place(&elements_arena, read, sizeof *sums, at), sums, read);
    rows.to = memset(expected, 0xff, sizeof expected);
    tile_twin_of(dtype)->write(&rows);
    rows.to = memset(arena_place(&numbers_arena, written, size, at), 0xff, written);
    own_tiles(dtype)->write(&rows);
    if (memcmp(rows.to, expected, written) != 0)
        fail_msg("%s: what is written is not what its twin writes", blamed());
}

static void sums_are_written_as_by_the_twin(void **state)
{
    (void)state;
    prng random = {45};
    if (!own_tiles(FALTUNG_BF16))
        skip();
    arena_make(&elements_arena, 8 * MOST_BOX);
    arena_make(&numbers_arena, MOST_BOX * sizeof(uint32_t));
    blame_begin();
    for (int i = 0; i < 3000; i++)
        check_write(i / EDGES % 2 ? FALTUNG_BF16 : FALTUNG_I8, (edge)(i % EDGES), &random);
    blame_end();
    arena_free(&elements_arena);
    arena_free(&numbers_arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_processor_multiplies_as_its_twin),
        cmocka_unit_test(elements_are_gathered_as_by_the_twin),
        cmocka_unit_test(sums_are_written_as_by_the_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
