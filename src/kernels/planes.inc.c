// SPDX-License-Identifier: Apache-2.0
//
// The kernels for one channel by itself and kernels of TILE_KERNEL rows (0: any number);
// PLANES(rows) lists them.

#define TILE_STRIDE 1
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#define TILE_STRIDE 2
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE

#undef PLANES
#if FAL_REGISTERS == 32
#define PLANES(k)                                                                                  \
    &plane_##k##_1_4, &plane_##k##_1_3, &plane_##k##_1_2, &plane_##k##_1_1, &plane_##k##_2_4,      \
        &plane_##k##_2_3, &plane_##k##_2_2, &plane_##k##_2_1,
#else
#define PLANES(k) &plane_##k##_1_2, &plane_##k##_1_1, &plane_##k##_2_2, &plane_##k##_2_1,
#endif

#undef TILE_KERNEL
