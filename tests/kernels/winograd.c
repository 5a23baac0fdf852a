// SPDX-License-Identifier: Apache-2.0
//
// Winograd's transforms against the same written out one number at a time, bit for
// bit, each buffer exactly as large as it is read or written and against a page that may not be.
#include "tests.h"

#include "numbers.h"
#include "winograd_twin.h"

#include <math.h>
#include <string.h>

enum { EDGE = 6, TAPS = 3, OUTPUTS = 4, ELEMENTS = EDGE * EDGE }; // of the largest form
enum { MOST = 1 << 14, MOST_SUMS = 1 << 10 };

static const float a = 0.70710678118654752F, b = 1.41421356237309505F;
static const float a3 = 0.35355339059327376F, b3 = 2.82842712474619010F;

static arena from, by, to;

// A form, its transforms of rows and columns, and what its kernels have.
typedef struct form_case {
    const fal_winograd_form *form;
    void (*of_input)(const float *d, int step, float *out, int apart);
    void (*of_sums)(const float *m, int step, float *out, int apart);
    const double (*of_weight)[TAPS];
} form_case;

static void check_each_form(const fal_kernels *set, prng *random,
                            void (*check)(const fal_kernels *set, const form_case *c,
                                          prng *random));

// ------------------------------------------------------------------------------------------ input

void twin_transform_input(const float *d, int step, float *out, int apart)
{
    float d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
    float even = fmaf(-2, d2, d4), odd = fmaf(-2, d1, d3);
    out[0] = fmaf(-2.5F, d2, d[0] + d4);
    out[apart] = fmaf(a, odd, even);
    out[2 * apart] = fmaf(-a, odd, even);
    even = fmaf(-0.5F, d2, d4);
    odd = fmaf(-0.5F, d1, d3);
    out[3 * apart] = fmaf(b, odd, even);
    out[4 * apart] = fmaf(-b, odd, even);
    out[5 * apart] = fmaf(-2.5F, d3, d1 + d[5 * step]);
}

static void transform_short_input(const float *d, int step, float *out, int apart)
{
    const float d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    float even = fmaf(-2, d[0], d2), odd = fmaf(-2, d1, d3);
    out[0] = fmaf(a, even, odd);
    out[apart] = fmaf(-a, even, odd);
    even = fmaf(-0.5F, d[0], d2);
    odd = fmaf(-0.5F, d1, d3);
    out[2 * apart] = fmaf(b, even, odd);
    out[3 * apart] = fmaf(-b, even, odd);
    out[4 * apart] = fmaf(-2.5F, d2, d[0] + d[4 * step]);
}

static void transform_small_input(const float *d, int step, float *out, int apart)
{
    out[0] = d[0] - d[2 * step];
    out[apart] = d[step] + d[2 * step];
    out[2 * apart] = d[2 * step] - d[step];
    out[3 * apart] = d[3 * step] - d[step];
}

// Tile L of segment i of one channel.
static void transform_tile(const form_case *f, const fal_winograd_input *g, const float *rows,
                           int i, int tile, float *out)
{
    const int high = f->form->high, wide = f->form->wide, columns = f->form->columns;
    float part[ELEMENTS], half[ELEMENTS];
    for (int r = 0; r < high; r++)
        for (int c = 0; c < wide; c++) {
            int64_t at = g->segment[i] + r * g->row + tile * columns + c % columns;
            part[r * wide + c] = rows[c < columns ? at : at + g->beyond];
        }
    for (int r = 0; r < high; r++)
        f->of_input(part + r * wide, 1, half + r * wide, 1);
    if (high == 1)
        memcpy(out, half, (size_t)wide * sizeof *out);
    for (int c = 0; c < wide && high > 1; c++)
        f->of_input(half + c, wide, out + c, wide);
}

static void transform_group(const form_case *f, const fal_winograd_input *g, int lanes,
                            const float *rows, float *out)
{
    const int segments = f->form->columns;
    for (int64_t c = 0; c < g->channels; c++)
        for (int lane = 0; lane < lanes; lane++) {
            float tile[ELEMENTS];
            transform_tile(f, g, rows + c * g->channel, lane % segments, lane / segments, tile);
            for (int e = 0; e < f->form->elements; e++)
                out[c * g->to_channel + e * g->to_element + lane] = tile[e];
        }
}

