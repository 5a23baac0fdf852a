// SPDX-License-Identifier: Apache-2.0
//
// Fourier transforms against their definition, the same bits by every set; products of spectra
// against the same written out one number at a time; and what moves numbers, exactly. Each buffer
// is as large as it is read or written, and against a page that may not be.
#include "tests.h"

#include "algorithms/fft/turns.h"
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 15, ROOM = 4 * MOST };

static arena from, by, to;

static double unit(const fal_kernels *set)
{
    return set->size == sizeof(float) ? 0x1p-24 : 0x1p-53;
}

// ---------------------------------------------------------------------------------------- products

typedef struct product_case {
    int rows, count;
    int64_t line;
    double row[MOST], vectors[MOST], sums[MOST]; // room for numbers of either type
} product_case;

static void multiply(const fal_kernels *set, product_case *c)
{
    const int lanes = set->lanes;
    for (int i = 0; i < c->rows * lanes; i++) {
        const int r = i / lanes, lane = i % lanes;
        double re = 0, im = 0;
        for (int k = 0; k < c->count; k++) {
            const double x = get_number(set, c->row, 2 * r * c->line + k);
            const double y = get_number(set, c->row, (2 * r + 1) * c->line + k);
            const double v = get_number(set, c->vectors, 2 * k * lanes + lane);
            const double w = get_number(set, c->vectors, (2 * k + 1) * lanes + lane);
            re = fuse_numbers(set, y, -w, fuse_numbers(set, x, v, re));
            im = fuse_numbers(set, y, v, fuse_numbers(set, x, w, im));
        }
        set_number(set, c->sums, 2 * r * lanes + lane, re);
        set_number(set, c->sums, (2 * r + 1) * lanes + lane, im);
    }
}

static void check_product(const fal_kernels *set, product_case *c, edge at)
{
    const int64_t sums = 2 * c->rows * set->lanes, vectors = 2 * (int64_t)c->count * set->lanes;
    const int64_t numbers = (2 * c->rows - 1) * c->line + c->count;
    const fal_fft_products p = {
        .rows = place_numbers(&from, set, c->row, numbers, at),
        .line = c->line,
        .vectors = place(&by, c->vectors, bytes_of(set, vectors), 64, at),
        .count = c->count,
        .sums = arena_place(&to, bytes_of(set, sums), 64, at),
    };
    blame("%s: %d rows, %d products, against the %s", set->name, c->rows, c->count,
          name_of_edge(at));
    set->fft->multiply[c->rows - 1](&p);
    assert_same_numbers(set, p.sums, c->sums, sums, "sum");
}

static void check_products(const fal_kernels *set, prng *random)
{
    static const int counts[] = {1, 2, 31, 64};
    static product_case c;
    if (!set->fft)
        return;
    for (c.rows = 1; c.rows <= set->fft->most; c.rows++)
        for (size_t i = 0; i < COUNT_OF(counts); i++) {
            c.count = counts[i];
            c.line = c.count + random_between(random, 0, 9);
            fill_reals(set, c.row, 2 * c.rows * c.line, random);
            fill_reals(set, c.vectors, 2 * (int64_t)c.count * set->lanes, random);
            multiply(set, &c);
            for (int at = 0; at < EDGES; at++)
                check_product(set, &c, (edge)at);
        }
}

void spectra_of_any_rows_are_multiplied(void **state)
{
    (void)state;
    check_each_set(check_products);
}

// ---------------------------------------------------------------------------------------
// transforms

typedef struct transform_case {
    fal_fft_layout layout;
    fal_fft_tables tables;
    void *room; // of the tables
} transform_case;

static transform_case make_tables(const fal_kernels *set, int high, int wide)
{
    const int own = (high > 1 ? 2 : 1) * (wide > 1 ? 2 : 1);
    transform_case c = {.layout = {.size = {high, wide}, .pitch = wide + 1}};
    c.layout.frequencies = (high * wide + own) / 2;
    c.room = calloc(1, fal_fft_table_bytes(&c.layout, (size_t)set->size) + 64);
    assert_non_null(c.room);
    void *aligned = (char *)c.room + (64 - (uintptr_t)c.room % 64) % 64;
    c.tables = fal_fft_find_tables(&c.layout, (size_t)set->size, aligned);
    fal_fft_fill_tables(&c.layout, (size_t)set->size, &c.tables);
    return c;
}

