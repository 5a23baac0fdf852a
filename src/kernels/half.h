// SPDX-License-Identifier: Apache-2.0
//
// Vectors of halves, and of bytes, to and from vectors of numbers: where there are no instructions
// for it, in the ordinary operations of integers, of which every compiler makes the same bits. For
// the kernels alone.
#ifndef FAL_KERNELS_HALF_H
#define FAL_KERNELS_HALF_H

#include "kernels/vec.h"

typedef int32_t vec_bits __attribute__((vector_size(FAL_LANES * 4)));

#if FAL_INTEGER

typedef int8_t vec_i8 __attribute__((vector_size(FAL_LANES)));
typedef uint8_t vec_u8 __attribute__((vector_size(FAL_LANES)));

FAL_INLINE vec widen_i8(vec_i8 v)
{
    return __builtin_convertvector(v, vec);
}

FAL_INLINE vec widen_u8(vec_u8 v)
{
    return __builtin_convertvector(v, vec);
}

#elif FAL_NUMBER == 4

typedef uint32_t vec_words __attribute__((vector_size(FAL_LANES * 4)));
typedef uint16_t vec_f16 __attribute__((vector_size(FAL_LANES * 2)));
typedef uint16_t vec_bf16 __attribute__((vector_size(FAL_LANES * 2)));

// `yes` in the lanes where all bits of `where` are set, `no` where none is.
FAL_INLINE vec_bits bits_choose(vec_bits where, vec_bits yes, vec_bits no)
{
    return (yes & where) | (no & ~where);
}

#if FAL_VECTOR == 64

FAL_INLINE vec widen_f16(vec_f16 v)
{
    return (vec)_mm512_cvtph_ps((__m256i)v);
}

FAL_INLINE vec_f16 narrow_f16(vec v)
{
    return (vec_f16)_mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

#elif FAL_VECTOR == 32

FAL_INLINE vec widen_f16(vec_f16 v)
{
    return (vec)_mm256_cvtph_ps((__m128i)v);
}

FAL_INLINE vec_f16 narrow_f16(vec v)
{
    return (vec_f16)_mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT);
}

#else

// Exponents that are 112 less than those of binary32; a subnormal is so many times 2^-24.
FAL_INLINE vec widen_f16(vec_f16 v)
{
    vec_bits half = __builtin_convertvector(v, vec_bits), magnitude = half & 0x7fff;
    vec_bits small = (vec_bits)(__builtin_convertvector(magnitude, vec) * vec_splat(0x1p-24F));
    vec_bits normal = (magnitude << 13) + (112 << 23);
    normal += (vec_bits)(magnitude >= 0x7c00) & (112 << 23); // infinities and NaN: 255
    return (vec)(bits_choose(magnitude < 0x400, small, normal) | (half & 0x8000) << 16);
}

// To nearest, half-way to the even one. A sum with 0.5 has the place of the last bit of subnormals.
FAL_INLINE vec_f16 narrow_f16(vec v)
{
    vec_bits bits = (vec_bits)v, magnitude = bits & 0x7fffffff;
    vec_bits small = (vec_bits)((vec)magnitude + vec_splat(0.5F)) - 0x3f000000;
    vec_words rounded = (vec_words)magnitude + 0xfff + ((vec_words)magnitude >> 13 & 1);
    vec_bits normal = (vec_bits)((rounded - (112 << 23)) >> 13);
    vec_bits half = bits_choose(magnitude < 0x38800000, small, normal);
    half = bits_choose(magnitude >= 0x47800000, (vec_bits){0} + 0x7c00, half);
    half = bits_choose(magnitude > 0x7f800000, (magnitude >> 13 & 0x3ff) | 0x7e00, half);
    return __builtin_convertvector(half | (bits >> 16 & 0x8000), vec_f16);
}

#endif

FAL_INLINE vec widen_bf16(vec_bf16 v)
{
    return (vec)(__builtin_convertvector(v, vec_bits) << 16);
}

FAL_INLINE vec_bf16 narrow_bf16(vec v)
{
    vec_words bits = (vec_words)v;
    vec_words half = (bits + (bits >> 16 & 1) + 0x7fff) >> 16; // a carry goes on to infinity
    vec_words nan = bits >> 16 | 0x40;
    half = (vec_words)bits_choose(v == v, (vec_bits)half, (vec_bits)nan);
    return __builtin_convertvector(half, vec_bf16);
}

#endif

#endif
