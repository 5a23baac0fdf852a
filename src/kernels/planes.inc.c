// SPDX-License-Identifier: Apache-2.0
//
// The kernels for one channel by itself and kernels of TILE_KERNEL rows (0: any number);
// PLANES(rows) lists them. Those of one and two rows are what phases of a stride of 2 have, and
// without a stride themselves.

#define TILE_STRIDE 1
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#if TILE_KERNEL != 1 && TILE_KERNEL != 2
#define TILE_STRIDE 2
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#endif

#undef PLANES
#undef PLANES_OF
#if FAL_REGISTERS == 32
#define PLANES_OF(k, s)                                                                            \
    &plane_##k##_##s##_4, &plane_##k##_##s##_3, &plane_##k##_##s##_2, &plane_##k##_##s##_1,
#else
#define PLANES_OF(k, s) &plane_##k##_##s##_2, &plane_##k##_##s##_1,
#endif
#define PLANES(k) PLANES_OF(k, 1) PLANES_OF(k, 2)

#undef TILE_KERNEL