// Where a frequency comes out: digits to the base of 4 reversed, the last of which may be of 8.
static int place_of(int length, int frequency)
{
    if (length <= 8)
        return frequency;
    return frequency % 4 * (length / 4) + place_of(length / 4, frequency / 4);
}

// One lane of a line by the definition; turns are those of its length.
static void check_line(const fal_kernels *set, const void *before, const void *after, int length,
                       int64_t first, int64_t step, int lane, long double turns[][2])
{
    const int lanes = set->lanes;
    double square = 0;
    for (int k = 0; k < length; k++)
        for (int part = 0; part < 2; part++) {
            double x = get_number(set, before, (2 * (first + k * step) + part) * lanes + lane);
            square += x * x;
        }
    for (int f = 0; f < length; f++) {
        long double re = 0, im = 0;
        for (int k = 0; k < length; k++) {
            const double x = get_number(set, before, 2 * (first + k * step) * lanes + lane);
            const double y = get_number(set, before, (2 * (first + k * step) + 1) * lanes + lane);
            const long double *turn = turns[f * k % length];
            re += x * turn[0] - y * turn[1];
            im += x * turn[1] + y * turn[0];
        }
        const int64_t at = 2 * (first + place_of(length, f) * step) * lanes + lane;
        const double error = (double)hypotl(get_number(set, after, at) - re,
                                            get_number(set, after, at + lanes) - im);
        assert_true(error <= 6 * unit(set) * log2(length) * sqrt(square * length));
    }
}

// Lines go forward, and come back multiplied by their length; by every set with the same bits.
static void check_lines(const fal_kernels *set, int length)
{
    enum { LINES = 5 };
    static double before[ROOM], after[ROOM], again[ROOM];
    static uint64_t bits[2][FAL_FFT_LONGEST + 1];
    const bool is_double = set->size == sizeof(double);
    const transform_case c = make_tables(set, 1, length);
    const int64_t step = 2, line = step * length + 1, lanes = set->lanes;
    const int64_t numbers = 2 * lanes * ((LINES - 1) * line + (length - 1) * step + 1);
    double most = 0;
    assert_true(numbers <= ROOM);
    for (int64_t i = 0; i < numbers; i++) { // the same for the first lanes of every set
        prng own = {(uint64_t)(i / lanes * 64 + i % lanes + 1)};
        random_bits(&own);
        set_number(set, before, i, random_real(&own));
        most = fmax(most, fabs(get_number(set, before, i)));
    }
    for (int at = 0; at < EDGES; at++) {
        fal_fft_lines l = {.lines = LINES, .line = line, .step = step, .length = length};
        l.turns = place_numbers(&by, set, c.tables.turns[1], 2 * length, (edge)at);
        l.picture = place_numbers(&from, set, before, numbers, (edge)at);
        blame("%s: lines of %d, against the %s", set->name, length, name_of_edge((edge)at));
        set->fft->forward(&l);
        memcpy(after, l.picture, bytes_of(set, numbers));
        set->fft->back(&l);
        memcpy(again, l.picture, bytes_of(set, numbers));
    }
    uint64_t hash = 0;
    long double turns[FAL_FFT_LONGEST][2];
    for (int k = 0; k < length; k++) {
        turns[k][0] = cosl(-2 * acosl(-1) * k / length);
        turns[k][1] = sinl(-2 * acosl(-1) * k / length);
    }
    for (int i = 0; i < LINES; i++)
        for (int lane = 0; lane < lanes; lane += 3)
            check_line(set, before, after, length, i * line, step, lane, turns);
    for (int64_t i = 0; i < numbers; i++) {
        const int64_t place = i / (2 * lanes) % line;
        const bool is_moved = place % step == 0 && place < step * length;
        const double x = get_number(set, before, i), y = get_number(set, again, i);
        if (!is_moved)
            assert_true(x == y);
        else
            assert_true(fabs(y - length * x) <= 20 * unit(set) * log2(length) * length * most);
        if (i % lanes == 0) { // of the first lane, which all sets have
            double value = get_number(set, after, i);
            uint64_t part;
            memcpy(&part, &value, sizeof part);
            hash = (hash ^ part) * UINT64_C(1099511628211);
        }
    }
    if (!bits[is_double][length])
        bits[is_double][length] = hash;
    assert_true(bits[is_double][length] == hash);
    free(c.room);
}

