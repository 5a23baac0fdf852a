// SPDX-License-Identifier: Apache-2.0
//
// All kernels for one instruction set and type of number. This file is compiled once for each that
// CMakeLists.txt lists, with that set's flags and
//   FAL_ISA     its name: avx512, avx2, neon or scalar
//   FAL_VECTOR  bytes of a vector
//   FAL_TYPE    of its numbers: f32, f64, or pairs, two int16_t of one number and an int32_t to sum
//   FAL_NUMBER  bytes of a number
#include "kernels/half.h"
#include "kernels/kernels.h"
#include "kernels/permute.h"
#include "kernels/vec.h"

#define FAL_TEXT_(x)       #x
#define FAL_TEXT(x)        FAL_TEXT_(x)
#define FAL_JOIN_(a, b, c) a##b##_##c
#define FAL_JOIN(a, b, c)  FAL_JOIN_(a, b, c)

#include "kernels/finish.inc.c"
#include "kernels/wide_turn.inc.c"

// ----------------------------------------------------------------------------- types of elements

#define NUMBER 0
#define HALF   1
#define BYTE   2

#define ELEMENT_NAME real
#define ELEMENT_TYPE real
#define ELEMENT_KIND NUMBER
#include "kernels/elements.inc.c"

#if FAL_INTEGER

#define ELEMENT_NAME i8
#define ELEMENT_TYPE int8_t
#define ELEMENT_KIND BYTE
#include "kernels/elements.inc.c"

#define ELEMENT_NAME u8
#define ELEMENT_TYPE uint8_t
#define ELEMENT_KIND BYTE
#include "kernels/elements.inc.c"

#elif FAL_NUMBER == 4

#define ELEMENT_NAME f16
#define ELEMENT_TYPE uint16_t
#define ELEMENT_KIND HALF
#include "kernels/elements.inc.c"

#define ELEMENT_NAME bf16
#define ELEMENT_TYPE uint16_t
#define ELEMENT_KIND HALF
#include "kernels/elements.inc.c"

#endif

// ------------------------------------------------------------------------------- channels in lanes

// Sets of pixels that lie on a border together, where a row begins or ends in a tile, or one ends
// in it for good.
#if FAL_VECTOR == 64

// Two runs of seven: of rows as wide, or of one that is wider.
#define SKIPS_14(X)                                                                                \
    X(0, 0x0000)                                                                                   \
    X(1, 0x007f)                                                                                   \
    X(2, 0x3f80)                                                                                   \
    X(3, 0x0001)                                                                                   \
    X(4, 0x2000)                                                                                   \
    X(5, 0x0081)                                                                                   \
    X(6, 0x2040)                                                                                   \
    X(7, 0x0003)                                                                                   \
    X(8, 0x3000)                                                                                   \
    X(9, 0x0080)                                                                                   \
    X(10, 0x0040)                                                                                  \
    X(11, 0x0183)                                                                                  \
    X(12, 0x3060)

// Three runs of four.
#define SKIPS_12(X)                                                                                \
    X(0, 0x000)                                                                                    \
    X(1, 0xff0)                                                                                    \
    X(2, 0xf00)                                                                                    \
    X(3, 0x00f)                                                                                    \
    X(4, 0x0ff)                                                                                    \
    X(5, 0x001)                                                                                    \
    X(6, 0x010)                                                                                    \
    X(7, 0x100)                                                                                    \
    X(8, 0x800)                                                                                    \
    X(9, 0x080)                                                                                    \
    X(10, 0x008)                                                                                   \
    X(11, 0x101)                                                                                   \
    X(12, 0x808)                                                                                   \
    X(13, 0x111)                                                                                   \
    X(14, 0x888)

#define TILE_NAME      wide_14x2
#define TILE_PIXELS    14
#define TILE_VECTORS   2
#define TILE_RUN       7
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_14
#define TILE_FAR_SKIPS 3
#include "kernels/wide.inc.c"

#define TILE_NAME      wide_14x1
#define TILE_PIXELS    14
#define TILE_VECTORS   1
#define TILE_RUN       7
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_14
#define TILE_FAR_SKIPS 3
#include "kernels/wide.inc.c"

#define TILE_NAME      wide_12x2
#define TILE_PIXELS    12
#define TILE_VECTORS   2
#define TILE_RUN       4
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_12
#define TILE_FAR_SKIPS 5
#include "kernels/wide.inc.c"

#define TILE_NAME      wide_12x1
#define TILE_PIXELS    12
#define TILE_VECTORS   1
#define TILE_RUN       4
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_12
#define TILE_FAR_SKIPS 5
#include "kernels/wide.inc.c"

#else

// Two vectors of channels, where registers are few; four short ones where they are many, as in
// NEON.
#define WIDE_VECTORS (FAL_VECTOR == 32 ? 2 : 4)

