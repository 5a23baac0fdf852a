// SPDX-License-Identifier: Apache-2.0
//
// Fourier transforms of pictures of complex numbers, a picture in each lane, and products of their
// spectra. A line is transformed where it lies, by butterflies of four, the last of four or eight:
// forward by decimation in frequency, which leaves frequencies in the order of their reversed
// digits, and back by decimation in time, which takes them so. No number moves for its own sake.
//
// Every step is spelled out in explicit operations, so that bits are the same everywhere.

typedef struct complex_vec {
    vec re, im;
} complex_vec;

FAL_INLINE complex_vec load_complex(const real *from)
{
    return (complex_vec){vec_load(from), vec_load(from + FAL_LANES)};
}

FAL_INLINE void store_complex(real *to, complex_vec z)
{
    vec_store(to, z.re);
    vec_store(to + FAL_LANES, z.im);
}

FAL_INLINE complex_vec add_complex(complex_vec a, complex_vec b)
{
    return (complex_vec){a.re + b.re, a.im + b.im};
}

FAL_INLINE complex_vec subtract_complex(complex_vec a, complex_vec b)
{
    return (complex_vec){a.re - b.re, a.im - b.im};
}

// a times -i forward, and times i back.
FAL_INLINE complex_vec quarter_turn(complex_vec a, bool back)
{
    return back ? (complex_vec){-a.im, a.re} : (complex_vec){a.im, -a.re};
}

// a times a number of the table of turns, and times its conjugate back.
FAL_INLINE complex_vec turn(complex_vec a, const real *by, bool back)
{
    const vec c = vec_splat(by[0]), s = vec_splat(back ? -by[1] : by[1]);
    return (complex_vec){vec_fma(a.re, c, -(a.im * s)), vec_fma(a.re, s, a.im * c)};
}

// ------------------------------------------------------------------------------------- butterflies

FAL_INLINE void transform_4(complex_vec *x, bool back)
{
    const complex_vec s = add_complex(x[0], x[2]), d = subtract_complex(x[0], x[2]);
    const complex_vec t = add_complex(x[1], x[3]);
    const complex_vec e = quarter_turn(subtract_complex(x[1], x[3]), back);
    x[0] = add_complex(s, t);
    x[1] = add_complex(d, e);
    x[2] = subtract_complex(s, t);
    x[3] = subtract_complex(d, e);
}

// a + k*b and a - k*b.
FAL_INLINE void add_scaled(complex_vec a, complex_vec b, vec k, complex_vec *sum,
                           complex_vec *difference)
{
    *sum = (complex_vec){vec_fma(k, b.re, a.re), vec_fma(k, b.im, a.im)};
    *difference = (complex_vec){vec_fma(-k, b.re, a.re), vec_fma(-k, b.im, a.im)};
}

// Two of four, of the even and the odd ones; the latter's turns by an eighth are what is left of
// sums and differences when sqrt(1/2) is taken out.
FAL_INLINE void transform_8(complex_vec *x, bool back)
{
    const vec half = vec_splat((real)0.70710678118654752);
    complex_vec even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    transform_4(even, back);
    transform_4(odd, back);
    const complex_vec one = add_complex(odd[1], quarter_turn(odd[1], back));
    const complex_vec two = quarter_turn(odd[2], back);
    const complex_vec three = subtract_complex(quarter_turn(odd[3], back), odd[3]);
    x[0] = add_complex(even[0], odd[0]);
    x[4] = subtract_complex(even[0], odd[0]);
    add_scaled(even[1], one, half, x + 1, x + 5);
    x[2] = add_complex(even[2], two);
    x[6] = subtract_complex(even[2], two);
    add_scaled(even[3], three, half, x + 3, x + 7);
}

// ------------------------------------------------------------------------------------------- lines

// Some lines of a picture, which go through each step together: turns are then read once for all.
typedef struct lines {
    real *first;
    ptrdiff_t step, line;
    int count;
} lines;

