// SPDX-License-Identifier: Apache-2.0
//
// The kernels with pixels in the lanes for vectors of TILE_PIECES pieces; LONGS(pieces) lists them.

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
#define LONGS(p)                                                                                   \
    &long_12_##p, &long_10_##p, &long_8_##p, &long_6_##p, &long_5_##p, &long_4_##p, &long_3_##p,   \
        &long_2_##p, &long_1_##p,
#else
#define LONGS(p) &long_6_##p, &long_5_##p, &long_4_##p, &long_3_##p, &long_2_##p, &long_1_##p,
#endif

#undef TILE_PIECES
