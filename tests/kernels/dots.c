// SPDX-License-Identifier: Apache-2.0
//
// Dot products against their twin, bit for bit, every buffer exactly as large as it is accessed and
// against a page that may not be.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

#include <string.h>

enum { MOST_TAPS = 40, MOST_LANES = 16, MOST_NUMBERS = 1 << 14, ACROSS_NUMBERS = 1 << 13 };

static arena input, grad, offset, sums;

// Dot products of numbers of either type.
typedef struct dots_case {
    fal_dots d;
    int32_t offset[MOST_TAPS];
    int64_t read, grad_count; // numbers of the input and of grad
    double input[MOST_NUMBERS], grad[MOST_NUMBERS];
    double sums[2 * MOST_TAPS * MOST_LANES];
} dots_case;

static void make_case(dots_case *c, const fal_kernels *set, int taps, prng *random)
{
    const int64_t lanes = 64 / set->size;
    fal_dots *d = &c->d;
    *d = (fal_dots){.offset = c->offset, .taps = taps, .input = c->input, .grad = c->grad};
    d->pictures = (int)random_between(random, 1, 2);
    d->images = random_between(random, 1, 3);
    d->strips = random_between(random, 1, 4);
    d->vectors = random_between(random, 0, 3);
    d->grad_strip = d->vectors * lanes + random_between(random, 0, 3);
    d->grad_image = d->strips * d->grad_strip;
    d->input_strip = random_between(random, 0, 70);
    d->input_image = random_between(random, 0, 300);
    d->add = random_between(random, 0, 1);
    int64_t furthest = 0;
    for (int t = 0; t < taps; t++) {
        c->offset[t] = (int32_t)random_between(random, 0, 200);
        furthest = c->offset[t] > furthest ? c->offset[t] : furthest;
    }
    c->read = furthest + (d->images - 1) * d->input_image + (d->strips - 1) * d->input_strip +
              d->vectors * lanes;
    d->grad_picture = d->images * d->grad_image + random_between(random, 0, 3);
    c->grad_count = (d->pictures - 1) * d->grad_picture + (d->images - 1) * d->grad_image +
                    (d->strips - 1) * d->grad_strip + d->vectors * lanes;
    assert_true(c->read <= MOST_NUMBERS && c->grad_count <= MOST_NUMBERS);
    fill_reals(set, c->input, c->read, random);
    fill_reals(set, c->grad, c->grad_count, random);
    fill_nan(set, c->sums, d->pictures * taps * lanes);
    if (d->add)
        fill_reals(set, c->sums, d->pictures * taps * lanes, random);
}

static void check_case(dots_case *c, const fal_kernels *set, edge at)
{
    const int64_t count = c->d.pictures * c->d.taps * (64 / set->size);
    fal_dots d = c->d;
    d.input = place_numbers(&input, set, c->input, c->read, at);
    d.grad = place_numbers(&grad, set, c->grad, c->grad_count, at);
    d.offset = place(&offset, c->offset, (size_t)d.taps * sizeof *d.offset, sizeof *d.offset, at);
    d.sums = place(&sums, c->sums, bytes_of(set, count), 64, at);
    c->d.sums = c->sums;
    twin_of(set)->sum_dots(&c->d);
    blame("dots of %s, %d bytes: %d pictures, %d taps, %dx%dx%d, add %d, against the %s", set->name,
          set->size, d.pictures, (int)d.taps, (int)d.images, (int)d.strips, (int)d.vectors, d.add,
          name_of_edge(at));
    set->sum_dots(&d);
    assert_same_numbers(set, d.sums, c->sums, count, "sum");
}

static void check_taps(const fal_kernels *set, prng *random)
{
    static dots_case c;
    const int repeats = 6;
    for (int taps = 1; taps <= MOST_TAPS; taps++)
        for (int i = 0; i < repeats * EDGES; i++) {
            make_case(&c, set, taps, random);
            check_case(&c, set, (edge)(i % EDGES));
        }
}

void any_number_of_dots_is_summed(void **state)
{
    (void)state;
    check_each_set(check_taps);
}

