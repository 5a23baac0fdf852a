// SPDX-License-Identifier: Apache-2.0
//
// The products of Winograd's transforms against sums of one number at a time, bit for bit, each
// buffer exactly as large as it is read or written and against a page that may not be.
#include "tests.h"

#include "numbers.h"

#include <math.h>

enum { MOST = 1 << 14, MOST_SUMS = 1 << 10 };

static arena from, by, to;

typedef struct product_case {
    int tiles, pitch, count, channels;
    float tile[MOST], weight[MOST], before[MOST_SUMS], after[MOST_SUMS];
} product_case;

static void multiply(product_case *c, bool add)
{
    for (int t = 0; t < c->tiles; t++)
        for (int o = 0; o < c->channels; o++) {
            float sum = 0, *at = &c->after[t * c->channels + o];
            for (int k = 0; k < c->count; k++)
                sum = fmaf(c->tile[k * c->pitch + t], c->weight[k * c->channels + o], sum);
            *at = add ? c->before[t * c->channels + o] + sum : sum;
        }
}

static void check_product(const fal_kernels *set, product_case *c, bool add, edge at)
{
    const int64_t weights = (int64_t)c->count * c->channels, sums = c->tiles * c->channels;
    const int64_t tiles = (int64_t)(c->count - 1) * c->pitch + c->tiles;
    const fal_winograd_products p = {
        .tiles = place_numbers(&from, set, c->tile, tiles, at),
        .pitch = c->pitch,
        .weight = place(&by, c->weight, bytes_of(set, weights), 64, at),
        .count = c->count,
        .sums = place(&to, c->before, bytes_of(set, sums), 64, at),
        .add = add,
        .fetch = c->weight, // need not be there
        .share = 1 << 20,
    };
    blame("%s: %d tiles, %d products, add %d, against the %s", set->name, c->tiles, c->count, add,
          name_of_edge(at));
    multiply(c, add);
    set->winograd->multiply[c->tiles - 1](&p);
    assert_same_numbers(set, p.sums, c->after, sums, "sum");
}

static void check_products(const fal_kernels *set, prng *random)
{
    static const int counts[] = {1, 2, 31, 64};
    static product_case c;
    if (!set->winograd)
        return;
    c.channels = set->winograd->channels;
    for (c.tiles = 1; c.tiles <= set->winograd->most; c.tiles++)
        for (size_t i = 0; i < COUNT_OF(counts) * 2; i++) {
            c.count = counts[i / 2];
            c.pitch = c.tiles + (int)random_between(random, 0, 9);
            fill_reals(set, c.tile, MOST, random);
            fill_reals(set, c.weight, MOST, random);
            fill_reals(set, c.before, MOST_SUMS, random);
            for (int at = 0; at < EDGES; at++)
                check_product(set, &c, i % 2, (edge)at);
        }
}

void any_tiles_are_multiplied(void **state)
{
    (void)state;
    check_each_set(check_products);
}

// Where a cursor stands behind so many lines.
static const char *find_line(const fal_lines *l, int64_t count)
{
    const int64_t line = count % l->lines, row = count / l->lines % l->rows;
    const int64_t plane = count / l->lines / l->rows;
    return l->plane + plane * l->from_plane + row * l->from_row + line * 64;
}

static void check_lines(const fal_kernels *set, prng *random)
{
    char nowhere = 0; // need not be there
    for (int i = 0; set->winograd && i < 50; i++) {
        const fal_lines all = {
            .plane = &nowhere,
            .row = &nowhere,
            .planes = random_between(random, 1, 4),
            .rows = random_between(random, 1, 4),
            .lines = random_between(random, 1, 4),
            .from_plane = random_between(random, -999, 999),
            .from_row = random_between(random, -999, 999),
        };
        const int64_t count = all.planes * all.rows * all.lines;
        fal_lines left = all;
        blame("%s: %d planes of %d rows of %d lines", set->name, (int)all.planes, (int)all.rows,
              (int)all.lines);
        for (int64_t done = 0, more; done < count; done += more) {
            assert_ptr_equal(left.row + left.past_lines * 64, find_line(&all, done));
            assert_true(left.planes > 0);
            more = random_between(random, 1, 5);
            (i % 2 ? set->winograd->fetch_lines : set->winograd->fetch_lines_to)(&left, more);
        }
        assert_int_equal(left.planes, 0);
    }
}

void lines_are_fetched_in_order(void **state)
{
    (void)state;
    check_each_set(check_lines);
}

int make_winograd_product_arenas(void **state)
{
    (void)state;
    arena_make(&from, MOST * sizeof(float));
    arena_make(&by, MOST * sizeof(float));
    arena_make(&to, MOST_SUMS * sizeof(float));
    return 0;
}

int free_winograd_product_arenas(void **state)
{
    (void)state;
    arena_free(&from);
    arena_free(&by);
    arena_free(&to);
    return 0;
}
