// SPDX-License-Identifier: Apache-2.0
//
// Tiles of the input on their way to what is multiplied, with tiles in the lanes.

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

// For kernels of two elements the point 0 is left out.
FAL_INLINE void transform_short_input(const vec *d, ptrdiff_t step, vec *to)
{
    const vec a = vec_splat((real)WINOGRAD_A), b = vec_splat((real)WINOGRAD_B);
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
    vec even = vec_fma(vec_splat(-2), d0, d2), odd = vec_fma(vec_splat(-2), d1, d3);
    to[0] = vec_fma(a, even, odd);
    to[1] = vec_fma(-a, even, odd);
    even = vec_fma(vec_splat((real)-0.5), d0, d2);
    odd = vec_fma(vec_splat((real)-0.5), d1, d3);
    to[2] = vec_fma(b, even, odd);
    to[3] = vec_fma(-b, even, odd);
    to[4] = vec_fma(vec_splat((real)-2.5), d2, d0 + d4);
}

FAL_INLINE void transform_small_input(const vec *d, ptrdiff_t step, vec *to)
{
    const vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    to[0] = d0 - d2;
    to[1] = d1 + d2;
    to[2] = d2 - d1;
    to[3] = d3 - d1;
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

// Two segments of a row, turned within pairs.
FAL_INLINE void load_small_columns(const real *from, const int32_t *segment, vec *out)
{
    const vec first = vec_load(from + segment[0]), second = vec_load(from + segment[1]);
    vec half[2];
    FAL_PAIR(half, 0, 1, first, second, FAL_ONES_LOW, FAL_ONES_HIGH);
    FAL_PAIR(out, 0, 1, half[0], half[1], FAL_TWOS_LOW, FAL_TWOS_HIGH);
}

// Row `r` of the tiles of a group, transformed.
FAL_INLINE void transform_row(const fal_winograd_input *g, const real *from, int r,
                              winograd_transform *transform, vec *to)
{
    vec row[2 * QUARTERS];
    load_columns(from + r * g->row, g->segment, row);
    load_columns(from + r * g->row + g->beyond, g->segment, row + QUARTERS);
    transform(row, 1, to);
}

FAL_INLINE void transform_small_row(const fal_winograd_input *g, const real *from, int r, vec *to)
{
    vec row[SMALL_EDGE];
    load_small_columns(from + r * g->row, g->segment, row);
    load_small_columns(from + r * g->row + g->beyond, g->segment, row + SMALL_OUTPUTS);
    transform_small_input(row, 1, to);
}

// Columns of tiles whose rows are transformed.
FAL_INLINE void transform_columns(const fal_winograd_input *g, const vec *t, int edge,
                                  winograd_transform *transform, real *to)
{
    FAL_UNROLL
    for (int c = 0; c < edge; c++) {
        vec column[EDGE];
        transform(t + c, edge, column);
        FAL_UNROLL
        for (int r = 0; r < edge; r++)
            vec_store(to + (r * edge + c) * g->to_element, column[r]);
    }
}

// Tiles of so many rows and columns.
FAL_INLINE void transform_tiles(const fal_winograd_input *g, int edge,
                                winograd_transform *transform)
{
    const real *from = g->from;
    real *to = g->to;
    for (int64_t c = 0; c < g->channels; c++, from += g->channel, to += g->to_channel) {
        vec t[EDGE * EDGE];
        FAL_UNROLL
        for (int r = 0; r < edge; r++)
            transform_row(g, from, r, transform, t + r * edge);
        transform_columns(g, t, edge, transform, to);
    }
}

// Tiles of one row.
FAL_INLINE void transform_flat_tiles(const fal_winograd_input *g, int edge,
                                     winograd_transform *transform)
{
    const real *from = g->from;
    real *to = g->to;
    for (int64_t c = 0; c < g->channels; c++, from += g->channel, to += g->to_channel) {
        vec t[EDGE];
        transform_row(g, from, 0, transform, t);
        FAL_UNROLL
        for (int e = 0; e < edge; e++)
            vec_store(to + e * g->to_element, t[e]);
    }
}

static void winograd_input(const fal_winograd_input *g)
{
    transform_tiles(g, EDGE, transform_input);
}

static void winograd_short_input(const fal_winograd_input *g)
{
    transform_tiles(g, SHORT_EDGE, transform_short_input);
}

static void winograd_flat_input(const fal_winograd_input *g)
{
    transform_flat_tiles(g, EDGE, transform_input);
}

static void winograd_short_flat_input(const fal_winograd_input *g)
{
    transform_flat_tiles(g, SHORT_EDGE, transform_short_input);
}

static void winograd_small_input(const fal_winograd_input *g)
{
    const real *from = g->from;
    real *to = g->to;
    for (int64_t c = 0; c < g->channels; c++, from += g->channel, to += g->to_channel) {
        vec t[SMALL_EDGE * SMALL_EDGE];
        FAL_UNROLL
        for (int r = 0; r < SMALL_EDGE; r++)
            transform_small_row(g, from, r, t + r * SMALL_EDGE);
        transform_columns(g, t, SMALL_EDGE, transform_small_input, to);
    }
}