// Six pixels anywhere.
#define SKIPS_6(X)                                                                                 \
    X(0, 0x00)                                                                                     \
    X(1, 0x01)                                                                                     \
    X(2, 0x02)                                                                                     \
    X(3, 0x04)                                                                                     \
    X(4, 0x08)                                                                                     \
    X(5, 0x10)                                                                                     \
    X(6, 0x20)                                                                                     \
    X(7, 0x30)                                                                                     \
    X(8, 0x38)                                                                                     \
    X(9, 0x3c)                                                                                     \
    X(10, 0x3e)                                                                                    \
    X(11, 0x03)                                                                                    \
    X(12, 0x07)                                                                                    \
    X(13, 0x0f)                                                                                    \
    X(14, 0x1f)

#define TILE_NAME      wide_6
#define TILE_PIXELS    6
#define TILE_VECTORS   WIDE_VECTORS
#define TILE_RUN       1
#define TILE_STRIP     16
#define TILE_SKIPS     SKIPS_6
#define TILE_FAR_SKIPS 15
#include "kernels/wide.inc.c"

#endif

// One pixel by itself: as many vectors of weights for each product as hide how long one takes.
#define SKIPS_1(X) X(0, 0x0)

#define TILE_NAME      wide_1x4
#define TILE_PIXELS    1
#define TILE_VECTORS   4
#define TILE_RUN       1
#define TILE_STRIP     16
#define TILE_SKIPS     SKIPS_1
#define TILE_FAR_SKIPS 1
#include "kernels/wide.inc.c"

#define TILE_NAME      wide_1x1
#define TILE_PIXELS    1
#define TILE_VECTORS   1
#define TILE_RUN       1
#define TILE_STRIP     16
#define TILE_SKIPS     SKIPS_1
#define TILE_FAR_SKIPS 1
#include "kernels/wide.inc.c"

// Pixels of which none are neighbours. Where runs are of one pixel, those above are such.
#if FAL_VECTOR == 64
#define TILE_NAME      wide_9x2
#define TILE_PIXELS    9
#define TILE_VECTORS   2
#define TILE_RUN       1
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_1
#define TILE_FAR_SKIPS 1
#include "kernels/wide.inc.c"

#define TILE_NAME      wide_9x1
#define TILE_PIXELS    9
#define TILE_VECTORS   1
#define TILE_RUN       1
#define TILE_STRIP     8
#define TILE_SKIPS     SKIPS_1
#define TILE_FAR_SKIPS 1
#include "kernels/wide.inc.c"
#endif

// --------------------------------------------------------------------------------- pixels in lanes

// What is done beside the products of a tile with pixels in the lanes.
typedef enum long_beside {
    LONG_ALONE, // nothing
    LONG_NEXT,  // what the next tile reads is brought near
    LONG_KEEP,  // vectors are kept as they are read, and a few products on are brought near
    LONG_FETCH, // what the next band reads is brought near
    LONG_BOTH,  // what the next tile reads and what the next band does
} long_beside;

#define TILE_PIECES 1
#define TILE_STEP   1
#include "kernels/longs.inc.c"
#define TILE_PIECES 2
#define TILE_STEP   2
#include "kernels/longs.inc.c"
#if FAL_VECTOR == 64
#define TILE_PIECES 2
#define TILE_STEP   1
#include "kernels/longs.inc.c"
#define TILE_PIECES 4
#define TILE_STEP   1
#include "kernels/longs.inc.c"
#endif

// ----------------------------------------------------------------------- one channel, row over row

#include "kernels/ahead.inc.c"

#define TILE_KERNEL 1
#include "kernels/planes.inc.c"
#define TILE_KERNEL 2
#include "kernels/planes.inc.c"
#define TILE_KERNEL 3
#include "kernels/planes.inc.c"
#define TILE_KERNEL 5
#include "kernels/planes.inc.c"
#define TILE_KERNEL 7
#include "kernels/planes.inc.c"
#define TILE_KERNEL 0
#include "kernels/planes.inc.c"

// --------------------------------------------------------------------------- Winograd's transforms

#if FAL_NUMBER == 4 && !FAL_INTEGER
#include "kernels/winograd.inc.c"
#endif

// ------------------------------------------------------------------------------ Fourier transforms

#if FAL_INTEGER
#define FFT NULL
#else
#include "kernels/fft.inc.c"
#define FFT &fft
#endif

// -------------------------------------------------------------------------------------- the others

#include "kernels/across.inc.c"

#if FAL_INTEGER
#define SLIDE_LIST NULL
#else
#include "kernels/slides.inc.c"
#endif

#include "kernels/dots.inc.c"
#include "kernels/dots_across.inc.c"