static void check_transforms(const fal_kernels *set, prng *random)
{
    (void)random;
    for (int length = 4; set->fft && length <= FAL_FFT_LONGEST; length *= 2)
        check_lines(set, length);
}

void lines_are_transformed_and_come_back(void **state)
{
    (void)state;
    check_each_set(check_transforms);
}

// ------------------------------------------------------------------------------- planes and
// spectra

// Rows of one plane for each lane become real or imaginary parts.
static void check_take(const fal_kernels *set, int rows, int columns, bool alone, edge at,
                       prng *random)
{
    static double planes[MOST], pictures[MOST], expected[MOST];
    const int64_t lanes = set->lanes, pitch = columns + 1;
    const int64_t row = (columns + lanes - 1) / lanes * lanes, plane = rows * row + 3;
    const int64_t numbers = (lanes - 1) * plane + rows * row;
    const int64_t count = ((rows - 1) * pitch + columns) * 2 * lanes - (alone ? 0 : lanes);
    fill_reals(set, planes, numbers, random);
    fill_reals(set, pictures, count, random);
    memcpy(expected, pictures, bytes_of(set, count));
    for (int64_t i = 0; i < lanes * rows * columns; i++) {
        const int64_t lane = i % lanes, c = i / lanes % columns, r = i / lanes / columns;
        const int64_t place = 2 * (r * pitch + c) * lanes + lane;
        set_number(set, expected, place, get_number(set, planes, lane * plane + r * row + c));
        if (alone)
            set_number(set, expected, place + lanes, 0);
    }
    const fal_fft_planes p = {
        .numbers = place_numbers(&from, set, planes, numbers, at),
        .plane = plane,
        .row = row,
        .rows = rows,
        .columns = columns,
        .picture = place_numbers(&to, set, pictures, count, at),
        .pitch = pitch,
        .alone = alone,
    };
    blame("%s: %d rows of %d are taken, against the %s", set->name, rows, columns,
          name_of_edge(at));
    set->fft->take(&p);
    assert_same_numbers(set, p.picture, expected, count, "number");
}

// And back, with the lane's bias; whole vectors of a row are read and written.
static void check_give(const fal_kernels *set, int rows, int columns, edge at, prng *random)
{
    static double planes[MOST], pictures[MOST], expected[MOST], biases[64];
    const int64_t lanes = set->lanes, row = (columns + lanes - 1) / lanes * lanes;
    const int64_t pitch = row + 1, plane = rows * row + 3;
    const int64_t numbers = (lanes - 1) * plane + rows * row;
    const int64_t count = ((rows - 1) * pitch + row) * 2 * lanes - lanes;
    fill_reals(set, planes, numbers, random);
    fill_reals(set, pictures, count, random);
    fill_reals(set, biases, lanes, random);
    memcpy(expected, planes, bytes_of(set, numbers));
    for (int64_t i = 0; i < lanes * rows * row; i++) {
        const int64_t lane = i % lanes, c = i / lanes % row, r = i / lanes / row;
        const double sum = get_number(set, pictures, 2 * (r * pitch + c) * lanes + lane);
        const double bias = get_number(set, biases, lane);
        set_number(set, expected, lane * plane + r * row + c,
                   set->size == sizeof(float) ? (double)((float)sum + (float)bias) : sum + bias);
    }
    const fal_fft_planes p = {
        .numbers = place_numbers(&to, set, planes, numbers, at),
        .plane = plane,
        .row = row,
        .rows = rows,
        .columns = columns,
        .picture = place_numbers(&from, set, pictures, count, at),
        .pitch = pitch,
        .bias = place_numbers(&by, set, biases, lanes, at),
    };
    blame("%s: %d rows of %d are given, against the %s", set->name, rows, columns,
          name_of_edge(at));
    set->fft->give(&p);
    assert_same_numbers(set, p.numbers, expected, numbers, "number");
}

