// SPDX-License-Identifier: Apache-2.0
//
// Strips: every kernel against its twin, bit for bit, each of its buffers exactly as large as it is
// read and against a page that may not be.
#include "tests.h"

#include "guarded.h"
#include "twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PRODUCTS = 600, MOST_RUNS = 1024, MOST_FLOATS = 1 << 14 };

// A strip at its largest, in ordinary memory: what is given to a kernel is the part that it needs.
typedef struct model {
    const subject *s;
    fal_strip strip;
    float input[MOST_FLOATS];
    int32_t run[MOST_RUNS];
    int32_t offset[MOST_PRODUCTS];
    float *weight;
    float chains[FAL_STRIP_SUMS]; // of the twin, over the products so far
} model;

static arena input, run, offset, weight, sums;

static int64_t runs_of(const subject *s, int tiles)
{
    return (int64_t)tiles * s->pixels / s->shape->run;
}

static int64_t sums_of(const subject *s, int tiles)
{
    return (int64_t)tiles * s->pixels * s->shape->channels;
}

// Numbers where `products` read, and NaN elsewhere: one that is used shows.
static void fill_input(model *m, prng *random, int64_t products)
{
    for (size_t i = 0; i < COUNT_OF(m->input); i++)
        m->input[i] = NAN;
    for (int64_t p = 0; p < (int64_t)m->strip.tiles * m->s->pixels; p++)
        for (int64_t k = 0; k < products; k++) {
            int64_t at = pixel_index(m->s, &m->strip, p) + m->strip.offset[k];
            assert_true(at < (int64_t)COUNT_OF(m->input));
            m->input[at] = (float)random_real(random);
        }
}

// Runs and offsets in no order. One of each is 0, so that the first element is read.
static void fill_anywhere(model *m, prng *random, int64_t runs, int64_t products)
{
    for (int64_t i = 0; i < runs; i++)
        m->run[i] = (int32_t)random_between(random, 0, 999);
    m->run[random_between(random, 0, runs - 1)] = 0;
    for (int64_t k = 0; k < products; k++)
        m->offset[k] = k ? (int32_t)random_between(random, 0, 400) : 0;
}

// The same for one channel by itself: the runs of a tile are rows one below the other, and so are
// the products.
static void fill_rows(model *m, prng *random, int64_t runs, int64_t products)
{
    int64_t tile = m->s->pixels / m->s->shape->run, row = tile / FAL_TILE_ROWS;
    m->strip.pitch = random_between(random, 1, 20);
    fill_anywhere(m, random, runs, products);
    m->run[0] = 0;
    for (int64_t i = 0; i < runs; i++)
        m->run[i] = (int32_t)(m->run[i - i % tile] + i % tile / row * m->strip.pitch +
                              i % row * m->s->shape->run);
    for (int64_t k = m->strip.columns; k < products; k++)
        m->offset[k] = (int32_t)(m->offset[k - m->strip.columns] + m->strip.pitch);
}

// What a kernel may have been written for: the distance of neighbours, or the columns of products.
typedef struct variant {
    int64_t step, columns;
} variant;

static const variant wide_variants[] = {{1, 0}, {2, 0}, {3, 0}};
static const variant row_variants[] = {{1, 1}, {1, 2}, {1, 3}, {1, 5}, {1, 7}};

// The variants of a kernel; NULL behind the last.
static const variant *variant_of(const subject *s, size_t i)
{
    if (s->is_rows)
        return i < COUNT_OF(row_variants) ? &row_variants[i] : NULL;
    return i < (s->is_long ? 1 : COUNT_OF(wide_variants)) ? &wide_variants[i] : NULL;
}

static void model_make(model *m, const subject *s, prng *random, int tiles, const variant *v,
                       int64_t products)
{
    int64_t weights = products * s->shape->channels, runs = runs_of(s, tiles);
    m->s = s;
    m->weight = malloc((size_t)weights * sizeof *m->weight);
    assert_non_null(m->weight);
    assert_true(runs <= MOST_RUNS && sums_of(s, tiles) <= FAL_STRIP_SUMS);
    m->strip = (fal_strip){.input = m->input,
                           .run = m->run,
                           .step = v->step,
                           .offset = m->offset,
                           .weight = m->weight,
                           .tiles = tiles,
                           .columns = v->columns};
    if (s->is_rows)
        fill_rows(m, random, runs, products);
    else
        fill_anywhere(m, random, runs, products);
    for (int64_t i = 0; i < weights; i++)
        m->weight[i] = (float)random_real(random);
    for (size_t i = 0; i < COUNT_OF(m->chains); i++)
        m->chains[i] = 0;
    fill_input(m, random, products);
}

static void model_free(model *m)
{
    free(m->weight);
}

// A copy that stands against a forbidden page.
static void *place(const arena *a, const void *from, size_t bytes, size_t alignment, edge at)
{
    return memcpy(arena_place(a, bytes, alignment, at), from, bytes);
}

// How far the first `products` read.
static int64_t floats_of(const model *m, int64_t products)
{
    int64_t farthest = 0, reach = 0;
    for (int64_t p = 0; p < (int64_t)m->strip.tiles * m->s->pixels; p++) {
        int64_t at = pixel_index(m->s, &m->strip, p);
        farthest = at > farthest ? at : farthest;
    }
    for (int64_t k = 0; k < products; k++)
        reach = m->offset[k] > reach ? m->offset[k] : reach;
    return farthest + reach + 1;
}

