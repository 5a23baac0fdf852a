// SPDX-License-Identifier: Apache-2.0
//
// Dot products against their twin, bit for bit, every buffer exactly as large as it is accessed and
// against a page that may not be.
#include "tests.h"

#include "numbers.h"
#include "twin.h"

#include <string.h>

enum {
    MOST_TAPS = 40,
    MOST_LANES = 16,
    MOST_NUMBERS = 1 << 14,
    ACROSS_NUMBERS = 1 << 10,
    MOST_PLACES = 256
};

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
    fal_dots_list list[MOST_LANES];
    fal_dots_place place[MOST_PLACES];
    uint16_t inside[MOST_PLACES];
    int64_t places, read, grad_count, sum_count;
    double input[ACROSS_NUMBERS], grad[ACROSS_NUMBERS];
    double sums[FAL_DOTS_TAPS * MOST_LANES * MOST_LANES];
} across_case;

static void make_lists(across_case *c, int lanes, prng *random)
{
    const int taps = c->d.rows * c->d.columns, most = MOST_PLACES / MOST_LANES / 2;
    c->places = 0;
    for (int i = 0; i < lanes; i++) {
        c->list[i].first = (int32_t)c->places;
        c->list[i].count = (int32_t)random_between(random, 0, most);
        c->places += c->list[i].count * c->d.images;
    }
    for (int64_t i = 0; i < c->places; i++) {
        c->place[i].grad = (int32_t)random_between(random, 0, 99);
        c->place[i].input = (int32_t)random_between(random, 0, 99);
        c->inside[i] = (uint16_t)((1 << taps) - 1);
        if (random_between(random, 0, 1))
            c->inside[i] &= (uint16_t)random_between(random, 0, (1 << taps) - 1);
    }
}

// What is read of both pictures, and no more, where it can be told: of taps that meet the input.
static void count_reads(across_case *c)
{
    const fal_dots_across *d = &c->d;
    c->read = c->grad_count = 0;
    for (int64_t i = 0; i < c->places; i++) {
        const int64_t y = c->place[i].grad + d->channels;
        c->grad_count = y > c->grad_count ? y : c->grad_count;
        for (int t = 0; t < d->rows * d->columns; t++) {
            const int64_t x = c->place[i].input + d->offset + t / d->columns * d->row +
                              t % d->columns * d->column + d->channels;
            if (c->inside[i] >> t & 1)
                c->read = x > c->read ? x : c->read;
        }
    }
}

static void make_across(across_case *c, const fal_kernels *set, int rows, int columns, prng *random)
{
    static const double zeros[MOST_LANES];
    const int lanes = 64 / set->size;
    fal_dots_across *d = &c->d;
    *d = (fal_dots_across){.input = c->input, .grad = c->grad, .list = c->list, .zeros = zeros};
    d->place = c->place;
    d->inside = c->inside;
    d->rows = rows;
    d->columns = columns;
    d->channels = random_between(random, 0, 1) ? lanes : random_between(random, 1, lanes);
    d->images = random_between(random, 1, 2);
    d->offset = random_between(random, 0, 50);
    d->row = random_between(random, 0, 70);
    d->column = random_between(random, 0, 20);
    d->add = random_between(random, 0, 1);
    make_lists(c, lanes, random);
    count_reads(c);
    c->sum_count = rows * columns * lanes * lanes;
    assert_true(c->read <= ACROSS_NUMBERS && c->grad_count <= ACROSS_NUMBERS);
    fill_reals(set, c->input, c->read, random);
    fill_reals(set, c->grad, c->grad_count, random);
    fill_reals(set, c->sums, c->sum_count, random);
    d->fetches = (int)random_between(random, 0, FAL_DOTS_FETCHES);
    for (int i = 0; i < d->fetches; i++) // what need not be readable
        d->fetch[i] = (ptrdiff_t)1 << (40 + i);
}

// Lanes of channels that there are not may get anything.
static void ignore_absent(across_case *c, const fal_kernels *set, const void *summed)
{
    const int64_t lanes = 64 / set->size;
    for (int64_t i = 0; i < c->sum_count; i += lanes)
        memcpy((char *)c->sums + bytes_of(set, i + c->d.channels),
               (const char *)summed + bytes_of(set, i + c->d.channels),
               bytes_of(set, lanes - c->d.channels));
}

static void check_across(across_case *c, const fal_kernels *set, edge at)
{
    fal_dots_across d = c->d;
    d.input = place_numbers(&input, set, c->input, c->read, at);
    d.grad = place_numbers(&grad, set, c->grad, c->grad_count, at);
    d.place = place(&offset, c->place, (size_t)c->places * sizeof *d.place, sizeof *d.place, at);
    d.sums = place(&sums, c->sums, bytes_of(set, c->sum_count), 64, at);
    c->d.sums = c->sums;
    twin_of(set)->sum_dots_across(&c->d);
    blame("dots across of %s, %d bytes: %dx%d taps, %d channels, %d images, against the %s",
          set->name, set->size, d.rows, d.columns, (int)d.channels, (int)d.images,
          name_of_edge(at));
    set->sum_dots_across(&d);
    ignore_absent(c, set, d.sums);
    assert_same_numbers(set, d.sums, c->sums, c->sum_count, "sum");
}

static void check_fold(across_case *c, const fal_kernels *set, edge at, prng *random)
{
    const int64_t lanes = 64 / set->size, taps = c->d.rows * c->d.columns;
    fill_reals(set, c->sums, c->sum_count, random);
    void *placed = place(&sums, c->sums, bytes_of(set, c->sum_count), 64, at);
    twin_of(set)->fold_dots_across(c->sums, taps);
    blame("folding of %s, %d bytes: %d taps, against the %s", set->name, set->size, (int)taps,
          name_of_edge(at));
    set->fold_dots_across(placed, taps);
    for (int64_t t = 0; t < taps; t++)
        assert_same_numbers(set, (char *)placed + bytes_of(set, t * lanes * lanes),
                            (char *)c->sums + bytes_of(set, t * lanes * lanes), lanes, "sum");
}

static void check_taps_across(const fal_kernels *set, prng *random)
{
    static across_case c;
    const int repeats = 6;
    for (int rows = 1; rows <= FAL_DOTS_ROWS; rows++)
        for (int columns = 1; columns <= (rows > 1 ? FAL_DOTS_COLUMNS : FAL_DOTS_TAPS); columns++)
            for (int i = 0; i < repeats * EDGES; i++) {
                make_across(&c, set, rows, columns, random);
                check_across(&c, set, (edge)(i % EDGES));
                check_fold(&c, set, (edge)(i % EDGES), random);
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
    arena_make(&offset, MOST_PLACES * sizeof(fal_dots_place));
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
