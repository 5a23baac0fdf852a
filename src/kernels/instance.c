// SPDX-License-Identifier: Apache-2.0
//
// All kernels for one instruction set. This file is compiled once for each that CMakeLists.txt
// lists, with that set's flags and
//   FAL_ISA    its name: avx512, avx2, neon or scalar
//   FAL_LANES  floats of a vector
#include "kernels/kernels.h"
#include "kernels/vec.h"

#define FAL_TEXT_(x)    #x
#define FAL_TEXT(x)     FAL_TEXT_(x)
#define FAL_JOIN_(a, b) a##b
#define FAL_JOIN(a, b)  FAL_JOIN_(a, b)

// Two vectors of channels, where registers are few; four short ones where they are many, as in
// NEON.
#define WIDE_CHANNELS (FAL_LANES == 4 ? 16 : 2 * FAL_LANES)

#if FAL_LANES == 16

#define TILE_NAME    wide_14x2
#define TILE_PIXELS  14
#define TILE_VECTORS 2
#define TILE_RUN     7
#include "kernels/wide.inc.c"

#define TILE_NAME    wide_7x2
#define TILE_PIXELS  7
#define TILE_VECTORS 2
#define TILE_RUN     7
#include "kernels/wide.inc.c"

#define TILE_NAME    wide_12x2
#define TILE_PIXELS  12
#define TILE_VECTORS 2
#define TILE_RUN     4
#include "kernels/wide.inc.c"

#define TILE_NAME    wide_4x2
#define TILE_PIXELS  4
#define TILE_VECTORS 2
#define TILE_RUN     4
#include "kernels/wide.inc.c"

#define TILE_NAME     long_8x3
#define TILE_CHANNELS 8
#define TILE_VECTORS  3
#include "kernels/long.inc.c"

#define TILE_NAME     long_4x6
#define TILE_CHANNELS 4
#define TILE_VECTORS  6
#include "kernels/long.inc.c"

#define TILE_NAME     long_2x8
#define TILE_CHANNELS 2
#define TILE_VECTORS  8
#include "kernels/long.inc.c"

#define TILE_NAME     long_1x8
#define TILE_CHANNELS 1
#define TILE_VECTORS  8
#include "kernels/long.inc.c"

#else

#define TILE_NAME    wide_6
#define TILE_PIXELS  6
#define TILE_VECTORS (WIDE_CHANNELS / FAL_LANES)
#define TILE_RUN     1
#include "kernels/wide.inc.c"

#define TILE_NAME     long_4x3
#define TILE_CHANNELS 4
#define TILE_VECTORS  3
#include "kernels/long.inc.c"

#define TILE_NAME     long_2x5
#define TILE_CHANNELS 2
#define TILE_VECTORS  5
#include "kernels/long.inc.c"

#define TILE_NAME     long_1x8
#define TILE_CHANNELS 1
#define TILE_VECTORS  8
#include "kernels/long.inc.c"

#endif

#define TILE_NAME    rows_4x2
#define TILE_VECTORS 2
#include "kernels/rows.inc.c"

// 16 registers hold 4x3, not 4x4.
#define ROW_VECTORS  (FAL_LANES == 8 ? 3 : 4)
#define TILE_NAME    rows_4xn
#define TILE_VECTORS ROW_VECTORS
#include "kernels/rows.inc.c"

#include "kernels/long_emit.inc.c"
#include "kernels/wide_emit.inc.c"

// Tiles of a strip: their sums stay in the first-level cache, and their pixels fill whole vectors.
enum { STRIP = FAL_LANES == 16 ? 8 : 16, LONG_STRIP = 8 };

extern const fal_kernels FAL_JOIN(fal_kernels_, FAL_ISA);

const fal_kernels FAL_JOIN(fal_kernels_, FAL_ISA) = {
    .name = FAL_TEXT(FAL_ISA),
    .lanes = FAL_LANES,
#if FAL_LANES == 16
    .wide = {{WIDE_CHANNELS, 14, 7, STRIP, wide_14x2, wide_7x2},
             {WIDE_CHANNELS, 12, 4, STRIP, wide_12x2, wide_4x2}},
    .longs = {{8, 3 * FAL_LANES, FAL_LANES, LONG_STRIP, long_8x3, NULL},
              {4, 6 * FAL_LANES, FAL_LANES, LONG_STRIP, long_4x6, NULL},
              {2, 8 * FAL_LANES, FAL_LANES, LONG_STRIP, long_2x8, NULL},
              {1, 8 * FAL_LANES, FAL_LANES, LONG_STRIP, long_1x8, NULL}},
    .band_bytes = 512 * 1024,
#else
    .wide = {{WIDE_CHANNELS, 6, 1, STRIP, wide_6, NULL}},
    .longs = {{4, 3 * FAL_LANES, FAL_LANES, LONG_STRIP, long_4x3, NULL},
              {2, 5 * FAL_LANES, FAL_LANES, LONG_STRIP, long_2x5, NULL},
              {1, 8 * FAL_LANES, FAL_LANES, LONG_STRIP, long_1x8, NULL}},
    .band_bytes = 192 * 1024,
#endif
    .rows = {{1, 4 * ROW_VECTORS *FAL_LANES, FAL_LANES, LONG_STRIP, rows_4xn, NULL},
             {1, 4 * 2 * FAL_LANES, FAL_LANES, LONG_STRIP, rows_4x2, NULL}},
    .emit_wide = emit_wide,
    .emit_long = emit_long,
};
