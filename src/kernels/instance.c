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

#if FAL_LANES == 16

#define TILE_NAME    tile_14x2
#define TILE_PIXELS  14
#define TILE_VECTORS 2
#define TILE_RUN     7
#include "kernels/tile.inc.c"

#define TILE_NAME    tile_12x2
#define TILE_PIXELS  12
#define TILE_VECTORS 2
#define TILE_RUN     4
#include "kernels/tile.inc.c"

#define TILES                                                                                      \
    {                                                                                              \
        {14, 7, tile_14x2},                                                                        \
        {                                                                                          \
            12, 4, tile_12x2                                                                       \
        }                                                                                          \
    }
#define STRIP_TILES 8
#define BAND_BYTES  (512 * 1024)

#elif FAL_LANES == 8

#define TILE_NAME    tile_6x2
#define TILE_PIXELS  6
#define TILE_VECTORS 2
#define TILE_RUN     1
#include "kernels/tile.inc.c"

#define TILES                                                                                      \
    {                                                                                              \
        {6, 1, tile_6x2},                                                                          \
        {                                                                                          \
            6, 1, tile_6x2                                                                         \
        }                                                                                          \
    }
#define STRIP_TILES 16
#define BAND_BYTES  (192 * 1024)

#else

// 32 registers in NEON; where fma is a call, no shape is better than another.
#define TILE_NAME    tile_4x4
#define TILE_PIXELS  4
#define TILE_VECTORS 4
#define TILE_RUN     1
#include "kernels/tile.inc.c"

#define TILES                                                                                      \
    {                                                                                              \
        {4, 1, tile_4x4},                                                                          \
        {                                                                                          \
            4, 1, tile_4x4                                                                         \
        }                                                                                          \
    }
#define STRIP_TILES 16
#define BAND_BYTES  (192 * 1024)

#endif

#define EMIT_CHANNELS (FAL_LANES == 4 ? 16 : 2 * FAL_LANES)
#include "kernels/emit.inc.c"

extern const fal_kernels FAL_JOIN(fal_kernels_, FAL_ISA);

const fal_kernels FAL_JOIN(fal_kernels_, FAL_ISA) = {
    .name = FAL_TEXT(FAL_ISA),
    .lanes = FAL_LANES,
    .channels = EMIT_CHANNELS,
    .tile = TILES,
    .emit = emit,
    .strip_tiles = STRIP_TILES,
    .band_bytes = BAND_BYTES,
};
