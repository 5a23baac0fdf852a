// SPDX-License-Identifier: Apache-2.0
//
// Strips with channels in the lanes: every kernel against its twin, bit for bit, each of its
// buffers exactly as large as it is read and against a page that may not be.
#include "tests.h"

#include "products.h"
#include "twin.h"

#include <string.h>

enum { MOST_RUNS = 128 };

static const int64_t steps[] = {1, 2, 3, -1};

static arena run, sums;

static int64_t runs_of(const fal_wide_kernel *k, int tiles)
{
    return (int64_t)tiles * k->pixels / k->run;
}

static int64_t sums_of(const fal_wide_kernel *k, int tiles)
{
    return (int64_t)tiles * k->pixels * k->channels;
}

// A strip, and what it is about to find in its sums.
typedef struct wide_case {
    const subject *s;
    const fal_wide_kernel *kernel;
    model m;
    fal_wide_strip strip;
    int32_t run[MOST_RUNS];
    double before[FAL_STRIP_SUMS], after[FAL_STRIP_SUMS]; // room for numbers of either type
} wide_case;

static void note_stretch(wide_case *c, int tile, const fal_stretch *stretch, prng *random)
{
    int64_t unit = c->m.products.unit, past = stretch->first + stretch->count;
    for (int p = 0; p < c->kernel->pixels; p++) {
        int64_t pixel = wide_pixel(c->kernel, &c->strip, tile, p);
        if (!is_taken(c->kernel, stretch, p))
            continue;
        for (int64_t k = stretch->first * unit; k < past * unit; k++)
            model_read(&c->m, pixel + c->m.offset[k], random);
    }
}

static void make_case(wide_case *c, const subject *s, const selection *chosen, int64_t step,
                      prng *random)
{
    c->s = s;
    c->kernel = s->wide_kernel;
    assert_true(runs_of(c->kernel, chosen->tiles) <= MOST_RUNS);
    model_make(&c->m, s->set, c->kernel->channels, chosen, random);
    for (int64_t i = 0; i < runs_of(c->kernel, chosen->tiles); i++)
        c->run[i] = (int32_t)random_between(random, -999, 999);
    c->strip =
        (fal_wide_strip){.products = c->m.products, .run = c->run, .step = step, .sums = c->after};
    if (random_between(random, 0, 1)) { // what is brought near may lie anywhere
        c->strip.ahead = random_between(random, -99999, 99999);
        c->strip.share = random_between(random, -99, 99);
    }
    for (int tile = 0; tile < chosen->tiles; tile++)
        for (const fal_stretch *st = c->m.lists[tile]; st->count; st++)
            note_stretch(c, tile, st, random);
}

// What the kernel leaves in its sums, which are all that it may write.
static void check_kernel(const wide_case *c, edge at)
{
    int64_t count = sums_of(c->kernel, c->strip.products.tiles);
    size_t runs = (size_t)runs_of(c->kernel, c->strip.products.tiles);
    fal_wide_strip strip = c->strip;
    strip.products = model_place(&c->m, at);
    strip.run = place(&run, c->run, runs * sizeof *c->run, sizeof *c->run, at);
    strip.sums = place(&sums, c->before, bytes_of(c->s->set, count), 64, at);
    c->kernel->multiply(&strip);
    assert_same_numbers(c->s->set, strip.sums, c->after, count, "sum");
}

static void check_case(wide_case *c, bool add, prng *random)
{
    int64_t count = sums_of(c->kernel, c->strip.products.tiles);
    fill_nan(c->s->set, c->before, count);
    if (add) {
        fill_reals(c->s->set, c->before, count, random);
        set_number(c->s->set, c->before, 0, -0.0); // nothing makes it +0
    }
    c->strip.add = add;
    memcpy(c->after, c->before, bytes_of(c->s->set, count));
    twin_of(c->s->set)->multiply_wide(c->kernel, &c->strip);
    for (int at = 0; at < EDGES; at++) {
        blame("%s: tiles %d, step %d, products %d in units of %d, add %d, against the %s",
              name_of(c->s).text, c->strip.products.tiles, (int)c->strip.step,
              (int)c->strip.products.count, (int)c->strip.products.unit, add,
              name_of_edge((edge)at));
        check_kernel(c, (edge)at);
    }
}

static void check_selection(const subject *s, const selection *chosen, int64_t step, prng *random)
{
    static wide_case c;
    make_case(&c, s, chosen, step, random);
    check_case(&c, false, random);
    check_case(&c, true, random);
}

static void check_products(const subject *s, prng *random)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        for (int k = first_tried(random); product_count(k); k += TRY_EVERY) {
            const selection all = {ALL, 1, product_count(k), 1, 1, 0};
            check_selection(s, &all, steps[i], random);
        }
}

void any_number_of_products_is_summed_in_wide_tiles(void **state)
{
    (void)state;
    check_each(WIDE, check_products);
}

static void check_tiles(const subject *s, prng *random)
{
    static const int64_t products[] = {1, 2, 9, 27};
    for (int tiles = 1; tiles <= s->wide_kernel->strip; tiles++)
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            for (size_t k = 0; k < COUNT_OF(products); k++) {
                const selection all = {ALL, tiles, products[k], 1, 1, 0};
                check_selection(s, &all, steps[i], random);
            }
}

void any_number_of_wide_tiles_is_computed(void **state)
{
    (void)state;
    check_each(WIDE, check_tiles);
}

// A strip whose tiles go different ways, one of them at least without a set of pixels.
static void check_skip(const subject *s, int64_t step, int skips, int skip, prng *random)
{
    int tiles = (int)random_between(random, 1, s->wide_kernel->strip);
    int64_t unit = random_between(random, 1, 4), units = random_between(random, 1, 12);
    const selection all = {ALL, tiles, unit * units, unit, skips, skip};
    const selection some = {SOME, tiles, unit * units, unit, skips, skip};
    check_selection(s, &all, step, random);
    check_selection(s, &some, step, random);
}

static void check_stretches(const subject *s, prng *random)
{
    const fal_wide_kernel *k = s->wide_kernel;
    const int repeats = 8;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        int skips = steps[i] == 1 ? k->skip_count : k->far_skips;
        for (int skip = 0; skip < skips; skip++)
            for (int repeat = 0; repeat < repeats; repeat += TRY_EVERY)
                check_skip(s, steps[i], skips, skip, random);
    }
}

void wide_tiles_leave_out_products_and_pixels(void **state)
{
    (void)state;
    check_each(WIDE, check_stretches);
}

static void check_nothing(const subject *s, prng *random)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const selection none = {NONE, s->wide_kernel->strip, 4, 2, 1, 0};
        check_selection(s, &none, steps[i], random);
    }
}

void a_wide_tile_without_products_adds_zero(void **state)
{
    (void)state;
    check_each(WIDE, check_nothing);
}

int make_wide_arenas(void **state)
{
    (void)state;
    make_product_arenas();
    arena_make(&run, MOST_RUNS * sizeof(int32_t));
    arena_make(&sums, FAL_STRIP_SUMS * sizeof(double));
    return 0;
}

int free_wide_arenas(void **state)
{
    (void)state;
    free_product_arenas();
    arena_free(&run);
    arena_free(&sums);
    return 0;
}