static void check_planes(const fal_kernels *set, prng *random)
{
    for (int i = 0; set->fft && i < 60; i++) {
        const int rows = (int)random_between(random, 1, 5);
        const int columns = (int)random_between(random, 1, 40);
        check_take(set, rows, columns, i % 3 == 0, (edge)(i % EDGES), random);
        check_give(set, rows, columns, (edge)(i % EDGES), random);
    }
}

void planes_become_pictures_and_come_back(void **state)
{
    (void)state;
    check_each_set(check_planes);
}

// Every number of a picture is in its spectrum once, itself or as the mirror of another; so the way
// back gives the picture again. Weighed, it is conjugated and scaled.
static void check_spectrum(const fal_kernels *set, int high, int wide, edge at, prng *random)
{
    static double picture[MOST], spectrum[ROOM];
    const transform_case c = make_tables(set, high, wide);
    const fal_fft_layout *l = &c.layout;
    const int64_t lanes = set->lanes, all = ((high - 1) * l->pitch + wide) * 2 * lanes;
    const int64_t element = 4 * lanes, count = l->frequencies * element;
    fill_reals(set, picture, all, random);
    fill_nan(set, spectrum, count);
    const fal_fft_spectrum s = {
        .picture = place_numbers(&from, set, picture, all, at),
        .at = place(&by, c.tables.at, (size_t)l->frequencies * 2 * sizeof(int32_t), 4, at),
        .count = l->frequencies,
        .spectrum = place_numbers(&to, set, spectrum, count, at),
        .element = element,
        .half = 2 * lanes,
        .imaginary = lanes,
    };
    blame("%s: spectrum of %d by %d, against the %s", set->name, high, wide, name_of_edge(at));
    set->fft->spread(&s);
    for (int64_t f = 0; f < l->frequencies; f++)
        for (int64_t i = 0; i < 4 * lanes; i++) {
            const int64_t part = i / lanes % 2, lane = i % lanes, half = i / lanes / 2;
            double x = get_number(set, picture, (2 * s.at[2 * f + half] + part) * lanes + lane);
            assert_true(get_number(set, s.spectrum, f * element + i) == (half && part ? -x : x));
        }
    fal_fft_spectrum weighed = s;
    fill_nan(set, s.picture, all);
    set->fft->collect(&s);
    for (int64_t i = 0; i < all; i++) // between rows nothing is written
        if (i / (2 * lanes) % l->pitch < wide)
            assert_true(get_number(set, s.picture, i) == get_number(set, picture, i));
    set->fft->weigh(&weighed, 0.25);
    for (int64_t i = 0; i < l->frequencies * 2 * lanes; i++) {
        const int64_t f = i / (2 * lanes), part = i / lanes % 2;
        double x = get_number(set, picture, (2 * s.at[2 * f] + part) * lanes + i % lanes);
        assert_true(get_number(set, s.spectrum, f * element + i % (2 * lanes)) ==
                    (part ? -x : x) / 4);
    }
    free(c.room);
}

static void check_spectra(const fal_kernels *set, prng *random)
{
    static const int sizes[][2] = {{1, 8}, {1, 64}, {8, 8}, {16, 8}, {8, 32}, {16, 16}, {32, 16}};
    for (size_t i = 0; set->fft && i < COUNT_OF(sizes) * EDGES; i++)
        check_spectrum(set, sizes[i / EDGES][0], sizes[i / EDGES][1], (edge)(i % EDGES), random);
}

void spectra_hold_every_number_once(void **state)
{
    (void)state;
    check_each_set(check_spectra);
}

int make_fft_arenas(void **state)
{
    (void)state;
    arena_make(&from, ROOM * sizeof(double));
    arena_make(&by, MOST * sizeof(double));
    arena_make(&to, ROOM * sizeof(double));
    return 0;
}

int free_fft_arenas(void **state)
{
    (void)state;
    arena_free(&from);
    arena_free(&by);
    arena_free(&to);
    return 0;
}
