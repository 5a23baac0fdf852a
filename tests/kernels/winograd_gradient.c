// SPDX-License-Identifier: Apache-2.0
//
// The transforms for the gradient of a weight against the same written out one number at a time,
// bit for bit, each buffer exactly as large as it is read or written and against a page that may
// not be.
#include "tests.h"

#include "numbers.h"
#include "winograd_twin.h"

#include <math.h>
#include <string.h>

enum { EDGE = 6, OUTPUTS = 4, KERNEL = 3, ELEMENTS = FAL_WINOGRAD_ELEMENTS, MOST = 1 << 15 };

static const float a = 0.70710678118654752F, b = 1.41421356237309505F;

static arena from, to;

typedef void transform(const float *d, int step, float *out, int apart);

static void transform_values(const float *g, int step, float *out, int apart)
{
    float g1 = g[step], g2 = g[2 * step], g3 = g[3 * step];
    float even = fmaf(0.5F, g2, g[0]), odd = fmaf(0.5F, g3, g1);
    out[0] = g[0];
    out[apart] = fmaf(a, odd, even);
    out[2 * apart] = fmaf(-a, odd, even);
    even = fmaf(2, g2, g[0]);
    odd = fmaf(2, g3, g1);
    out[3 * apart] = fmaf(b, odd, even);
    out[4 * apart] = fmaf(-b, odd, even);
    out[5 * apart] = g3;
}

static void transform_sums(const float *m, int step, float *out, int apart)
{
    const float third = (float)(1.0 / 3);
    float s1 = m[step] + m[2 * step], e1 = m[step] - m[2 * step];
    float s2 = m[3 * step] + m[4 * step], e2 = m[3 * step] - m[4 * step];
    out[0] = fmaf((float)(1.0 / 6), s2, fmaf((float)(-2.0 / 3), s1, m[0]));
    out[apart] =
        fmaf((float)(1.41421356237309505 / 6), e2, (float)(-2.0 / 3 * 0.70710678118654752) * e1);
    out[2 * apart] = fmaf(third, s2, fmaf(-third, s1, m[5 * step]));
}

// ------------------------------------------------------------------------------------------- tiles

static void transform_tiles(const fal_winograd_turned *t, int lanes, int size, const float *rows,
                            float *out, transform *each)
{
    for (int64_t tile = 0; tile < t->tiles; tile++)
        for (int lane = 0; lane < lanes; lane++) {
            float d[EDGE * EDGE], half[EDGE * EDGE], done[ELEMENTS];
            for (int i = 0; i < size * size; i++)
                d[i] = rows[i / size * t->row + (tile * OUTPUTS + i % size) * lanes + lane];
            for (int r = 0; r < size; r++)
                each(d + r * size, 1, half + r * EDGE, 1);
            for (int c = 0; c < EDGE; c++)
                each(half + c, EDGE, done + c, EDGE);
            for (int e = 0; e < ELEMENTS; e++)
                out[tile * t->to_tile + e * t->to_element + lane] = done[e];
        }
}

static void check_tiles(const fal_kernels *set, prng *random, int size, transform *each,
                        void (*kernel)(const fal_winograd_turned *))
{
    static float rows[MOST], expected[MOST];
    const int lanes = set->lanes;
    for (int repeat = 0; repeat < 20; repeat++) {
        fal_winograd_turned t = {.tiles = random_between(random, 1, 5), .to_tile = lanes};
        const int64_t columns = (t.tiles - 1) * OUTPUTS + size;
        t.row = (columns + random_between(random, 0, 3)) * lanes;
        t.to_element = t.tiles * lanes;
        const int64_t read = (size - 1) * t.row + columns * lanes, count = ELEMENTS * t.to_element;
        fill_reals(set, rows, MOST, random);
        transform_tiles(&t, lanes, size, rows, expected, each);
        for (int at = 0; at < EDGES; at++) {
            t.from = place_numbers(&from, set, rows, read, (edge)at);
            t.to = arena_place(&to, bytes_of(set, count), sizeof(float), (edge)at);
            blame("%s: %d tiles of %d, against the %s", set->name, (int)t.tiles, size,
                  name_of_edge((edge)at));
            kernel(&t);
            assert_same_numbers(set, t.to, expected, count, "element");
        }
    }
}

static void check_pictures(const fal_kernels *set, prng *random)
{
    if (!set->winograd)
        return;
    check_tiles(set, random, EDGE, twin_transform_input, set->winograd->turned_input);
    check_tiles(set, random, OUTPUTS, transform_values, set->winograd->turned_output);
}

void turned_tiles_are_transformed(void **state)
{
    (void)state;
    check_each_set(check_pictures);
}

// -------------------------------------------------------------------------------------------- sums

static void check_sums(const fal_kernels *set, prng *random)
{
    static float sums[MOST], expected[MOST];
    const int lanes = set->lanes, count = KERNEL * KERNEL * lanes;
    if (!set->winograd)
        return;
    fal_winograd_sums s = {.element = lanes + 5};
    fill_reals(set, sums, MOST, random);
    for (int lane = 0; lane < lanes; lane++) {
        float m[ELEMENTS], half[KERNEL * EDGE], done[KERNEL * KERNEL];
        for (int e = 0; e < ELEMENTS; e++)
            m[e] = sums[e * s.element + lane];
        for (int c = 0; c < EDGE; c++)
            transform_sums(m + c, EDGE, half + c, EDGE);
        for (int r = 0; r < KERNEL; r++)
            transform_sums(half + r * EDGE, 1, done + r * KERNEL, 1);
        for (int i = 0; i < KERNEL * KERNEL; i++)
            expected[i * lanes + lane] = done[i];
    }
    for (int at = 0; at < EDGES; at++) {
        s.sums = place_numbers(&from, set, sums, (ELEMENTS - 1) * s.element + lanes, (edge)at);
        s.to = arena_place(&to, bytes_of(set, count), sizeof(float), (edge)at);
        blame("%s: sums, against the %s", set->name, name_of_edge((edge)at));
        set->winograd->gradient(&s);
        assert_same_numbers(set, s.to, expected, count, "element");
    }
}

void sums_become_gradients(void **state)
{
    (void)state;
    check_each_set(check_sums);
}

int make_winograd_gradient_arenas(void **state)
{
    (void)state;
    arena_make(&from, MOST * sizeof(float));
    arena_make(&to, MOST * sizeof(float));
    return 0;
}

int free_winograd_gradient_arenas(void **state)
{
    (void)state;
    arena_free(&from);
    arena_free(&to);
    return 0;
}
