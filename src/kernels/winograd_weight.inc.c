// SPDX-License-Identifier: Apache-2.0
//
// Kernels on their way to what transformed tiles are multiplied with, in double precision.

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

FAL_INLINE void transform_short_weight(const weights *g, ptrdiff_t step, weights *to)
{
    const weights even_a = g[0] * (1.0 / 3 / WINOGRAD_A), odd_a = g[step] * (1.0 / 3);
    const weights even_b = g[0] * (1.0 / 3 / WINOGRAD_B), odd_b = g[step] * (1.0 / 3);
    to[0] = -even_a - odd_a;
    to[1] = even_a - odd_a;
    to[2] = even_b + odd_b;
    to[3] = odd_b - even_b;
    to[4] = g[step];
}

FAL_INLINE void transform_small_weight(const weights *g, ptrdiff_t step, weights *to)
{
    const weights even = (g[0] + g[2 * step]) * 0.5, odd = g[step] * 0.5;
    to[0] = g[0];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = g[2 * step];
}

typedef void weight_transform(const weights *g, ptrdiff_t step, weights *to);

// Kernels of `taps` by `taps` of WEIGHTS output channels.
FAL_INLINE void transform_kernels(const weights *kernel, int taps, int edge,
                                  weight_transform *transform, weights *to)
{
    weights t[KERNEL * EDGE];
    FAL_UNROLL
    for (int c = 0; c < taps; c++) {
        weights column[EDGE];
        transform(kernel + c, taps, column);
        FAL_UNROLL
        for (int r = 0; r < edge; r++)
            t[r * taps + c] = column[r];
    }
    FAL_UNROLL
    for (int r = 0; r < edge; r++)
        transform(t + r * taps, 1, to + r * edge);
}

// Kernels of so many numbers, each of which becomes so many elements.
FAL_INLINE void transform_weights(const fal_winograd_weight *w, int numbers, int elements,
                                  void (*transform)(const weights *kernel, weights *to))
{
    real all[EDGE * EDGE * WINOGRAD_CHANNELS];
    for (int c = 0; c < WINOGRAD_CHANNELS; c += WEIGHTS) {
        weights kernel[KERNEL * KERNEL], done[EDGE * EDGE];
        FAL_UNROLL
        for (int i = 0; i < numbers; i++)
            kernel[i] = widen((const real *)w->from + i * WINOGRAD_CHANNELS + c);
        transform(kernel, done);
        FAL_UNROLL
        for (int e = 0; e < elements; e++)
            narrow(all + e * WINOGRAD_CHANNELS + c, done[e]);
    }
    for (int e = 0; e < elements; e++)
        memcpy((real *)w->to + e * w->element, all + e * WINOGRAD_CHANNELS,
               WINOGRAD_CHANNELS * sizeof(real));
}

FAL_INLINE void transform_square(const weights *kernel, weights *to)
{
    transform_kernels(kernel, KERNEL, EDGE, transform_weight, to);
}

FAL_INLINE void transform_small_square(const weights *kernel, weights *to)
{
    transform_kernels(kernel, KERNEL, SMALL_EDGE, transform_small_weight, to);
}

FAL_INLINE void transform_short_square(const weights *kernel, weights *to)
{
    transform_kernels(kernel, SHORT_KERNEL, SHORT_EDGE, transform_short_weight, to);
}

FAL_INLINE void transform_flat(const weights *kernel, weights *to)
{
    transform_weight(kernel, 1, to);
}

FAL_INLINE void transform_short_flat(const weights *kernel, weights *to)
{
    transform_short_weight(kernel, 1, to);
}

static void winograd_weight(const fal_winograd_weight *w)
{
    transform_weights(w, KERNEL * KERNEL, EDGE * EDGE, transform_square);
}

static void winograd_small_weight(const fal_winograd_weight *w)
{
    transform_weights(w, KERNEL * KERNEL, SMALL_EDGE * SMALL_EDGE, transform_small_square);
}

static void winograd_short_weight(const fal_winograd_weight *w)
{
    transform_weights(w, SHORT_KERNEL * SHORT_KERNEL, SHORT_EDGE * SHORT_EDGE,
                      transform_short_square);
}

static void winograd_flat_weight(const fal_winograd_weight *w)
{
    transform_weights(w, KERNEL, EDGE, transform_flat);
}

static void winograd_short_flat_weight(const fal_winograd_weight *w)
{
    transform_weights(w, SHORT_KERNEL, SHORT_EDGE, transform_short_flat);
}
