// SPDX-License-Identifier: Apache-2.0
//
// Winograd's minimal filtering F(4x4, 3x3) by the points 0, +-A, +-B and infinity, A = sqrt(1/2)
// and B = sqrt(2): products of a tile of 6x6 numbers of the input and of the kernel, transformed,
// give 4x4 outputs. A*B = 1 makes most of the transforms' constants powers of two. F(1x4, 1x3) is
// the same along rows alone, and F(2x2, 3x3) has the points 0, +-1 and infinity. F(4x4, 2x2) and
// F(1x4, 1x2) have those of F(4x4, 3x3) but 0.
//
// Every step is spelled out in explicit operations, so that bits are the same everywhere.

// The points, and their cubes.
#define WINOGRAD_A       0.70710678118654752
#define WINOGRAD_B       1.41421356237309505
#define WINOGRAD_A_CUBED 0.35355339059327376
#define WINOGRAD_B_CUBED 2.82842712474619010

enum { EDGE = 6, KERNEL = 3, OUTPUTS = 4, QUARTERS = 4 };
enum { SMALL_EDGE = 4, SMALL_OUTPUTS = 2 }; // of F(2x2, 3x3)
enum { SHORT_EDGE = 5, SHORT_KERNEL = 2 };  // of F(4x4, 2x2)

typedef void winograd_transform(const vec *from, ptrdiff_t step, vec *to);

#include "kernels/winograd_input.inc.c"
#include "kernels/winograd_output.inc.c"

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

#include "kernels/winograd_gradient.inc.c"
#include "kernels/winograd_weight.inc.c"
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

// Steps to the next line; the present one.
FAL_INLINE const char *next_line(fal_lines *l)
{
    const char *line = l->row + l->past_lines * 64;
    if (++l->past_lines < l->lines)
        return line;
    l->past_lines = 0;
    l->row += l->from_row;
    if (++l->past_rows == l->rows) {
        l->past_rows = 0;
        l->plane += l->from_plane;
        l->row = l->plane;
        l->planes--;
    }
    return line;
}

static void fetch_lines(fal_lines *l, int64_t count)
{
    for (; count > 0 && l->planes > 0; count--)
        __builtin_prefetch(next_line(l), 0, 2);
}

static void fetch_lines_to(fal_lines *l, int64_t count)
{
    for (; count > 0 && l->planes > 0; count--)
        __builtin_prefetch(next_line(l), 1, 2);
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
    .form = {{"F(4x4, 3x3)", KERNEL, OUTPUTS, OUTPUTS, EDGE, EDGE, EDGE *EDGE, winograd_input,
              winograd_output, winograd_weight},
             {"F(2x2, 3x3)", KERNEL, SMALL_OUTPUTS, SMALL_OUTPUTS, SMALL_EDGE, SMALL_EDGE,
              SMALL_EDGE *SMALL_EDGE, winograd_small_input, winograd_small_output,
              winograd_small_weight},
             {"F(1x4, 1x3)", KERNEL, 1, OUTPUTS, 1, EDGE, EDGE, winograd_flat_input,
              winograd_flat_output, winograd_flat_weight},
             {"F(4x4, 2x2)", SHORT_KERNEL, OUTPUTS, OUTPUTS, SHORT_EDGE, SHORT_EDGE,
              SHORT_EDGE *SHORT_EDGE, winograd_short_input, winograd_short_output,
              winograd_short_weight},
             {"F(1x4, 1x2)", SHORT_KERNEL, 1, OUTPUTS, 1, SHORT_EDGE, SHORT_EDGE,
              winograd_short_flat_input, winograd_short_flat_output, winograd_short_flat_weight}},
    .weave = winograd_weave,
    .turned_input = winograd_turned_input,
    .turned_output = winograd_turned_output,
    .gradient = winograd_gradient,
    .fetch_from = fetch_from,
    .fetch_to = fetch_to,
    .fetch_lines = fetch_lines,
    .fetch_lines_to = fetch_lines_to,
};
