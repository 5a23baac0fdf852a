// SPDX-License-Identifier: Apache-2.0
//
// Vectors of numbers, for the kernels alone: the one place that knows how a compiler spells them.
// Everything here is static and always inlined, because files that include it are compiled for
// different instruction sets, and a shared copy could be one that this processor does not have.
//
// FAL_VECTOR: bytes of a vector: 64 (AVX-512), 32 (AVX2) or 16 (NEON, or any machine through the C
// library's fma). FAL_NUMBER: bytes of a number: 4 for float, 8 for double. FAL_INTEGER: numbers
// are int32_t instead, which as factors are pairs of int16_t.
#ifndef FAL_KERNELS_VEC_H
#define FAL_KERNELS_VEC_H

#if FAL_VECTOR != 64 && FAL_VECTOR != 32 && FAL_VECTOR != 16
#error "FAL_VECTOR must be 64, 32 or 16"
#endif

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if FAL_VECTOR >= 32
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if FAL_INTEGER
typedef int32_t real;
#elif FAL_NUMBER == 4
typedef float real;
#define FAL_FMA __builtin_fmaf
#elif FAL_NUMBER == 8
typedef double real;
#define FAL_FMA __builtin_fma
#else
#error "FAL_NUMBER must be 4 or 8"
#endif

// Vector registers.
#if FAL_VECTOR == 64 || defined(__aarch64__)
#define FAL_REGISTERS 32
#else
#define FAL_REGISTERS 16
#endif

#define FAL_LANES  (FAL_VECTOR / FAL_NUMBER)
#define FAL_INLINE static inline __attribute__((always_inline))

// Loops over accumulators must be gone before registers are handed out. Where every fma is a call,
// that gains nothing; and where every access is checked, compiling what is unrolled takes minutes.
#if (FAL_VECTOR == 16 && !defined(__aarch64__)) || defined(__SANITIZE_ADDRESS__)
#define FAL_UNROLL
#elif defined(__clang__)
#define FAL_UNROLL _Pragma("unroll")
#else
#define FAL_UNROLL _Pragma("GCC unroll 64")
#endif

typedef real vec __attribute__((vector_size(FAL_VECTOR)));