// Compares all sums, and what lies beside them up to the next vector of any size.
static void check_sums(const model *m, const fal_strip *strip, const float *before)
{
    int64_t count = sums_of(m->s, strip->tiles), padded = (count + 15) / 16 * 16;
    for (int64_t i = 0; i < padded; i++) {
        float expected = i >= count   ? before[i]
                         : strip->add ? before[i] + m->chains[i]
                                      : m->chains[i];
        if (memcmp(&expected, &strip->sums[i], sizeof expected) == 0)
            continue;
        print_error("%s: sum %d is %a, its twin %a\n", blamed(), (int)i, (double)strip->sums[i],
                    (double)expected);
        fail();
    }
}

// Runs the kernel on so many of the products, all of which the twin has already been through.
static void check_strip(const model *m, prng *random, int64_t products, bool add, edge at)
{
    static float before[FAL_STRIP_SUMS + 16];
    int64_t count = (sums_of(m->s, m->strip.tiles) + 15) / 16 * 16;
    fal_strip strip = m->strip;
    for (int64_t i = 0; i < count; i++)
        before[i] = add ? (float)random_real(random) : NAN;
    strip.products = products;
    strip.add = add;
    strip.input =
        place(&input, m->input, (size_t)floats_of(m, products) * sizeof(float), sizeof(float), at);
    strip.run = place(&run, m->run, (size_t)runs_of(m->s, strip.tiles) * sizeof(int32_t),
                      sizeof(int32_t), at);
    strip.offset =
        place(&offset, m->offset, (size_t)products * sizeof(int32_t), sizeof(int32_t), at);
    // Tiles of weights begin at multiples of their channels.
    size_t channels = (size_t)m->s->shape->channels;
    strip.weight = place(&weight, m->weight, (size_t)products * channels * sizeof(float),
                         m->s->is_long ? sizeof(float) : 64, at);
    strip.sums = place(&sums, before, (size_t)count * sizeof(float), 64, at);
    blame("%s: tiles %d, step %d, columns %d, products %d, add %d, against the %s",
          name_of(m->s).text, strip.tiles, (int)strip.step, (int)strip.columns, (int)products, add,
          at == AT_BEGIN ? "begin" : "end");
    m->s->multiply(&strip);
    check_sums(m, &strip, before);
}

// One channel by itself has all its products in one strip, to which nothing is added.
static int most_add(const subject *s)
{
    return s->is_rows ? 0 : 1;
}

// One tile, and the twin's chains as they grow.
static void check_products(const subject *s, prng *random, const variant *v)
{
    static model m;
    model_make(&m, s, random, 1, v, MOST_PRODUCTS);
    for (int64_t k = 0; k < MOST_PRODUCTS; k++) {
        twin_multiply(s, &m.strip, k, m.chains);
        for (int add = 0; add <= most_add(s); add++)
            if (!s->is_rows || (k + 1) % v->columns == 0)
                check_strip(&m, random, k + 1, add, (k + add) % 2 ? AT_BEGIN : AT_END);
    }
    model_free(&m);
}

void any_number_of_products_gives_the_bits_of_the_twin(void **state)
{
    (void)state;
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    prng random = {1};
    blame_begin();
    for (int i = 0; i < count; i++)
        for (size_t v = 0; variant_of(&subjects[i], v); v++)
            check_products(&subjects[i], &random, variant_of(&subjects[i], v));
    blame_end();
}

static void check_strips(const subject *s, prng *random, int tiles, const variant *v,
                         int64_t products)
{
    static model m;
    model_make(&m, s, random, tiles, v, products);
    for (int64_t k = 0; k < products; k++)
        twin_multiply(s, &m.strip, k, m.chains);
    for (int add = 0; add <= most_add(s); add++)
        for (int at = 0; at < EDGES; at++)
            check_strip(&m, random, products, add, (edge)at);
    model_free(&m);
}

static void check_tiles(const subject *s, prng *random)
{
    static const int64_t products[] = {1, 2, 9, 27};
    // A strip of single runs is at most what is left of a tile.
    int most = s->pixels == s->shape->pixels ? s->shape->strip : s->shape->pixels / s->pixels;
    for (int tiles = 1; tiles <= most; tiles++)
        for (size_t v = 0; variant_of(s, v); v++)
            for (size_t k = 0; k < COUNT_OF(products); k++)
                if (!s->is_rows || products[k] % variant_of(s, v)->columns == 0)
                    check_strips(s, random, tiles, variant_of(s, v), products[k]);
}

void any_number_of_tiles_gives_the_bits_of_the_twin(void **state)
{
    (void)state;
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    prng random = {2};
    blame_begin();
    for (int i = 0; i < count; i++)
        check_tiles(&subjects[i], &random);
    blame_end();
}

// What the driver relies on when it lays out its memory.
void a_strip_fits_into_the_sums_that_are_set_aside(void **state)
{
    (void)state;
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        const subject *s = &subjects[i];
        assert_int_equal(s->shape->pixels % s->shape->run, 0);
        assert_true(sums_of(s, s->shape->strip) <= FAL_STRIP_SUMS);
    }
}

int make_strip_arenas(void **state)
{
    (void)state;
    arena_make(&input, sizeof((model *)0)->input);
    arena_make(&run, sizeof((model *)0)->run);
    arena_make(&offset, sizeof((model *)0)->offset);
    arena_make(&weight, MOST_PRODUCTS * 256 * sizeof(float));
    arena_make(&sums, FAL_STRIP_SUMS * sizeof(float));
    return 0;
}

int free_strip_arenas(void **state)
{
    (void)state;
    arena *all[] = {&input, &run, &offset, &weight, &sums};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
