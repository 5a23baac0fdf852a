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

enum { MOST_PRODUCTS = 600, MOST_RUNS = 1024, MOST_OFFSET = 400 };

// A strip at its largest, in ordinary memory: what is given to a kernel is the part that it needs.
typedef struct model {
    const subject *s;
    fal_strip strip;
    float input[MOST_OFFSET + 4096];
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
static void model_make(model *m, const subject *s, prng *random, int tiles, int64_t step,
                       int64_t products)
{
    int64_t weights = products * s->shape->channels;
    m->s = s;
    m->weight = malloc((size_t)weights * sizeof *m->weight);
    assert_non_null(m->weight);
    assert_true(runs_of(s, tiles) <= MOST_RUNS && sums_of(s, tiles) <= FAL_STRIP_SUMS);
    for (int64_t i = 0; i < runs_of(s, tiles); i++)
        m->run[i] = (int32_t)random_between(random, 0, 999);
    m->run[random_between(random, 0, runs_of(s, tiles) - 1)] = 0;
    for (int64_t k = 0; k < products; k++)
        m->offset[k] = k ? (int32_t)random_between(random, 0, MOST_OFFSET) : 0;
    for (int64_t i = 0; i < weights; i++)
        m->weight[i] = (float)random_real(random);
    for (size_t i = 0; i < COUNT_OF(m->chains); i++)
        m->chains[i] = 0;
    m->strip = (fal_strip){.input = m->input,
                           .run = m->run,
                           .step = step,
                           .offset = m->offset,
                           .weight = m->weight,
                           .tiles = tiles};
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
    blame("%s: tiles %d, step %d, products %d, add %d, against the %s", name_of(m->s).text,
          strip.tiles, (int)strip.step, (int)products, add, at == AT_BEGIN ? "begin" : "end");
    m->s->multiply(&strip);
    check_sums(m, &strip, before);
}

// Neighbours with pixels in the lanes are always 1 apart.
static int64_t most_steps(const subject *s)
{
    return s->is_long ? 1 : 3;
}

void any_number_of_products_gives_the_bits_of_the_twin(void **state)
{
    (void)state;
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    prng random = {1};
    static model m;
    blame_begin();
    for (int i = 0; i < count; i++)
        for (int64_t step = 1; step <= most_steps(&subjects[i]); step++) {
            model_make(&m, &subjects[i], &random, 1, step, MOST_PRODUCTS);
            for (int64_t k = 0; k < MOST_PRODUCTS; k++) {
                twin_multiply(m.s, &m.strip, k, m.chains);
                for (int add = 0; add <= 1; add++)
                    check_strip(&m, &random, k + 1, add, (k + add) % 2 ? AT_BEGIN : AT_END);
            }
            model_free(&m);
        }
    blame_end();
}

static void check_strips(const subject *s, prng *random, int tiles, int64_t step, int64_t products)
{
    static model m;
    model_make(&m, s, random, tiles, step, products);
    for (int64_t k = 0; k < products; k++)
        twin_multiply(s, &m.strip, k, m.chains);
    for (int add = 0; add <= 1; add++)
        for (int at = 0; at < EDGES; at++)
            check_strip(&m, random, products, add, (edge)at);
    model_free(&m);
}

void any_number_of_tiles_gives_the_bits_of_the_twin(void **state)
{
    static const int64_t products[] = {1, 2, 9, 27};
    (void)state;
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    prng random = {2};
    blame_begin();
    for (int i = 0; i < count; i++) {
        const subject *s = &subjects[i];
        // A strip of single runs is at most what is left of a tile.
        int most = s->pixels == s->shape->pixels ? s->shape->strip : s->shape->pixels / s->pixels;
        for (int tiles = 1; tiles <= most; tiles++)
            for (int64_t step = 1; step <= most_steps(s); step++)
                for (size_t k = 0; k < COUNT_OF(products); k++)
                    check_strips(s, &random, tiles, step, products[k]);
    }
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
