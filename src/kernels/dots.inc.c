// SPDX-License-Identifier: Apache-2.0
//
// Dot products of a picture, or of two, with several parts of another. There are 64 bytes of lanes
// whatever the width of a vector, so that the order of sums is the same for all.

enum {
    DOT_VECTORS = 64 / FAL_VECTOR,
    DOT_LANES = DOT_VECTORS * FAL_LANES,
    DOT_TAPS = FAL_VECTOR == 64 ? 9 : 6,  // at once, as registers allow
    DOT_PAIRS = FAL_VECTOR == 64 ? 9 : 3, // the same of two pictures
};

// `taps`, `pictures` and `fetches` are constants.
FAL_INLINE void sum_some_dots(const fal_dots *d, int64_t first, int taps, int pictures,
                              bool fetches)
{
    vec acc[2][DOT_TAPS][DOT_VECTORS];
    const real *from[DOT_TAPS];
    FAL_UNROLL
    for (int t = 0; t < taps; t++) {
        from[t] = (const real *)d->input + d->offset[first + t];
        FAL_UNROLL
        for (int p = 0; p < pictures; p++)
            FAL_UNROLL
        for (int v = 0; v < DOT_VECTORS; v++)
            acc[p][t][v] = (vec){0};
    }
    for (int64_t image = 0; image < d->images; image++) {
        uintptr_t next_input = d->next_input + (uintptr_t)(image * d->next_input_image);
        uintptr_t next_grad = d->next_grad + (uintptr_t)(image * d->next_grad_image);
        for (int64_t strip = 0; strip < d->strips; strip++) {
            const real *grad =
                (const real *)d->grad + image * d->grad_image + strip * d->grad_strip;
            ptrdiff_t at = image * d->input_image + strip * d->input_strip;
            for (int64_t i = 0; i < d->vectors; i++, at += DOT_LANES, grad += DOT_LANES) {
                if (fetches) {
                    __builtin_prefetch((const void *)next_input, 0, 2);
                    __builtin_prefetch((const void *)next_grad, 0, 2);
                    next_input += 64;
                    next_grad += 64;
                }
                FAL_UNROLL
                for (int v = 0; v < DOT_VECTORS; v++) {
                    const vec y = vec_load(grad + v * FAL_LANES);
                    const vec z =
                        pictures > 1 ? vec_load(grad + d->grad_picture + v * FAL_LANES) : y;
                    FAL_UNROLL
                    for (int t = 0; t < taps; t++) {
                        vec x = vec_load(from[t] + at + v * FAL_LANES);
                        if (pictures > 1)
                            x = vec_keep(x);
                        acc[0][t][v] = vec_fma(x, y, acc[0][t][v]);
                        if (pictures > 1)
                            acc[1][t][v] = vec_fma(x, z, acc[1][t][v]);
                    }
                }
            }
        }
    }
    FAL_UNROLL
    for (int p = 0; p < pictures; p++)
        FAL_UNROLL
    for (int t = 0; t < taps; t++)
        FAL_UNROLL
    for (int v = 0; v < DOT_VECTORS; v++) {
        real *to = (real *)d->sums + (p * d->taps + first + t) * DOT_LANES + v * FAL_LANES;
        vec_store(to, d->add ? vec_load(to) + acc[p][t][v] : acc[p][t][v]);
    }
}

// Taps in as few groups as can be, of sizes that differ as little as can be.
static void sum_dots(const fal_dots *d)
{
    const int most = d->pictures > 1 ? DOT_PAIRS : DOT_TAPS;
    int64_t groups = (d->taps + most - 1) / most, taps;
    for (int64_t first = 0; first < d->taps; first += taps, groups--) {
        taps = (d->taps - first + groups - 1) / groups;
        switch (taps) {
#define DOT_CASE(n)                                                                                \
    case n:                                                                                        \
        if (n <= DOT_PAIRS && d->pictures > 1)                                                     \
            sum_some_dots(d, first, n, 2, false);                                                  \
        else if (d->next_input && first == 0)                                                      \
            sum_some_dots(d, first, n, 1, true);                                                   \
        else                                                                                       \
            sum_some_dots(d, first, n, 1, false);                                                  \
        FAL_APART(n);                                                                              \
        break;
            DOT_CASE(1)
            DOT_CASE(2)
            DOT_CASE(3)
            DOT_CASE(4)
            DOT_CASE(5)
            DOT_CASE(6)
#if FAL_VECTOR == 64
            DOT_CASE(7)
            DOT_CASE(8)
            DOT_CASE(9)
#endif
        default:
            break;
        }
#undef DOT_CASE
    }
}