// Four of each line, `apart` of its numbers from each other and from one on, of which the second,
// third and fourth are turned by so many places of the table, once, twice and three times.
FAL_INLINE void combine(const lines *l, int from, int apart, const real *turns, int64_t place,
                        bool back)
{
    const ptrdiff_t step = apart * l->step;
    real *z = l->first + from * l->step;
    for (int i = 0; i < l->count; i++, z += l->line) {
        complex_vec x[4];
        FAL_UNROLL
        for (int k = 0; k < 4; k++)
            x[k] = load_complex(z + k * step);
        if (back && place)
            FAL_UNROLL
        for (int k = 1; k < 4; k++)
            x[k] = turn(x[k], turns + 2 * k * place, true);
        transform_4(x, back);
        if (!back && place)
            FAL_UNROLL
        for (int k = 1; k < 4; k++)
            x[k] = turn(x[k], turns + 2 * k * place, false);
        FAL_UNROLL
        for (int k = 0; k < 4; k++)
            store_complex(z + k * step, x[k]);
    }
}

// Butterflies of four over all blocks of so many of each line.
FAL_INLINE void combine_blocks(const lines *l, int length, int block, const real *turns, bool back)
{
    const int quarter = block / 4, every = length / block;
    for (int b = 0; b < length; b += block) {
        combine(l, b, quarter, turns, 0, back);
        for (int j = 1; j < quarter; j++)
            combine(l, b + j, quarter, turns, (int64_t)j * every, back);
    }
}

// The last blocks, of four or eight.
FAL_INLINE void transform_blocks(const lines *l, int length, int block, bool back)
{
    for (int b = 0; b < length; b += block) {
        real *z = l->first + b * l->step;
        for (int i = 0; i < l->count; i++, z += l->line) {
            complex_vec x[8];
            FAL_UNROLL
            for (int k = 0; k < block; k++)
                x[k] = load_complex(z + k * l->step);
            if (block == 4)
                transform_4(x, back);
            else
                transform_8(x, back);
            FAL_UNROLL
            for (int k = 0; k < block; k++)
                store_complex(z + k * l->step, x[k]);
        }
    }
}

FAL_INLINE void transform_some(const lines *l, int length, const real *turns, bool back)
{
    int block = length;
    if (!back)
        for (; block > 8; block /= 4)
            combine_blocks(l, length, block, turns, false);
    while (block > 8)
        block /= 4;
    if (block == 8)
        transform_blocks(l, length, 8, back);
    else
        transform_blocks(l, length, 4, back);
    if (back)
        for (block *= 4; block <= length; block *= 4)
            combine_blocks(l, length, block, turns, true);
}

// As many at once as stay in the first-level cache, and with the length known to the compiler for
// those that are met most.
FAL_INLINE void transform_lines(const fal_fft_lines *all, bool back)
{
    const int near = 64; // numbers
    const int most = all->length < near ? near / all->length : 1;
    lines l = {.first = all->picture,
               .step = 2 * FAL_LANES * all->step,
               .line = 2 * FAL_LANES * all->line};
    for (int64_t i = 0; i < all->lines; i += most, l.first += most * l.line) {
        l.count = all->lines - i < most ? (int)(all->lines - i) : most;
        if (all->length == 16)
            transform_some(&l, 16, all->turns, back);
        else if (all->length == 32)
            transform_some(&l, 32, all->turns, back);
        else
            transform_some(&l, all->length, all->turns, back);
    }
}

static void fft_forward(const fal_fft_lines *l)
{
    transform_lines(l, false);
}

static void fft_back(const fal_fft_lines *l)
{
    transform_lines(l, true);
}

// ---------------------------------------------------------------------------------------- pictures

