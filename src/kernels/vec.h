// SPDX-License-Identifier: Apache-2.0
//
// Vectors of FAL_LANES floats, for the kernels alone: the one place that knows how a compiler
// spells them. Everything here is static and always inlined, because files that include it are
// compiled for different instruction sets, and a shared copy could be one that this processor does
// not have.
//
// FAL_LANES: 16 (AVX-512), 8 (AVX2) or 4 (NEON, or any machine through the C library's fma).
#ifndef FAL_KERNELS_VEC_H
#define FAL_KERNELS_VEC_H

#ifndef FAL_LANES
#error "FAL_LANES must be 4, 8 or 16"
#endif

#include <stdint.h>
#include <string.h>

#if FAL_LANES >= 8
#include <immintrin.h>
#endif

#define FAL_INLINE static inline __attribute__((always_inline))

// Loops over accumulators must be gone before registers are handed out.
#ifdef __clang__
#define FAL_UNROLL _Pragma("unroll")
#else
#define FAL_UNROLL _Pragma("GCC unroll 32")
#endif

typedef float vec __attribute__((vector_size(4 * FAL_LANES)));

FAL_INLINE vec vec_load(const float *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

FAL_INLINE void vec_store(float *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

// Stores the first `count` lanes, 0 to FAL_LANES, and touches nothing behind them.
FAL_INLINE void vec_store_first(float *to, vec v, int64_t count)
{
#if FAL_LANES == 16
    _mm512_mask_storeu_ps(to, (__mmask16)((UINT32_C(1) << count) - 1), (__m512)v);
#elif FAL_LANES == 8
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane), (__m256)v);
#else
    for (int i = 0; i < FAL_LANES; i++)
        if (i < count)
            to[i] = v[i];
#endif
}

// Stores lane i at to[2 * i], and touches nothing between.
FAL_INLINE void vec_store_apart(float *to, vec v)
{
#if FAL_LANES == 16
    vec low = __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    vec high =
        __builtin_shufflevector(v, v, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
    _mm512_mask_storeu_ps(to, 0x5555, (__m512)low);
    _mm512_mask_storeu_ps(to + 16, 0x5555, (__m512)high);
#elif FAL_LANES == 8
    const __m256i even = _mm256_setr_epi32(-1, 0, -1, 0, -1, 0, -1, 0);
    vec low = __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3);
    vec high = __builtin_shufflevector(v, v, 4, 4, 5, 5, 6, 6, 7, 7);
    _mm256_maskstore_ps(to, even, (__m256)low);
    _mm256_maskstore_ps(to + 8, even, (__m256)high);
#else
    for (int i = 0; i < FAL_LANES; i++)
        to[2 * i] = v[i];
#endif
}

// The subtraction keeps -0 and NaN, folds away, and leaves one broadcast.
FAL_INLINE vec vec_splat(float x)
{
    return x - (vec){0};
}

// a*b + c with one rounding, in every lane: the C standard's fma, which compilers turn into one
// instruction where there is one.
FAL_INLINE vec vec_fma(vec a, vec b, vec c)
{
    vec r;
    for (int i = 0; i < FAL_LANES; i++)
        r[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return r;
}

// Turns FAL_LANES vectors, the rows of a square, into its columns. Each step exchanges the halves
// of ever larger blocks; every shuffle is one instruction.
#define FAL_PAIR(out, i, j, a, b, low, high)                                                       \
    do {                                                                                           \
        (out)[i] = __builtin_shufflevector(a, b, low);                                             \
        (out)[j] = __builtin_shufflevector(a, b, high);                                            \
    } while (0)

#if FAL_LANES == 4
#define FAL_ONES_LOW  0, 4, 1, 5
#define FAL_ONES_HIGH 2, 6, 3, 7
#define FAL_TWOS_LOW  0, 1, 4, 5
#define FAL_TWOS_HIGH 2, 3, 6, 7
#elif FAL_LANES == 8
#define FAL_ONES_LOW   0, 8, 1, 9, 4, 12, 5, 13
#define FAL_ONES_HIGH  2, 10, 3, 11, 6, 14, 7, 15
#define FAL_TWOS_LOW   0, 1, 8, 9, 4, 5, 12, 13
#define FAL_TWOS_HIGH  2, 3, 10, 11, 6, 7, 14, 15
#define FAL_FOURS_LOW  0, 1, 2, 3, 8, 9, 10, 11
#define FAL_FOURS_HIGH 4, 5, 6, 7, 12, 13, 14, 15
#else
#define FAL_ONES_LOW    0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define FAL_ONES_HIGH   2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define FAL_TWOS_LOW    0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define FAL_TWOS_HIGH   2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define FAL_FOURS_LOW   0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define FAL_FOURS_HIGH  4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FAL_EIGHTS_LOW  0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define FAL_EIGHTS_HIGH 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#endif

// Rows 2i and 2i+1 interleaved element by element, then pairs of elements: within each quarter of
// four elements the square is then turned.
FAL_INLINE void vec_turn_quarters(vec *r)
{
    vec t[FAL_LANES];
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 2)
        FAL_PAIR(t, i, i + 1, r[i], r[i + 1], FAL_ONES_LOW, FAL_ONES_HIGH);
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 4) {
        FAL_PAIR(r, i, i + 1, t[i], t[i + 2], FAL_TWOS_LOW, FAL_TWOS_HIGH);
        FAL_PAIR(r, i + 2, i + 3, t[i + 1], t[i + 3], FAL_TWOS_LOW, FAL_TWOS_HIGH);
    }
}

FAL_INLINE void vec_transpose(vec r[FAL_LANES])
{
    vec_turn_quarters(r);
#if FAL_LANES >= 8
    vec t[FAL_LANES];
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 8)
        FAL_UNROLL
    for (int j = i; j < i + 4; j++)
        FAL_PAIR(t, j, j + 4, r[j], r[j + 4], FAL_FOURS_LOW, FAL_FOURS_HIGH);
#if FAL_LANES == 8
    FAL_UNROLL
    for (int i = 0; i < 8; i++)
        r[i] = t[i];
#else
    FAL_UNROLL
    for (int i = 0; i < 8; i++)
        FAL_PAIR(r, i, i + 8, t[i], t[i + 8], FAL_EIGHTS_LOW, FAL_EIGHTS_HIGH);
#endif
#endif
}

#endif