// With channels in the lanes.
typedef struct across_case {
    fal_dots_across d;
    int32_t offset[MOST_TAPS];
    int64_t read, grad_count, sum_count;
    double input[ACROSS_NUMBERS], grad[ACROSS_NUMBERS];
    double sums[MOST_TAPS * MOST_LANES * MOST_LANES];
} across_case;

static void make_across(across_case *c, const fal_kernels *set, int taps, prng *random)
{
    const int64_t lanes = 64 / set->size;
    fal_dots_across *d = &c->d;
    *d = (fal_dots_across){.offset = c->offset, .taps = taps, .input = c->input, .grad = c->grad};
    d->strips = random_between(random, 1, 3);
    d->vectors = random_between(random, 0, 3);
    d->first = random_between(random, 0, lanes - 1);
    d->grad_strip = d->vectors * lanes + random_between(random, 0, 3);
    d->input_strip = random_between(random, 0, 70);
    int64_t furthest = 0;
    for (int t = 0; t < taps; t++) {
        c->offset[t] = (int32_t)random_between(random, 0, 99);
        furthest = c->offset[t] > furthest ? c->offset[t] : furthest;
    }
    const int64_t pixels = d->vectors * lanes;
    c->read = (furthest + (d->strips - 1) * d->input_strip + pixels) * lanes;
    c->grad_count = ((d->strips - 1) * d->grad_strip + pixels) * lanes;
    c->sum_count = taps * lanes * lanes;
    assert_true(c->read <= ACROSS_NUMBERS && c->grad_count <= ACROSS_NUMBERS);
    fill_reals(set, c->input, c->read, random);
    fill_reals(set, c->grad, c->grad_count, random);
    fill_reals(set, c->sums, c->sum_count, random);
    if (random_between(random, 0, 1)) { // which need not be readable
        d->next_input = (uintptr_t)c->input;
        d->next_grad = (uintptr_t)c->grad;
        d->next_input_pixel = d->next_grad_pixel = INT64_C(1) << 40;
    }
}

static void check_across(across_case *c, const fal_kernels *set, edge at)
{
    fal_dots_across d = c->d;
    d.input = place_numbers(&input, set, c->input, c->read, at);
    d.grad = place_numbers(&grad, set, c->grad, c->grad_count, at);
    d.offset = place(&offset, c->offset, (size_t)d.taps * sizeof *d.offset, sizeof *d.offset, at);
    d.sums = place(&sums, c->sums, bytes_of(set, c->sum_count), 64, at);
    c->d.sums = c->sums;
    twin_of(set)->sum_dots_across(&c->d);
    blame("dots across of %s, %d bytes: %d taps, %dx%d, first %d, against the %s", set->name,
          set->size, (int)d.taps, (int)d.strips, (int)d.vectors, (int)d.first, name_of_edge(at));
    set->sum_dots_across(&d);
    assert_same_numbers(set, d.sums, c->sums, c->sum_count, "sum");
}

static void check_taps_across(const fal_kernels *set, prng *random)
{
    static across_case c;
    const int repeats = 3;
    for (int taps = 1; taps <= MOST_TAPS; taps++)
        for (int i = 0; i < repeats * EDGES; i++) {
            make_across(&c, set, taps, random);
            check_across(&c, set, (edge)(i % EDGES));
        }
}

void dots_are_summed_across(void **state)
{
    (void)state;
    check_each_set(check_taps_across);
}

int make_dots_arenas(void **state)
{
    (void)state;
    arena_make(&input, MOST_NUMBERS * sizeof(double));
    arena_make(&grad, MOST_NUMBERS * sizeof(double));
    arena_make(&offset, MOST_TAPS * sizeof(int32_t));
    arena_make(&sums, MOST_TAPS * MOST_LANES * MOST_LANES * sizeof(double));
    return 0;
}

int free_dots_arenas(void **state)
{
    (void)state;
    arena *all[] = {&input, &grad, &offset, &sums};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        arena_free(all[i]);
    return 0;
}
