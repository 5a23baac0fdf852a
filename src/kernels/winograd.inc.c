// SPDX-License-Identifier: Apache-2.0
//
// Winograd's minimal filtering F(4x4, 3x3) by the points 0, +-A, +-B and infinity, A = sqrt(1/2)
// and B = sqrt(2): products of a tile of 6x6 numbers of the input and of the kernel, transformed,
// give 4x4 outputs. A*B = 1 makes most of the transforms' constants powers of two.
//
// Every step is spelled out in explicit operations, so that bits are the same everywhere.

// The points, and their cubes.
#define WINOGRAD_A       0.70710678118654752
#define WINOGRAD_B       1.41421356237309505
#define WINOGRAD_A_CUBED 0.35355339059327376
#define WINOGRAD_B_CUBED 2.82842712474619010

enum { EDGE = 6, KERNEL = 3, OUTPUTS = 4, QUARTERS = 4 };

// ------------------------------------------------------------------------------------------- input

// One row or column of a tile: the values of its polynomial's residues, multiplied out.
FAL_INLINE void transform_input(const vec *d, ptrdiff_t step, vec *to)
{
    const vec a = vec_splat((real)WINOGRAD_A), b = vec_splat((real)WINOGRAD_B);
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
              d5 = d[5 * step];
    vec even = vec_fma(vec_splat(-2), d2, d4), odd = vec_fma(vec_splat(-2), d1, d3);
    to[0] = vec_fma(vec_splat((real)-2.5), d2, d0 + d4);
    to[1] = vec_fma(a, odd, even);
    to[2] = vec_fma(-a, odd, even);
    even = vec_fma(vec_splat((real)-0.5), d2, d4);
    odd = vec_fma(vec_splat((real)-0.5), d1, d3);
    to[3] = vec_fma(b, odd, even);
    to[4] = vec_fma(-b, odd, even);
    to[5] = vec_fma(vec_splat((real)-2.5), d3, d1 + d5);
}

// Four segments of a row, turned within quarters: out[j] has column j of all tiles, the one of
// segment i in number i of its quarter.
FAL_INLINE void load_columns(const real *from, const int32_t *segment, vec *out)
{
    vec s[QUARTERS], low[2], high[2];
    FAL_UNROLL
    for (int i = 0; i < QUARTERS; i++)
        s[i] = vec_load(from + segment[i]);
    FAL_PAIR(low, 0, 1, s[0], s[1], FAL_ONES_LOW, FAL_ONES_HIGH);
    FAL_PAIR(high, 0, 1, s[2], s[3], FAL_ONES_LOW, FAL_ONES_HIGH);
    FAL_PAIR(out, 0, 1, low[0], high[0], FAL_TWOS_LOW, FAL_TWOS_HIGH);
    FAL_PAIR(out, 2, 3, low[1], high[1], FAL_TWOS_LOW, FAL_TWOS_HIGH);
}

// One channel of the tiles of a group.
FAL_INLINE void transform_tiles(const fal_winograd_input *g, const real *from, real *to)
{
    vec t[EDGE * EDGE], row[2 * QUARTERS];
    FAL_UNROLL
    for (int r = 0; r < EDGE; r++) {
        load_columns(from + r * g->row, g->segment, row);
        load_columns(from + r * g->row + g->beyond, g->segment, row + QUARTERS);
        transform_input(row, 1, t + r * EDGE);
    }
    FAL_UNROLL
    for (int c = 0; c < EDGE; c++) {
        vec column[EDGE];
        transform_input(t + c, EDGE, column);
        FAL_UNROLL
        for (int r = 0; r < EDGE; r++)
            vec_store(to + (r * EDGE + c) * g->to_element, column[r]);
    }
}

static void winograd_input(const fal_winograd_input *g)
{
    const real *from = g->from;
    real *to = g->to;
    for (int64_t c = 0; c < g->channels; c++, from += g->channel, to += g->to_channel)
        transform_tiles(g, from, to);
}

// ------------------------------------------------------------------------------------------ output

