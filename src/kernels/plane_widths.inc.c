// SPDX-License-Identifier: Apache-2.0
//
// The kernels for one channel by itself that TILE_KERNEL and TILE_STRIDE say, in all widths. A tile
// of one vector is as high again, so that enough sums are under way, if the kernel's rows are
// known.

#if FAL_REGISTERS == 32
#define TILE_ROWS    4
#define TILE_VECTORS 4
#include "kernels/plane.inc.c"
#define TILE_ROWS    4
#define TILE_VECTORS 3
#include "kernels/plane.inc.c"
#endif
#define TILE_ROWS    4
#define TILE_VECTORS 2
#include "kernels/plane.inc.c"
#define TILE_ROWS    (TILE_KERNEL > 0 ? 8 : 4)
#define TILE_VECTORS 1
#include "kernels/plane.inc.c"
