// SPDX-License-Identifier: Apache-2.0
//
// Dot products of a picture with several parts of another. There are 64 bytes of lanes whatever the
// width of a vector, so that the order of sums is the same for all.

enum {
    DOT_VECTORS = 64 / FAL_VECTOR,
    DOT_LANES = DOT_VECTORS * FAL_LANES,
    DOT_TAPS = FAL_VECTOR == 64 ? 9 : 6, // at once, as registers allow
};

// `taps` is a constant.
FAL_INLINE void sum_some_dots(const fal_dots *d, int64_t first, int taps)
{
    vec acc[DOT_TAPS][DOT_VECTORS];
    const real *from[DOT_TAPS];
    real *sums = (real *)d->sums + first * DOT_LANES;
    FAL_UNROLL
    for (int t = 0; t < taps; t++) {
        from[t] = (const real *)d->input + d->offset[first + t];
        FAL_UNROLL
        for (int v = 0; v < DOT_VECTORS; v++)
            acc[t][v] = (vec){0};
    }
    for (int64_t image = 0; image < d->images; image++)
        for (int64_t strip = 0; strip < d->strips; strip++) {
            const real *grad =
                (const real *)d->grad + image * d->grad_image + strip * d->grad_strip;
            ptrdiff_t at = image * d->input_image + strip * d->input_strip;
            for (int64_t i = 0; i < d->vectors; i++, at += DOT_LANES, grad += DOT_LANES)
                FAL_UNROLL
            for (int v = 0; v < DOT_VECTORS; v++) {
                vec y = vec_load(grad + v * FAL_LANES);
                FAL_UNROLL
                for (int t = 0; t < taps; t++)
                    acc[t][v] = vec_fma(vec_load(from[t] + at + v * FAL_LANES), y, acc[t][v]);
            }
        }
    FAL_UNROLL
    for (int t = 0; t < taps; t++)
        FAL_UNROLL
    for (int v = 0; v < DOT_VECTORS; v++) {
        real *to = sums + t * DOT_LANES + v * FAL_LANES;
        vec_store(to, d->add ? vec_load(to) + acc[t][v] : acc[t][v]);
    }
}

// Taps in as few groups as can be, of sizes that differ as little as can be.
static void sum_dots(const fal_dots *d)
{
    int64_t groups = (d->taps + DOT_TAPS - 1) / DOT_TAPS, taps;
    for (int64_t first = 0; first < d->taps; first += taps, groups--) {
        taps = (d->taps - first + groups - 1) / groups;
        switch (taps) {
#define DOT_CASE(n)                                                                                \
    case n:                                                                                        \
        sum_some_dots(d, first, n);                                                                \
        FAL_APART(n);                                                                              \
        break;
            DOT_CASE(1)
            DOT_CASE(2)
            DOT_CASE(3)
            DOT_CASE(4)
            DOT_CASE(5)
#if FAL_VECTOR == 64
            DOT_CASE(6)
            DOT_CASE(7)
            DOT_CASE(8)
#endif
        default:
            sum_some_dots(d, first, DOT_TAPS);
            break;
        }
#undef DOT_CASE
    }
}
