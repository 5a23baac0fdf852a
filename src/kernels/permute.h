// SPDX-License-Identifier: Apache-2.0
//
// Vectors whose elements change places: always inlined, as in kernels/vec.h.
#ifndef FAL_KERNELS_PERMUTE_H
#define FAL_KERNELS_PERMUTE_H

#include "kernels/vec.h"

// Halves of vectors are apart in AVX2: there elements are taken within them, and pairs are put in
// order afterwards, which is two steps instead of the three that gcc takes.
#if FAL_VECTOR == 32 && FAL_NUMBER == 4
#define FAL_EVEN      0, 2, 8, 10, 4, 6, 12, 14
#define FAL_ODD       1, 3, 9, 11, 5, 7, 13, 15
#define FAL_EVEN_LAST 0, 2, 9, 11, 4, 6, 13, 15
#elif FAL_LANES == 2
#define FAL_EVEN      0, 2
#define FAL_ODD       1, 3
#define FAL_EVEN_LAST 0, 3
#elif FAL_LANES == 4
#define FAL_EVEN      0, 2, 4, 6
#define FAL_ODD       1, 3, 5, 7
#define FAL_EVEN_LAST 0, 2, 5, 7
#elif FAL_LANES == 8
#define FAL_EVEN      0, 2, 4, 6, 8, 10, 12, 14
#define FAL_ODD       1, 3, 5, 7, 9, 11, 13, 15
#define FAL_EVEN_LAST 0, 2, 4, 6, 9, 11, 13, 15
#else
#define FAL_EVEN      0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define FAL_ODD       1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define FAL_EVEN_LAST 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31
#endif

FAL_INLINE vec order_pairs(vec v)
{
#if FAL_VECTOR == 32 && FAL_NUMBER == 4
    typedef int64_t pairs __attribute__((vector_size(FAL_VECTOR)));
    return (vec)__builtin_shufflevector((pairs)v, (pairs)v, 0, 2, 1, 3);
#else
    return v;
#endif
}

// Every second element of two vectors that follow each other, from the first on.
FAL_INLINE vec vec_even(vec low, vec high)
{
    return order_pairs(__builtin_shufflevector(low, high, FAL_EVEN));
}

// And from the second on.
FAL_INLINE vec vec_odd(vec low, vec high)
{
    return order_pairs(__builtin_shufflevector(low, high, FAL_ODD));
}

// The first where the second vector begins one element earlier, so that it ends with the last that
// is wanted.
FAL_INLINE vec vec_even_last(vec low, vec high)
{
    return order_pairs(__builtin_shufflevector(low, high, FAL_EVEN_LAST));
}

#if FAL_LANES == 2
#define FAL_WOVEN_LOW  0, 2
#define FAL_WOVEN_HIGH 1, 3
#elif FAL_LANES == 4
#define FAL_WOVEN_LOW  0, 4, 1, 5
#define FAL_WOVEN_HIGH 2, 6, 3, 7
#elif FAL_LANES == 8
#define FAL_WOVEN_LOW  0, 8, 1, 9, 2, 10, 3, 11
#define FAL_WOVEN_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define FAL_WOVEN_LOW  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define FAL_WOVEN_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

// Elements of two vectors in turns.
FAL_INLINE void vec_weave(vec even, vec odd, vec *low, vec *high)
{
    *low = __builtin_shufflevector(even, odd, FAL_WOVEN_LOW);
    *high = __builtin_shufflevector(even, odd, FAL_WOVEN_HIGH);
}

// Turns FAL_LANES vectors, the rows of a square, into its columns. Each step exchanges the halves
// of ever larger blocks; every shuffle is one instruction.
#define FAL_PAIR(out, i, j, a, b, low, high)                                                       \
    do {                                                                                           \
        (out)[i] = __builtin_shufflevector(a, b, low);                                             \
        (out)[j] = __builtin_shufflevector(a, b, high);                                            \
    } while (0)