FAL_INLINE vec vec_load(const real *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

FAL_INLINE void vec_store(real *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

// The subtraction keeps -0 and NaN, folds away, and leaves one broadcast.
FAL_INLINE vec vec_splat(real x)
{
    return x - (vec){0};
}

#if FAL_INTEGER

// Two numbers of 16 bits in each lane.
FAL_INLINE vec pair_vec(vec low, vec high)
{
    return (low & 0xffff) | high << 16;
}

// a0*b0 + a1*b1 + c in every lane, modulo 2^32.
FAL_INLINE vec vec_fma(vec a, vec b, vec c)
{
#if FAL_VECTOR == 64
    return (vec)_mm512_madd_epi16((__m512i)a, (__m512i)b) + c;
#elif FAL_VECTOR == 32
    return (vec)_mm256_madd_epi16((__m256i)a, (__m256i)b) + c;
#else
    vec low = (a << 16 >> 16) * (b << 16 >> 16), high = (a >> 16) * (b >> 16);
    return low + high + c;
#endif
}

#else

// a*b + c with one rounding, in every lane: where there is no instruction for it, the C standard's
// fma. (gcc makes one instruction of a loop over lanes, too, but not everywhere.)
FAL_INLINE vec vec_fma(vec a, vec b, vec c)
{
#if FAL_VECTOR == 64 && FAL_NUMBER == 4
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif FAL_VECTOR == 64
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif FAL_VECTOR == 32 && FAL_NUMBER == 4
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif FAL_VECTOR == 32
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__) && FAL_NUMBER == 4
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(__aarch64__)
    return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    vec r;
    for (int i = 0; i < FAL_LANES; i++)
        r[i] = FAL_FMA(a[i], b[i], c[i]);
    return r;
#endif
}

#endif

// a > b ? a : b and a < b ? a : b in every lane, which give b where either is NaN.
FAL_INLINE vec vec_most(vec a, vec b)
{
#if FAL_VECTOR == 64 && FAL_NUMBER == 4
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif FAL_VECTOR == 64
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif FAL_VECTOR == 32 && FAL_NUMBER == 4
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif FAL_VECTOR == 32
    return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    for (int i = 0; i < FAL_LANES; i++)
        a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
#endif
}

FAL_INLINE vec vec_least(vec a, vec b)
{
#if FAL_VECTOR == 64 && FAL_NUMBER == 4
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif FAL_VECTOR == 64
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif FAL_VECTOR == 32 && FAL_NUMBER == 4
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#elif FAL_VECTOR == 32
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
#else
    for (int i = 0; i < FAL_LANES; i++)
        a[i] = a[i] < b[i] ? a[i] : b[i];
    return a;
#endif
}

// Keeps a vector that was loaded in its register: gcc would rather read it again for every use, and
// a load that crosses a cache line costs two.
FAL_INLINE vec vec_keep(vec v)
{
#if defined(__x86_64__)
    __asm__("" : "+v"(v));
#endif
    return v;
}

// Keeps what is read behind it behind it: gcc would begin with the next product before the sums of
// this one are done, and run out of registers.
FAL_INLINE void vec_in_turn(void)
{
    __asm__ volatile("" ::: "memory");
}

// Has a vector live on until here: gcc would put a sum in the register of a factor that is used for
// the last time, where the next product's sums then have to follow, and run out of registers.
FAL_INLINE void vec_live(vec v)
{
#if defined(__x86_64__)
    __asm__ volatile("" ::"v"(v));
#else
    (void)v;
#endif
}

// A distance that no compiler reckons with: it would rather have a pointer for each of the
// addresses that are so far from others, and run out of registers.
FAL_INLINE int64_t vec_distance(int64_t distance)
{
#if defined(__x86_64__)
    __asm__("" : "+r"(distance));
#endif
    return distance;
}

// Something that differs from case to case: clang would make one of what the cases have in common,
// and hold the sums in memory for it.
#ifdef __clang__
#define FAL_APART(number) __asm__ volatile("# %0" ::"i"(number))
#else
#define FAL_APART(number) (void)(number)
#endif

// The same numbers, which the compiler takes for others: so it reads them again rather than keep
// them in registers that it has not.
FAL_INLINE const real *vec_again(const real *from)
{
    __asm__ volatile("" : "+r"(from));
    return from;
}

// -------------------------------------------------------------------------------------- some lanes

// Sets of lanes, bit i for lane i; and the same as the instruction set wants them.
#define FAL_ALL_LANES ((UINT32_C(1) << FAL_LANES) - 1)

// The first `count` lanes, 0 to FAL_LANES.
FAL_INLINE uint32_t vec_first_lanes(int64_t count)
{
    return (UINT32_C(1) << count) - 1;
}

// Stores lane i at to[i*step], for the lanes of a set, and touches nothing else.
FAL_INLINE void vec_store_each(real *to, int64_t step, vec v, uint32_t lanes)
{
    real lane[FAL_LANES];
    vec_store(lane, v);
    for (int i = 0; i < FAL_LANES; i++)
        if (lanes >> i & 1)
            to[i * step] = lane[i];
}

#if FAL_VECTOR == 64

typedef __mmask16 vec_lanes;

FAL_INLINE vec_lanes vec_lanes_of(uint32_t lanes)
{
    return (vec_lanes)lanes;
}

#if FAL_NUMBER == 4
#define FAL_LOAD_LANES(lanes, from)   (vec) _mm512_maskz_loadu_ps(lanes, from)
#define FAL_LOAD_OVER(v, lanes, from) (vec) _mm512_mask_loadu_ps((__m512)(v), lanes, from)
#define FAL_STORE_LANES(to, lanes, v) _mm512_mask_storeu_ps(to, lanes, (__m512)(v))
#define FAL_SPREAD_LOW                0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7
#define FAL_SPREAD_HIGH               8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15
#else
#define FAL_LOAD_LANES(lanes, from) (vec) _mm512_maskz_loadu_pd((__mmask8)(lanes), from)
#define FAL_LOAD_OVER(v, lanes, from)                                                              \
    (vec) _mm512_mask_loadu_pd((__m512d)(v), (__mmask8)(lanes), from)
#define FAL_STORE_LANES(to, lanes, v) _mm512_mask_storeu_pd(to, (__mmask8)(lanes), (__m512d)(v))
#define FAL_SPREAD_LOW                0, 0, 1, 1, 2, 2, 3, 3
#define FAL_SPREAD_HIGH               4, 4, 5, 5, 6, 6, 7, 7
#endif

// The lanes from memory, zero in the others, of which nothing is read.
FAL_INLINE vec vec_load_lanes(const real *from, vec_lanes lanes)
{
    return FAL_LOAD_LANES(lanes, from);
}

// `v` with the lanes from memory in place of its own.
FAL_INLINE vec vec_load_over(vec v, const real *from, vec_lanes lanes)
{
    return FAL_LOAD_OVER(v, lanes, from);
}

// Whether some lanes can be stored in one instruction.
enum { FAL_LANES_STORED = 1 };

// Stores the lanes and touches nothing else.
FAL_INLINE void vec_store_lanes(real *to, vec v, uint32_t lanes)
{
    FAL_STORE_LANES(to, (vec_lanes)lanes, v);
}

// Every bit of a set apart: bit i becomes bit 2*i.
FAL_INLINE uint32_t spread_bits(uint32_t bits)
{
    bits = (bits | bits << 8) & 0x00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f;
    bits = (bits | bits << 2) & 0x33333333;
    return (bits | bits << 1) & 0x55555555;
}

// Stores lane i at to[2*i], for the lanes of a set, and touches nothing else.
FAL_INLINE void vec_store_apart(real *to, vec v, uint32_t lanes)
{
    uint32_t spread = spread_bits(lanes);
    FAL_STORE_LANES(to, (vec_lanes)(spread & FAL_ALL_LANES),
                    __builtin_shufflevector(v, v, FAL_SPREAD_LOW));
    FAL_STORE_LANES(to + FAL_LANES, (vec_lanes)(spread >> FAL_LANES),
                    __builtin_shufflevector(v, v, FAL_SPREAD_HIGH));
}

#else

#if FAL_VECTOR == 32

typedef __m256i vec_lanes;

FAL_INLINE vec_lanes vec_lanes_of(uint32_t lanes)
{
#if FAL_NUMBER == 4
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)lanes), bit), bit);
#else
    const __m256i bit = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x((int)lanes), bit), bit);