static void check_input(const fal_kernels *set, const form_case *f, prng *random)
{
    static float rows[MOST], expected[MOST];
    const int lanes = set->lanes, columns = f->form->columns;
    for (int repeat = 0; repeat < 40; repeat++) {
        fal_winograd_input g = {.channels = random_between(random, 1, 5)};
        const int64_t most = random_between(random, 0, 60);
        g.beyond = random_between(random, 0, 1) ? columns : random_between(random, lanes, 80);
        g.row = most + g.beyond + lanes + random_between(random, 0, 3);
        g.channel = f->form->high * g.row;
        for (int i = 0; i < columns; i++)
            g.segment[i] = (int32_t)(i == 1 ? most : random_between(random, 0, most));
        g.to_channel = lanes;
        g.to_element = g.channels * lanes;
        int64_t past = g.channels * g.channel - (g.row - most - g.beyond - lanes);
        fill_reals(set, rows, MOST, random);
        transform_group(f, &g, lanes, rows, expected);
        for (int at = 0; at < EDGES; at++) {
            int64_t count = f->form->elements * g.to_element;
            g.from = place_numbers(&from, set, rows, past, (edge)at);
            g.to = arena_place(&to, bytes_of(set, count), sizeof(float), (edge)at);
            blame("%s: input of %s, %d channels, against the %s", set->name, f->form->name,
                  (int)g.channels, name_of_edge((edge)at));
            f->form->input(&g);
            assert_same_numbers(set, g.to, expected, count, "element");
        }
    }
}

static void check_inputs(const fal_kernels *set, prng *random)
{
    check_each_form(set, random, check_input);
}

void input_is_transformed(void **state)
{
    (void)state;
    check_each_set(check_inputs);
}

// ----------------------------------------------------------------------------------------- output

static void transform_sums(const float *m, int step, float *out, int apart)
{
    float s1 = m[step] + m[2 * step], e1 = m[step] - m[2 * step];
    float s2 = m[3 * step] + m[4 * step], e2 = m[3 * step] - m[4 * step];
    out[0] = m[0] + s1 + s2;
    out[apart] = fmaf(b, e2, a * e1);
    out[2 * apart] = fmaf(2, s2, 0.5F * s1);
    out[3 * apart] = fmaf(b3, e2, fmaf(a3, e1, m[5 * step]));
}

static void transform_short_sums(const float *m, int step, float *out, int apart)
{
    float s1 = m[0] + m[step], e1 = m[0] - m[step];
    float s2 = m[2 * step] + m[3 * step], e2 = m[2 * step] - m[3 * step];
    out[0] = s1 + s2;
    out[apart] = fmaf(b, e2, a * e1);
    out[2 * apart] = fmaf(2, s2, 0.5F * s1);
    out[3 * apart] = fmaf(b3, e2, fmaf(a3, e1, m[4 * step]));
}

static void transform_small_sums(const float *m, int step, float *out, int apart)
{
    out[0] = m[0] + (m[step] + m[2 * step]);
    out[apart] = m[3 * step] + (m[step] - m[2 * step]);
}

// What one channel of one tile comes to, in its rows.
static void transform_back(const form_case *f, const fal_winograd_output *o, int channel, int tile,
                           float *out)
{
    const int wide = f->form->wide, high = f->form->high;
    const float *sums = (const float *)o->sums + tile * o->tile + channel;
    float m[ELEMENTS], half[OUTPUTS * EDGE];
    for (int e = 0; e < f->form->elements; e++)
        m[e] = sums[e * o->element];
    if (high == 1)
        memcpy(half, m, (size_t)wide * sizeof *half);
    for (int c = 0; c < wide && high > 1; c++)
        f->of_sums(m + c, wide, half + c, wide);
    for (int r = 0; r < f->form->rows; r++) {
        f->of_sums(half + r * wide, 1, out + r * o->row, 1);
        for (int c = 0; c < f->form->columns; c++)
            out[r * o->row + c] += ((const float *)o->bias)[channel];
    }
}

