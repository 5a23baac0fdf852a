// SPDX-License-Identifier: Apache-2.0
//
// The transforms of F(3x3, 4x4), by which tiles of 4x4 numbers of one picture and the 6x6 numbers
// of another that they meet give what they add to the gradient of a kernel of 3x3. The points are
// those of F(4x4, 3x3), and so is the transform of 6x6 numbers. Channels are in the lanes.

enum { GRADIENT = 3 };

// One row or column of a tile of 4x4: the values of its polynomial at the points.
FAL_INLINE void transform_values(const vec *g, ptrdiff_t step, vec *to)
{
    const vec a = vec_splat((real)WINOGRAD_A), b = vec_splat((real)WINOGRAD_B);
    const vec g0 = g[0], g1 = g[step], g2 = g[2 * step], g3 = g[3 * step];
    vec even = vec_fma(vec_splat((real)0.5), g2, g0), odd = vec_fma(vec_splat((real)0.5), g3, g1);
    to[0] = g0;
    to[1] = vec_fma(a, odd, even);
    to[2] = vec_fma(-a, odd, even);
    even = vec_fma(vec_splat(2), g2, g0);
    odd = vec_fma(vec_splat(2), g3, g1);
    to[3] = vec_fma(b, odd, even);
    to[4] = vec_fma(-b, odd, even);
    to[5] = g3;
}

// One tile of `edge` by `edge` numbers on its way to 6x6.
FAL_INLINE void transform_turned(const fal_winograd_turned *t, const real *from, real *to, int edge,
                                 void (*transform)(const vec *d, ptrdiff_t step, vec *to))
{
    vec rows[EDGE * EDGE];
    FAL_UNROLL
    for (int r = 0; r < edge; r++) {
        vec row[EDGE];
        FAL_UNROLL
        for (int c = 0; c < edge; c++)
            row[c] = vec_load(from + r * t->row + c * FAL_LANES);
        transform(row, 1, rows + r * EDGE);
    }
    FAL_UNROLL
    for (int c = 0; c < EDGE; c++) {
        vec column[EDGE];
        transform(rows + c, EDGE, column);
        FAL_UNROLL
        for (int r = 0; r < EDGE; r++)
            vec_store(to + (r * EDGE + c) * t->to_element, column[r]);
    }
}

static void winograd_turned_input(const fal_winograd_turned *t)
{
    const real *from = t->from;
    real *to = t->to;
    for (int64_t i = 0; i < t->tiles; i++, from += OUTPUTS * FAL_LANES, to += t->to_tile)
        transform_turned(t, from, to, EDGE, transform_input);
}

static void winograd_turned_output(const fal_winograd_turned *t)
{
    const real *from = t->from;
    real *to = t->to;
    for (int64_t i = 0; i < t->tiles; i++, from += OUTPUTS * FAL_LANES, to += t->to_tile)
        transform_turned(t, from, to, OUTPUTS, transform_values);
}

// One row or column of the sums: what the transforms have left out is divided by here.
FAL_INLINE void transform_gradient(const vec *m, ptrdiff_t step, vec *to)
{
    const vec m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
    const vec s1 = m1 + m2, e1 = m1 - m2, s2 = m3 + m4, e2 = m3 - m4;
    const vec third = vec_splat((real)(1.0 / 3));
    to[0] = vec_fma(vec_splat((real)(1.0 / 6)), s2, vec_fma(vec_splat((real)(-2.0 / 3)), s1, m[0]));
    to[1] = vec_fma(vec_splat((real)(WINOGRAD_B / 6)), e2,
                    vec_splat((real)(-2.0 / 3 * WINOGRAD_A)) * e1);
    to[2] = vec_fma(third, s2, vec_fma(-third, s1, m[5 * step]));
}

static void winograd_gradient(const fal_winograd_sums *g)
{
    const real *sums = g->sums;
    vec columns[GRADIENT * EDGE];
    FAL_UNROLL
    for (int c = 0; c < EDGE; c++) {
        vec column[EDGE], done[GRADIENT];
        FAL_UNROLL
        for (int r = 0; r < EDGE; r++)
            column[r] = vec_load(sums + (r * EDGE + c) * g->element);
        transform_gradient(column, 1, done);
        FAL_UNROLL
        for (int r = 0; r < GRADIENT; r++)
            columns[r * EDGE + c] = done[r];
    }
    FAL_UNROLL
    for (int r = 0; r < GRADIENT; r++) {
        vec row[GRADIENT];
        transform_gradient(columns + r * EDGE, 1, row);
        FAL_UNROLL
        for (int c = 0; c < GRADIENT; c++)
            vec_store((real *)g->to + (r * GRADIENT + c) * FAL_LANES, row[c]);
    }
}
