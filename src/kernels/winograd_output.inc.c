// SPDX-License-Identifier: Apache-2.0
//
// Sums of products on their way back to outputs.

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

FAL_INLINE void transform_short_output(const vec *m, ptrdiff_t step, vec *to)
{
    const vec a = vec_splat((real)WINOGRAD_A), b = vec_splat((real)WINOGRAD_B);
    const vec a3 = vec_splat((real)WINOGRAD_A_CUBED), b3 = vec_splat((real)WINOGRAD_B_CUBED);
    const vec m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step];
    const vec s1 = m0 + m1, e1 = m0 - m1, s2 = m2 + m3, e2 = m2 - m3;
    to[0] = s1 + s2;
    to[1] = vec_fma(b, e2, a * e1);
    to[2] = vec_fma(vec_splat(2), s2, vec_splat((real)0.5) * s1);
    to[3] = vec_fma(b3, e2, vec_fma(a3, e1, m[4 * step]));
}

FAL_INLINE void transform_small_output(const vec *m, ptrdiff_t step, vec *to)
{
    const vec m1 = m[step], m2 = m[2 * step];
    to[0] = m[0] + (m1 + m2);
    to[1] = m[3 * step] + (m1 - m2);
}

// One tile of a vector of channels: its outputs, `outputs` by `outputs`.
FAL_INLINE void transform_sums(const real *from, int64_t element, vec bias, int edge, int outputs,
                               winograd_transform *transform, vec *to)
{
    vec t[OUTPUTS * EDGE], row[OUTPUTS];
    FAL_UNROLL
    for (int c = 0; c < edge; c++) {
        vec column[EDGE], done[OUTPUTS];
        FAL_UNROLL
        for (int r = 0; r < edge; r++)
            column[r] = vec_load(from + (r * edge + c) * element);
        transform(column, 1, done);
        FAL_UNROLL
        for (int r = 0; r < outputs; r++)
            t[r * edge + c] = done[r];
    }
    FAL_UNROLL
    for (int r = 0; r < outputs; r++) {
        transform(t + r * edge, 1, row);
        FAL_UNROLL
        for (int c = 0; c < outputs; c++)
            to[r * FAL_LANES + c] = row[c] + bias;
    }
}

// One row of a segment, of which vectors of channels follow each other.
FAL_INLINE void store_turned(const fal_winograd_output *o, int r, vec *turned)
{
    real *to = (real *)o->to + r * o->row;
    vec_transpose(turned);
    FAL_UNROLL
    for (int c = 0; c < FAL_LANES; c++)
        vec_store(to + c * o->channel, turned[c]);
}

// A segment of tiles of OUTPUTS by OUTPUTS.
FAL_INLINE void give_tiles(const fal_winograd_output *o, int edge, winograd_transform *transform)
{
    const vec bias = vec_load(o->bias);
    vec turned[OUTPUTS][FAL_LANES];
    for (int i = 0; i < FAL_LANES / OUTPUTS && i < o->tiles; i++)
        transform_sums((const real *)o->sums + i * o->tile, o->element, bias, edge, OUTPUTS,
                       transform, turned[0] + i * OUTPUTS);
    FAL_UNROLL
    for (int r = 0; r < OUTPUTS; r++)
        store_turned(o, r, turned[r]);
}

// A segment of tiles of OUTPUTS in a row.
FAL_INLINE void give_flat_tiles(const fal_winograd_output *o, int edge,
                                winograd_transform *transform)
{
    const vec bias = vec_load(o->bias);
    vec turned[FAL_LANES];
    for (int i = 0; i < FAL_LANES / OUTPUTS && i < o->tiles; i++) {
        const real *from = (const real *)o->sums + i * o->tile;
        vec sums[EDGE], row[OUTPUTS];
        FAL_UNROLL
        for (int e = 0; e < edge; e++)
            sums[e] = vec_load(from + e * o->element);
        transform(sums, 1, row);
        FAL_UNROLL
        for (int c = 0; c < OUTPUTS; c++)
            turned[i * OUTPUTS + c] = row[c] + bias;
    }
    store_turned(o, 0, turned);
}

static void winograd_output(const fal_winograd_output *o)
{
    give_tiles(o, EDGE, transform_output);
}

static void winograd_short_output(const fal_winograd_output *o)
{
    give_tiles(o, SHORT_EDGE, transform_short_output);
}

static void winograd_flat_output(const fal_winograd_output *o)
{
    give_flat_tiles(o, EDGE, transform_output);
}

static void winograd_short_flat_output(const fal_winograd_output *o)
{
    give_flat_tiles(o, SHORT_EDGE, transform_short_output);
}

static void winograd_small_output(const fal_winograd_output *o)
{
    const vec bias = vec_load(o->bias);
    vec turned[SMALL_OUTPUTS][FAL_LANES];
    for (int i = 0; i < FAL_LANES / SMALL_OUTPUTS && i < o->tiles; i++)
        transform_sums((const real *)o->sums + i * o->tile, o->element, bias, SMALL_EDGE,
                       SMALL_OUTPUTS, transform_small_output, turned[0] + i * SMALL_OUTPUTS);
    FAL_UNROLL
    for (int r = 0; r < SMALL_OUTPUTS; r++)
        store_turned(o, r, turned[r]);
}

// ------------------------------------------------------------------------------------ two in turns

FAL_INLINE void weave_row(const real *even, const real *odd, int64_t columns, real *to)
{
    const int64_t pairs = columns / 2;
    vec low, high;
    for (int64_t i = 0, next; i < pairs; i = next) {
        const int64_t left = pairs - i;
        next = i + FAL_LANES;
        if (left < FAL_LANES && pairs >= FAL_LANES)
            i = pairs - FAL_LANES; // over what is there already
        vec_weave(vec_load(even + i), vec_load(odd + i), &low, &high);
        if (pairs >= FAL_LANES) {
            vec_store(to + 2 * i, low);
            vec_store(to + 2 * i + FAL_LANES, high);
        } else {
            const int64_t first = least(FAL_LANES, (int)(2 * left));
            vec_store_lanes(to, low, vec_first_lanes(first));
            vec_store_lanes(to + FAL_LANES, high, vec_first_lanes(2 * left - first));
        }
    }
    if (columns % 2)
        to[columns - 1] = even[pairs];
}

static void winograd_weave(const fal_winograd_weave *w)
{
    for (int64_t p = 0; p < w->planes; p++) {
        const real *even = (const real *)w->even + p * w->from_plane;
        const real *odd = (const real *)w->odd + p * w->from_plane;
        real *to = (real *)w->to + p * w->to_plane;
        for (int64_t r = 0; r < w->rows;
             r++, even += w->from_row, odd += w->from_row, to += w->to_row)
            weave_row(even, odd, w->columns, to);
    }
}