// One row or column of the transformed sums: the polynomial's values turned into coefficients.
FAL_INLINE void transform_output(const vec *m, ptrdiff_t step, vec *to)
{
    const vec a = vec_splat((real)WINOGRAD_A), b = vec_splat((real)WINOGRAD_B);
    const vec a3 = vec_splat((real)WINOGRAD_A_CUBED), b3 = vec_splat((real)WINOGRAD_B_CUBED);
    const vec m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
    const vec s1 = m1 + m2, e1 = m1 - m2, s2 = m3 + m4, e2 = m3 - m4;
    to[0] = m[0] + s1 + s2;
    to[1] = vec_fma(b, e2, a * e1);
    to[2] = vec_fma(vec_splat(2), s2, vec_splat((real)0.5) * s1);
    to[3] = vec_fma(b3, e2, vec_fma(a3, e1, m[5 * step]));
}

// One tile of a vector of channels: its 4x4 outputs.
FAL_INLINE void transform_sums(const real *from, int64_t element, vec bias, vec *to)
{
    vec t[OUTPUTS * EDGE], row[OUTPUTS];
    FAL_UNROLL
    for (int c = 0; c < EDGE; c++) {
        vec column[EDGE], done[OUTPUTS];
        FAL_UNROLL
        for (int r = 0; r < EDGE; r++)
            column[r] = vec_load(from + (r * EDGE + c) * element);
        transform_output(column, 1, done);
        FAL_UNROLL
        for (int r = 0; r < OUTPUTS; r++)
            t[r * EDGE + c] = done[r];
    }
    FAL_UNROLL
    for (int r = 0; r < OUTPUTS; r++) {
        transform_output(t + r * EDGE, 1, row);
        FAL_UNROLL
        for (int c = 0; c < OUTPUTS; c++)
            to[r * FAL_LANES + c] = row[c] + bias;
    }
}

static void winograd_output(const fal_winograd_output *o)
{
    const vec bias = vec_load(o->bias);
    vec turned[OUTPUTS][FAL_LANES];
    for (int i = 0; i < FAL_LANES / OUTPUTS && i < o->tiles; i++)
        transform_sums((const real *)o->sums + i * o->tile, o->element, bias,
                       turned[0] + i * OUTPUTS);
    FAL_UNROLL
    for (int r = 0; r < OUTPUTS; r++) {
        real *to = (real *)o->to + r * o->row;
        vec_transpose(turned[r]);
        FAL_UNROLL
        for (int c = 0; c < FAL_LANES; c++)
            vec_store(to + c * o->channel, turned[r][c]);
    }
}

#include "kernels/winograd_gradient.inc.c"

// ---------------------------------------------------------------------------------------- products

#if FAL_VECTOR == 16
#define WINOGRAD_VECTORS 4
#else
#define WINOGRAD_VECTORS 2
#endif
#define WINOGRAD_CHANNELS (WINOGRAD_VECTORS * FAL_LANES)

#define TILE_TILES 1
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 2
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 3
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 4
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 5
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 6
#include "kernels/winograd_product.inc.c"
#if FAL_VECTOR == 64
#define TILE_TILES 7
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 8
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 9
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 10
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 11
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 12
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 13
#include "kernels/winograd_product.inc.c"
#define TILE_TILES 14
#include "kernels/winograd_product.inc.c"
#endif

// ----------------------------------------------------------------------------------------- weights

// As many numbers of double precision as a vector has bytes for.
enum { WEIGHTS = FAL_VECTOR / 8 };
typedef double weights __attribute__((vector_size(FAL_VECTOR)));

typedef real weights_rounded __attribute__((vector_size(FAL_VECTOR / 2)));

FAL_INLINE weights widen(const real *from)
{
    weights_rounded v;
    memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, weights);
}

FAL_INLINE void narrow(real *to, weights w)
{
    weights_rounded v = __builtin_convertvector(w, weights_rounded);
    memcpy(to, &v, sizeof v);
}

// One row or column of a kernel: the values of its polynomial at the points, divided by what the
// transforms of input and output leave out.
FAL_INLINE void transform_weight(const weights *g, ptrdiff_t step, weights *to)
{
    const weights one = g[0], all = g[2 * step];
    const weights even_a = (one + 0.5 * all) * (-2.0 / 3),
                  odd_a = g[step] * (-2.0 / 3 * WINOGRAD_A);
    const weights even_b = (one + 2 * all) * (1.0 / 6), odd_b = g[step] * (1.0 / 6 * WINOGRAD_B);
    to[0] = one;
    to[1] = even_a + odd_a;
    to[2] = even_a - odd_a;
    to[3] = even_b + odd_b;
    to[4] = even_b - odd_b;
    to[5] = all;
}