static void fft_take(const fal_fft_planes *p)
{
    const real *from = p->numbers;
    real *to = p->picture;
    for (int64_t r = 0; r < p->rows; r++, from += p->row, to += 2 * FAL_LANES * p->pitch)
        for (int64_t c = 0; c < p->columns; c += FAL_LANES) {
            vec turned[FAL_LANES];
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                turned[i] = vec_load(from + i * p->plane + c);
            vec_transpose(turned);
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                if (c + i < p->columns) {
                    real *number = to + 2 * FAL_LANES * (c + i);
                    vec_store(number, turned[i]);
                    if (p->alone)
                        vec_store(number + FAL_LANES, (vec){0});
                }
        }
}

static void fft_give(const fal_fft_planes *p)
{
    const real *from = p->picture;
    real *to = p->numbers;
    const vec bias = vec_load(p->bias);
    for (int64_t r = 0; r < p->rows; r++, to += p->row, from += 2 * FAL_LANES * p->pitch)
        for (int64_t c = 0; c < p->columns; c += FAL_LANES) {
            vec turned[FAL_LANES];
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                turned[i] = vec_load(from + 2 * FAL_LANES * (c + i)) + bias;
            vec_transpose(turned);
            FAL_UNROLL
            for (int i = 0; i < FAL_LANES; i++)
                vec_store(to + i * p->plane + c, turned[i]);
        }
}

// ----------------------------------------------------------------------------------------- spectra

static void fft_spread(const fal_fft_spectrum *s)
{
    const real *z = s->picture;
    real *to = s->spectrum;
    for (int64_t f = 0; f < s->count; f++, to += s->element) {
        const complex_vec a = load_complex(z + 2 * FAL_LANES * (int64_t)s->at[2 * f]);
        const complex_vec b = load_complex(z + 2 * FAL_LANES * (int64_t)s->at[2 * f + 1]);
        vec_store(to, a.re);
        vec_store(to + s->imaginary, a.im);
        vec_store(to + s->half, b.re);
        vec_store(to + s->half + s->imaginary, -b.im);
    }
}

static void fft_collect(const fal_fft_spectrum *s)
{
    const real *from = s->spectrum;
    real *z = s->picture;
    for (int64_t f = 0; f < s->count; f++, from += s->element) {
        const complex_vec a = {vec_load(from), vec_load(from + s->imaginary)};
        const real *mirrored = from + s->half;
        const complex_vec b = {vec_load(mirrored), -vec_load(mirrored + s->imaginary)};
        store_complex(z + 2 * FAL_LANES * (int64_t)s->at[2 * f], a);
        store_complex(z + 2 * FAL_LANES * (int64_t)s->at[2 * f + 1], b);
    }
}

static void fft_weigh(const fal_fft_spectrum *s, double scale)
{
    const vec by = vec_splat((real)scale);
    const real *z = s->picture;
    real *to = s->spectrum;
    for (int64_t f = 0; f < s->count; f++, to += s->element) {
        const complex_vec a = load_complex(z + 2 * FAL_LANES * (int64_t)s->at[2 * f]);
        vec_store(to, a.re * by);
        vec_store(to + s->imaginary, -a.im * by);
    }
}

// ---------------------------------------------------------------------------------------- products

#define TILE_ROWS 1
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 2
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 3
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 4
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 5
#include "kernels/fft_product.inc.c"
#if FAL_REGISTERS == 32
#define TILE_ROWS 6
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 7
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 8
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 9
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 10
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 11
#include "kernels/fft_product.inc.c"
#define TILE_ROWS 12
#include "kernels/fft_product.inc.c"
#endif

static const fal_fft_kernels fft = {
#if FAL_REGISTERS == 32
    .most = 12,
    .multiply = {fft_1, fft_2, fft_3, fft_4, fft_5, fft_6, fft_7, fft_8, fft_9, fft_10, fft_11,
                 fft_12},
#else
    .most = 5,
    .multiply = {fft_1, fft_2, fft_3, fft_4, fft_5},
#endif
    .take = fft_take,
    .give = fft_give,
    .forward = fft_forward,
    .back = fft_back,
    .spread = fft_spread,
    .collect = fft_collect,
    .weigh = fft_weigh,
};