// Blocks of so many bytes: numbers of a quarter of 16 bytes; quarters; halves.
#if FAL_NUMBER == 8 && FAL_LANES == 2
#define FAL_ONES_LOW  0, 2
#define FAL_ONES_HIGH 1, 3
#elif FAL_NUMBER == 8 && FAL_LANES == 4
#define FAL_ONES_LOW      0, 4, 2, 6
#define FAL_ONES_HIGH     1, 5, 3, 7
#define FAL_QUARTERS_LOW  0, 1, 4, 5
#define FAL_QUARTERS_HIGH 2, 3, 6, 7
#elif FAL_NUMBER == 8
#define FAL_ONES_LOW      0, 8, 2, 10, 4, 12, 6, 14
#define FAL_ONES_HIGH     1, 9, 3, 11, 5, 13, 7, 15
#define FAL_QUARTERS_LOW  0, 1, 8, 9, 4, 5, 12, 13
#define FAL_QUARTERS_HIGH 2, 3, 10, 11, 6, 7, 14, 15
#define FAL_HALVES_LOW    0, 1, 2, 3, 8, 9, 10, 11
#define FAL_HALVES_HIGH   4, 5, 6, 7, 12, 13, 14, 15
#elif FAL_LANES == 4
#define FAL_ONES_LOW  0, 4, 1, 5
#define FAL_ONES_HIGH 2, 6, 3, 7
#define FAL_TWOS_LOW  0, 1, 4, 5
#define FAL_TWOS_HIGH 2, 3, 6, 7
#elif FAL_LANES == 8
#define FAL_ONES_LOW      0, 8, 1, 9, 4, 12, 5, 13
#define FAL_ONES_HIGH     2, 10, 3, 11, 6, 14, 7, 15
#define FAL_TWOS_LOW      0, 1, 8, 9, 4, 5, 12, 13
#define FAL_TWOS_HIGH     2, 3, 10, 11, 6, 7, 14, 15
#define FAL_QUARTERS_LOW  0, 1, 2, 3, 8, 9, 10, 11
#define FAL_QUARTERS_HIGH 4, 5, 6, 7, 12, 13, 14, 15
#else
#define FAL_ONES_LOW      0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define FAL_ONES_HIGH     2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define FAL_TWOS_LOW      0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define FAL_TWOS_HIGH     2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define FAL_QUARTERS_LOW  0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define FAL_QUARTERS_HIGH 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FAL_HALVES_LOW    0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define FAL_HALVES_HIGH   8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#endif

// Numbers in a quarter of 16 bytes.
#define FAL_QUARTER (16 / FAL_NUMBER)

// Within each quarter the square is turned: rows 2i and 2i+1 interleaved number by number, then,
// for floats, pairs of numbers.
FAL_INLINE void vec_turn_quarters(vec *r)
{
    vec t[FAL_LANES];
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 2)
        FAL_PAIR(t, i, i + 1, r[i], r[i + 1], FAL_ONES_LOW, FAL_ONES_HIGH);
#if FAL_NUMBER == 4
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 4) {
        FAL_PAIR(r, i, i + 1, t[i], t[i + 2], FAL_TWOS_LOW, FAL_TWOS_HIGH);
        FAL_PAIR(r, i + 2, i + 3, t[i + 1], t[i + 3], FAL_TWOS_LOW, FAL_TWOS_HIGH);
    }
#else
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        r[i] = t[i];
#endif
}

FAL_INLINE void vec_transpose(vec r[FAL_LANES])
{
    vec_turn_quarters(r);
#if FAL_VECTOR >= 32
    vec t[FAL_LANES];
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i += 2 * FAL_QUARTER)
        FAL_UNROLL
    for (int j = i; j < i + FAL_QUARTER; j++)
        FAL_PAIR(t, j, j + FAL_QUARTER, r[j], r[j + FAL_QUARTER], FAL_QUARTERS_LOW,
                 FAL_QUARTERS_HIGH);
#if FAL_VECTOR == 32
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES; i++)
        r[i] = t[i];
#else
    FAL_UNROLL
    for (int i = 0; i < FAL_LANES / 2; i++)
        FAL_PAIR(r, i, i + FAL_LANES / 2, t[i], t[i + FAL_LANES / 2], FAL_HALVES_LOW,
                 FAL_HALVES_HIGH);
#endif
#endif
}

#endif