// Kernels of WEIGHTS output channels.
FAL_INLINE void transform_kernels(const weights *kernel, weights *to)
{
    weights t[KERNEL * EDGE];
    FAL_UNROLL
    for (int c = 0; c < KERNEL; c++) {
        weights column[EDGE];
        transform_weight(kernel + c, KERNEL, column);
        FAL_UNROLL
        for (int r = 0; r < EDGE; r++)
            t[r * KERNEL + c] = column[r];
    }
    FAL_UNROLL
    for (int r = 0; r < EDGE; r++)
        transform_weight(t + r * KERNEL, 1, to + r * EDGE);
}

// Those of all channels, [element of the kernel][channel]; zeros where there is none.
static void gather_kernels(const fal_winograd_weight *w, real *to)
{
    for (int c = 0; c < w->channels; c++) {
        const real *from = (const real *)w->from + c * w->channel;
        for (int i = 0; i < KERNEL * KERNEL; i++)
            to[i * WINOGRAD_CHANNELS + c] = from[i / KERNEL * w->row + i % KERNEL * w->column];
    }
    for (int c = w->channels; c < WINOGRAD_CHANNELS; c++)
        for (int i = 0; i < KERNEL * KERNEL; i++)
            to[i * WINOGRAD_CHANNELS + c] = 0;
}

static void winograd_weight(const fal_winograd_weight *w)
{
    real gathered[KERNEL * KERNEL * WINOGRAD_CHANNELS], all[EDGE * EDGE * WINOGRAD_CHANNELS];
    gather_kernels(w, gathered);
    for (int c = 0; c < WINOGRAD_CHANNELS; c += WEIGHTS) {
        weights kernel[KERNEL * KERNEL], done[EDGE * EDGE];
        FAL_UNROLL
        for (int i = 0; i < KERNEL * KERNEL; i++)
            kernel[i] = widen(gathered + i * WINOGRAD_CHANNELS + c);
        transform_kernels(kernel, done);
        FAL_UNROLL
        for (int e = 0; e < EDGE * EDGE; e++)
            narrow(all + e * WINOGRAD_CHANNELS + c, done[e]);
    }
    for (int e = 0; e < EDGE * EDGE; e++)
        memcpy((real *)w->to + e * w->element, all + e * WINOGRAD_CHANNELS,
               WINOGRAD_CHANNELS * sizeof(real));
}

// --------------------------------------------------------------------------------------- fetching

static void fetch_from(const fal_box *box)
{
    const int64_t line = 64 / FAL_NUMBER;
    for (int64_t p = 0; p < box->planes; p++)
        for (int64_t r = 0; r < box->rows; r++) {
            const real *row = (const real *)box->from + p * box->from_plane + r * box->from_row;
            for (int64_t i = 0; i < box->columns + line - 1; i += line)
                __builtin_prefetch(row + (i < box->columns ? i : box->columns - 1));
        }
}

static void fetch_to(const fal_box *box)
{
    const int64_t line = 64 / FAL_NUMBER;
    for (int64_t p = 0; p < box->planes; p++)
        for (int64_t r = 0; r < box->rows; r++) {
            const real *row = (const real *)box->to + p * box->to_plane + r * box->to_row;
            for (int64_t i = 0; i < box->columns + line - 1; i += line)
                __builtin_prefetch(row + (i < box->columns ? i : box->columns - 1), 1);
        }
}

static const fal_winograd_kernels winograd = {
    .channels = WINOGRAD_CHANNELS,
#if FAL_VECTOR == 64
    .panel = 16,
    .unit = 1,
    .most = 14,
    .multiply = {winograd_1, winograd_2, winograd_3, winograd_4, winograd_5, winograd_6, winograd_7,
                 winograd_8, winograd_9, winograd_10, winograd_11, winograd_12, winograd_13,
                 winograd_14},
#else
    .panel = 24,
    .unit = 6,
    .most = 6,
    .multiply = {winograd_1, winograd_2, winograd_3, winograd_4, winograd_5, winograd_6},
#endif
    .input = winograd_input,
    .output = winograd_output,
    .weight = winograd_weight,
    .turned_input = winograd_turned_input,
    .turned_output = winograd_turned_output,
    .gradient = winograd_gradient,
    .fetch_from = fetch_from,
    .fetch_to = fetch_to,
};