static void check_output(const fal_kernels *set, const form_case *f, prng *random)
{
    static float sums[MOST], biases[ELEMENTS], expected[MOST];
    const int lanes = set->lanes, rows = f->form->rows, columns = f->form->columns;
    for (int tiles = 1; tiles <= lanes / columns; tiles++) {
        fal_winograd_output o = {.tiles = tiles, .tile = lanes + 3};
        o.element = tiles * o.tile + 1;
        o.row = lanes;
        o.channel = rows * o.row;
        fill_reals(set, sums, MOST, random);
        fill_reals(set, biases, lanes, random);
        o.sums = sums;
        o.bias = biases;
        memset(expected, 0, sizeof expected);
        for (int c = 0; c < lanes; c++)
            for (int t = 0; t < tiles; t++)
                transform_back(f, &o, c, t, expected + c * o.channel + t * columns);
        for (int at = 0; at < EDGES; at++) {
            const int64_t count = lanes * o.channel, last = f->form->elements - 1;
            o.sums = place_numbers(&from, set, sums,
                                   last * o.element + (tiles - 1) * o.tile + lanes, (edge)at);
            o.bias = place_numbers(&by, set, biases, lanes, (edge)at);
            o.to = arena_place(&to, bytes_of(set, count), sizeof(float), (edge)at);
            blame("%s: output of %s, %d tiles, against the %s", set->name, f->form->name, tiles,
                  name_of_edge((edge)at));
            f->form->output(&o);
            for (int row = 0; row < lanes * rows; row++) // behind the tiles is anything
                memset((float *)o.to + row * o.row + tiles * columns, 0,
                       bytes_of(set, lanes - tiles * columns));
            assert_same_numbers(set, o.to, expected, count, "output");
        }
    }
}

static void check_outputs(const fal_kernels *set, prng *random)
{
    check_each_form(set, random, check_output);
}

void sums_are_transformed_back(void **state)
{
    (void)state;
    check_each_set(check_outputs);
}

// Rows that are as long as they are read: whole vectors behind what is needed.
static void check_weave(const fal_kernels *set, prng *random, int columns)
{
    static float even[MOST], odd[MOST], expected[MOST];
    const int64_t row = columns / 2 + set->lanes + random_between(random, 0, 3);
    fal_winograd_weave v = {.planes = 2, .rows = 3, .columns = columns, .from_row = row};
    v.from_plane = 3 * row;
    v.to_row = columns + random_between(random, 0, 5);
    v.to_plane = 3 * v.to_row;
    fill_reals(set, even, MOST, random);
    fill_reals(set, odd, MOST, random);
    memset(expected, 0, sizeof expected);
    for (int64_t r = 0; r < v.planes * v.rows; r++)
        for (int64_t i = 0; i < columns; i++)
            expected[r * v.to_row + i] = (i % 2 ? odd : even)[r * row + i / 2];
    for (int at = 0; at < EDGES; at++) {
        const int64_t count = (v.planes * v.rows - 1) * v.to_row + columns;
        v.even = place_numbers(&from, set, even, v.planes * v.from_plane, (edge)at);
        v.odd = place_numbers(&by, set, odd, v.planes * v.from_plane, (edge)at);
        v.to = arena_place(&to, bytes_of(set, count), sizeof(float), (edge)at);
        memset(v.to, 0, bytes_of(set, count));
        blame("%s: %d columns in turns, against the %s", set->name, columns,
              name_of_edge((edge)at));
        set->winograd->weave(&v);
        assert_same_numbers(set, v.to, expected, count, "output");
    }
}

static void check_weaves(const fal_kernels *set, prng *random)
{
    for (int columns = 1; set->winograd && columns <= 70; columns++)
        check_weave(set, random, columns);
}

void outputs_take_turns(void **state)
{
    (void)state;
    check_each_set(check_weaves);
}

// ---------------------------------------------------------------------------------------- weights

