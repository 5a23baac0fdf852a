// SPDX-License-Identifier: Apache-2.0
//
// The kernels for rows of one channel by itself where channels are in the lanes; SLIDE_LIST lists
// them. Four rows read each line half as often again as they have to, and two pixels of each, where
// registers allow, read a vector of the input or of weights for two products.
enum { SLIDE_ROWS = 4, SLIDE_PIXELS = FAL_REGISTERS == 32 ? 2 : 1 };

// From so many channels on a vector more costs less than those that lie over two lines.
enum { SLIDE_ALIGNED = 4 * FAL_LANES };

#define TILE_KERNEL 3
#define TILE_STRIDE 1
#include "kernels/slide.inc.c"
#define TILE_KERNEL 3
#define TILE_STRIDE 2
#include "kernels/slide.inc.c"
#define TILE_KERNEL 5
#define TILE_STRIDE 1
#include "kernels/slide.inc.c"
#define TILE_KERNEL 5
#define TILE_STRIDE 2
#include "kernels/slide.inc.c"
#define TILE_KERNEL 7
#define TILE_STRIDE 1
#include "kernels/slide.inc.c"

#define SLIDE_LIST &slide_3_1, &slide_3_2, &slide_5_1, &slide_5_2, &slide_7_1
