// SPDX-License-Identifier: Apache-2.0
//
// The kernels for one channel by itself and kernels of TILE_KERNEL rows (0: any number): as they
// are, with a stride, or with phases. Those of one and two rows are what such phases have, and
// without a stride themselves. PLANES(rows), SAMPLED_PLANES(rows) and WOVEN_PLANES(rows) list them.

#define TILE_PHASES 1
#define TILE_STRIDE 1
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#if TILE_KERNEL != 1 && TILE_KERNEL != 2
#define TILE_STRIDE 2
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#endif
#undef TILE_PHASES

#if TILE_KERNEL < 5
#define TILE_PHASES 2
#define TILE_STRIDE 1
#include "kernels/plane_widths.inc.c"
#undef TILE_STRIDE
#undef TILE_PHASES
#endif

#undef PLANES
#undef PLANES_OF
#undef SAMPLED_PLANES
#undef WOVEN_PLANES
#if FAL_REGISTERS == 32
#define PLANES_OF(k, s)                                                                            \
    &plane_##k##_##s##_1_4, &plane_##k##_##s##_1_3, &plane_##k##_##s##_1_2, &plane_##k##_##s##_1_1,
#define WOVEN_PLANES(k) &plane_##k##_1_2_2, &plane_##k##_1_2_1,
#else
#define PLANES_OF(k, s) &plane_##k##_##s##_1_2, &plane_##k##_##s##_1_1,
#define WOVEN_PLANES(k) &plane_##k##_1_2_1,
#endif
#define PLANES(k)         PLANES_OF(k, 1)
#define SAMPLED_PLANES(k) PLANES_OF(k, 2)

#undef TILE_KERNEL
