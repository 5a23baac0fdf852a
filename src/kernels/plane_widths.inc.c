// SPDX-License-Identifier: Apache-2.0
//
// The kernels for one channel by itself that TILE_KERNEL, TILE_STRIDE and TILE_PHASES say, in all
// widths that there are registers for. A tile of one vector is as high again, so that enough sums
// are under way, if the kernel's rows are known.

#if FAL_REGISTERS == 32 && TILE_PHASES == 1
#define TILE_ROWS    4
#define TILE_VECTORS 4
#include "kernels/plane.inc.c"
#define TILE_ROWS    4
#define TILE_VECTORS 3
#include "kernels/plane.inc.c"
#endif
#if FAL_REGISTERS == 32 || TILE_PHASES == 1
#define TILE_ROWS    4
#define TILE_VECTORS 2
#include "kernels/plane.inc.c"
#define TILE_ROWS (TILE_KERNEL > 0 ? 8 : 4)
#else
#define TILE_ROWS 4
#endif
#define TILE_VECTORS 1
#include "kernels/plane.inc.c"
