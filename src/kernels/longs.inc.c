// SPDX-License-Identifier: Apache-2.0
//
// The kernels with pixels in the lanes, TILE_STEP numbers apart, for vectors of TILE_PIECES pieces;
// LONGS(pieces, step) lists them.

#if FAL_REGISTERS == 32
#define TILE_CHANNELS 12
#include "kernels/long.inc.c"
#define TILE_CHANNELS 10
#include "kernels/long.inc.c"
#define TILE_CHANNELS 8
#include "kernels/long.inc.c"
#endif
#define TILE_CHANNELS 6
#include "kernels/long.inc.c"
#define TILE_CHANNELS 5
#include "kernels/long.inc.c"
#define TILE_CHANNELS 4
#include "kernels/long.inc.c"
#define TILE_CHANNELS 3
#include "kernels/long.inc.c"
#define TILE_CHANNELS 2
#include "kernels/long.inc.c"
#define TILE_CHANNELS 1
#include "kernels/long.inc.c"

#undef LONGS
#if FAL_REGISTERS == 32
#define LONGS(p, s)                                                                                \
    &long_12_##p##_##s, &long_10_##p##_##s, &long_8_##p##_##s, &long_6_##p##_##s,                  \
        &long_5_##p##_##s, &long_4_##p##_##s, &long_3_##p##_##s, &long_2_##p##_##s,                \
        &long_1_##p##_##s,
#else
#define LONGS(p, s)                                                                                \
    &long_6_##p##_##s, &long_5_##p##_##s, &long_4_##p##_##s, &long_3_##p##_##s, &long_2_##p##_##s, \
        &long_1_##p##_##s,
#endif

#undef TILE_PIECES
#undef TILE_STEP