#endif
}

FAL_INLINE vec vec_load_lanes(const real *from, vec_lanes lanes)
{
#if FAL_NUMBER == 4
    return (vec)_mm256_maskload_ps((const float *)from, lanes);
#else
    return (vec)_mm256_maskload_pd(from, lanes);
#endif
}

#else

typedef uint32_t vec_lanes;

FAL_INLINE vec_lanes vec_lanes_of(uint32_t lanes)
{
    return lanes;
}

FAL_INLINE vec vec_load_lanes(const real *from, vec_lanes lanes)
{
    vec v = {0};
    for (int i = 0; i < FAL_LANES; i++)
        if (lanes >> i & 1)
            v[i] = from[i];
    return v;
}

#endif

// Stores under a mask take tens of cycles on some processors with AVX2.
enum { FAL_LANES_STORED = 0 };

// The first `count` lanes, fewer than all, by the bits of the count.
FAL_INLINE void vec_store_first(real *to, vec v, int count)
{
    real lane[FAL_LANES];
    const real *from = lane;
    vec_store(lane, v);
    FAL_UNROLL
    for (int some = FAL_LANES / 2; some > 0; some /= 2)
        if (count & some) {
            memcpy(to, from, (size_t)some * sizeof *to);
            from += some;
            to += some;
        }
}

FAL_INLINE void vec_store_lanes(real *to, vec v, uint32_t lanes)
{
    if (lanes == FAL_ALL_LANES)
        vec_store(to, v);
    else if ((lanes & (lanes + 1)) == 0)
        vec_store_first(to, v, __builtin_popcount(lanes));
    else
        vec_store_each(to, 1, v, lanes);
}

FAL_INLINE void vec_store_apart(real *to, vec v, uint32_t lanes)
{
    vec_store_each(to, 2, v, lanes);
}

#endif

// Whether lanes are one of the two halves of a vector.
FAL_INLINE bool vec_is_half(uint32_t lanes)
{
    const uint32_t low = FAL_ALL_LANES >> FAL_LANES / 2;
    return lanes == low || lanes == (FAL_ALL_LANES ^ low);
}

// Stores all lanes or one of the halves, and touches nothing else.
FAL_INLINE void vec_store_halves(real *to, vec v, uint32_t lanes)
{
    if (lanes == FAL_ALL_LANES)
        vec_store(to, v);
    else if (lanes & 1)
        memcpy(to, &v, FAL_VECTOR / 2);
    else
        memcpy(to + FAL_LANES / 2, (const char *)&v + FAL_VECTOR / 2, FAL_VECTOR / 2);
}

// Loads and stores what FAL_LANES_STORED allows to be stored at once: else all lanes.
FAL_INLINE vec vec_load_whole(const real *from, uint32_t lanes)
{
    return FAL_LANES_STORED ? vec_load_lanes(from, vec_lanes_of(lanes)) : vec_load(from);
}

FAL_INLINE void vec_store_whole(real *to, vec v, uint32_t lanes)
{
    if (FAL_LANES_STORED)
        vec_store_lanes(to, v, lanes);
    else
        vec_store(to, v);
}

#endif
