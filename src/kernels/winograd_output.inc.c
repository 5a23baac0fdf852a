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

static void winograd_output(const fal_winograd_output *o)
{
    const vec bias = vec_load(o->bias);
    vec turned[OUTPUTS][FAL_LANES];
    for (int i = 0; i < FAL_LANES / OUTPUTS && i < o->tiles; i++)
        transform_sums((const real *)o->sums + i * o->tile, o->element, bias, EDGE, OUTPUTS,
                       transform_output, turned[0] + i * OUTPUTS);
    FAL_UNROLL
    for (int r = 0; r < OUTPUTS; r++)
        store_turned(o, r, turned[r]);
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

static void winograd_flat_output(const fal_winograd_output *o)
{
    const vec bias = vec_load(o->bias);
    vec turned[FAL_LANES];
    for (int i = 0; i < FAL_LANES / OUTPUTS && i < o->tiles; i++) {
        const real *from = (const real *)o->sums + i * o->tile;
        vec sums[EDGE], row[OUTPUTS];
        FAL_UNROLL
        for (int e = 0; e < EDGE; e++)
            sums[e] = vec_load(from + e * o->element);
        transform_output(sums, 1, row);
        FAL_UNROLL
        for (int c = 0; c < OUTPUTS; c++)
            turned[i * OUTPUTS + c] = row[c] + bias;
    }
    store_turned(o, 0, turned);
}
