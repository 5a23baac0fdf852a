// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_TILES_PACK_H
#define FAL_ALGORITHMS_TILES_PACK_H

#include "algorithms/tiles/layout.h"

// The outputs that a band is packed for.
typedef struct fal_tiles_band {
    int64_t image, group, depth, row, column, rows, columns;
} fal_tiles_band;

// Bytes of the packed weights and biases of all groups, and where those of one begin: the sums of
// all blocks before anything is added, then their weights.
size_t fal_tiles_packed_bytes(const fal_task *task);
const char *fal_tiles_packed_group(const fal_tiles_layout *l, const void *packed, int64_t group);

void fal_tiles_pack(const fal_task *task, const fal_operands *all, void *packed);

// Packs the input that a band needs.
void fal_tiles_pack_band(const fal_task *task, const fal_tiles_layout *l, const fal_view *input,
                         const fal_tiles_band *band, uint32_t *to);

#endif