#define A 0.707106781186547524400844362104849L
#define B 1.414213562373095048801688724209698L

static const double of_large[EDGE][TAPS] = {
    {1, 0, 0},
    {-2 / 3.0L, -2 * A / 3, -1 / 3.0L},
    {-2 / 3.0L, 2 * A / 3, -1 / 3.0L},
    {1 / 6.0L, B / 6, 1 / 3.0L},
    {1 / 6.0L, -B / 6, 1 / 3.0L},
    {0, 0, 1},
};
static const double of_short[][TAPS] = {
    {-1 / (3 * A), -1 / 3.0L},
    {1 / (3 * A), -1 / 3.0L},
    {1 / (3 * B), 1 / 3.0L},
    {-1 / (3 * B), 1 / 3.0L},
    {0, 1},
};
static const double of_small[][TAPS] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};

// Within one rounding of the definition, all but.
static void check_kernel(const form_case *f, const double *kernel, const float *found,
                         int64_t element)
{
    const int high = f->form->high, wide = f->form->wide, taps = f->form->kernel;
    const int all = high > 1 ? taps * taps : taps;
    for (int r = 0; r < high; r++)
        for (int c = 0; c < wide; c++) {
            long double sum = 0, magnitude = 0;
            for (int i = 0; i < all; i++) {
                long double term = f->of_weight[c][i % taps] * (long double)kernel[i];
                term *= high > 1 ? f->of_weight[r][i / taps] : 1;
                sum += term;
                magnitude += fabsl(term);
            }
            long double error = fabsl(found[(r * wide + c) * element] - sum);
            assert_true(error <= 0x1p-24L * fabsl(sum) + 0x1p-48L * magnitude);
        }
}

static void check_weight(const fal_kernels *set, const form_case *f, prng *random)
{
    static float weights[MOST], done[ELEMENTS * MOST_SUMS];
    const int width = set->winograd->channels, taps = f->form->kernel;
    const int numbers = f->form->high > 1 ? taps * taps : taps;
    fal_winograd_weight w = {.to = done, .element = width + 5};
    fill_reals(set, weights, MOST, random);
    for (int at = 0; at < EDGES; at++) {
        w.from = place_numbers(&from, set, weights, numbers * width, (edge)at);
        blame("%s: weights of %s, against the %s", set->name, f->form->name,
              name_of_edge((edge)at));
        f->form->weight(&w);
        for (int o = 0; o < width; o++) {
            double kernel[TAPS * TAPS];
            for (int i = 0; i < numbers; i++)
                kernel[i] = weights[i * width + o];
            check_kernel(f, kernel, done + o, w.element);
        }
    }
}

static void check_weights(const fal_kernels *set, prng *random)
{
    check_each_form(set, random, check_weight);
}

void weights_are_transformed_and_rounded_once(void **state)
{
    (void)state;
    check_each_set(check_weights);
}

static void check_each_form(const fal_kernels *set, prng *random,
                            void (*check)(const fal_kernels *set, const form_case *c, prng *random))
{
    if (!set->winograd)
        return;
    const fal_winograd_form *form = set->winograd->form;
    const form_case cases[] = {
        {&form[FAL_WINOGRAD_4X4], twin_transform_input, transform_sums, of_large},
        {&form[FAL_WINOGRAD_2X2], transform_small_input, transform_small_sums, of_small},
        {&form[FAL_WINOGRAD_1X4], twin_transform_input, transform_sums, of_large},
        {&form[FAL_WINOGRAD_SHORT_4X4], transform_short_input, transform_short_sums, of_short},
        {&form[FAL_WINOGRAD_SHORT_1X4], transform_short_input, transform_short_sums, of_short},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(set, &cases[i], random);
}

int make_winograd_arenas(void **state)
{
    (void)state;
    arena_make(&from, MOST * sizeof(float));
    arena_make(&by, MOST * sizeof(float));
    arena_make(&to, MOST * sizeof(float));
    return 0;
}

int free_winograd_arenas(void **state)
{
    (void)state;
    arena_free(&from);
    arena_free(&by);
    arena_free(&to);
    return 0;
}