// What is finite gives zero times zero; a NaN or an infinity gives NaN, which stays.
static bool are_finite(const void *numbers, int64_t count)
{
#if FAL_INTEGER
    (void)numbers, (void)count;
    return true;
#else
    const real *x = numbers;
    vec sum = {0};
    real rest = 0;
    int64_t i = 0;
    for (; i + FAL_LANES <= count; i += FAL_LANES)
        sum += vec_load(x + i) * vec_splat(0);
    for (; i < count; i++)
        rest += x[i] * 0;
    for (int lane = 0; lane < FAL_LANES; lane++)
        rest += sum[lane];
    return rest == 0;
#endif
}

// ------------------------------------------------------------------------------------- the tables

#define PLANE_LIST                                                                                 \
    PLANES(1)                                                                                      \
    PLANES(2)                                                                                      \
    PLANES(3)                                                                                      \
    PLANES(5)                                                                                      \
    PLANES(7)                                                                                      \
    SAMPLED_PLANES(3)                                                                              \
    SAMPLED_PLANES(5)                                                                              \
    SAMPLED_PLANES(7)                                                                              \
    WOVEN_PLANES(1)                                                                                \
    WOVEN_PLANES(2)                                                                                \
    WOVEN_PLANES(3)                                                                                \
    PLANES(0) SAMPLED_PLANES(0) WOVEN_PLANES(0)

#if FAL_VECTOR == 64
#define WIDE_LIST   &wide_14x2, &wide_14x1, &wide_12x2, &wide_12x1
#define APART_LIST  &wide_9x2, &wide_9x1
#define LONG_LIST   LONGS(4, 1) LONGS(2, 1) LONGS(2, 2) LONGS(1, 1)
#define MOST_PIECES 4
#else
#define WIDE_LIST   &wide_6
#define APART_LIST  NULL
#define LONG_LIST   LONGS(2, 2) LONGS(1, 1)
#define MOST_PIECES 1
#endif

// One for each type of elements: of the input, `in`, and of the output, `out`.
#define TABLE(isa, type, constant, in, in_size, out, out_size, transforms, matrix)                 \
    extern const fal_kernels FAL_JOIN(fal_kernels_, isa, type);                                    \
    const fal_kernels FAL_JOIN(fal_kernels_, isa, type) = {                                        \
        .name = FAL_TEXT(isa),                                                                     \
        .dtype = constant,                                                                         \
        .size = FAL_NUMBER,                                                                        \
        .input_size = in_size,                                                                     \
        .output_size = out_size,                                                                   \
        .lanes = FAL_LANES,                                                                        \
        .wide = {WIDE_LIST},                                                                       \
        .single = {&wide_1x4, &wide_1x1},                                                          \
        .apart = {APART_LIST},                                                                     \
        .longs = {LONG_LIST},                                                                      \
        .most_pieces = MOST_PIECES,                                                                \
        .planes = {PLANE_LIST},                                                                    \
        .winograd = transforms,                                                                    \
        .fft = FFT,                                                                                \
        .tiles = matrix,                                                                           \
        .emit_wide = emit_wide_##out,                                                              \
        .emit_long = emit_long_##out,                                                              \
        .write_rows = write_rows_##out,                                                            \
        .slides = {SLIDE_LIST},                                                                    \
        .sum_across = sum_across,                                                                  \
        .sum_dots = sum_dots,                                                                      \
        .fold_dots_across = fold_dots_across,                                                      \
        .sum_dots_across = sum_dots_across,                                                        \
        .copy = copy_##in,                                                                         \
        .are_finite = are_finite,                                                                  \
    }

// Processors with matrix tiles have all of AVX-512, too.
#if FAL_VECTOR == 64
extern const fal_tile_kernels fal_amx_bf16, fal_amx_i8, fal_amx_u8;
#if FAL_INTEGER
TABLE(amx, i8, FALTUNG_I8, i8, 1, real, 4, NULL, &fal_amx_i8);
TABLE(amx, u8, FALTUNG_U8, u8, 1, real, 4, NULL, &fal_amx_u8);
#elif FAL_NUMBER == 4
TABLE(amx, bf16, FALTUNG_BF16, bf16, 2, bf16, 2, &winograd, &fal_amx_bf16);
#endif
#endif

#if FAL_INTEGER
TABLE(FAL_ISA, i8, FALTUNG_I8, i8, 1, real, 4, NULL, NULL);
TABLE(FAL_ISA, u8, FALTUNG_U8, u8, 1, real, 4, NULL, NULL);
#elif FAL_NUMBER == 4
TABLE(FAL_ISA, f32, FALTUNG_F32, real, 4, real, 4, &winograd, NULL);
TABLE(FAL_ISA, f16, FALTUNG_F16, f16, 2, f16, 2, &winograd, NULL);
TABLE(FAL_ISA, bf16, FALTUNG_BF16, bf16, 2, bf16, 2, &winograd, NULL);
#else
TABLE(FAL_ISA, f64, FALTUNG_F64, real, 8, real, 8, NULL, NULL);
#endif
