// SPDX-License-Identifier: Apache-2.0
//
// Weights, biases and bands in the order in which the kernels read them.
#ifndef FAL_ALGORITHMS_DIRECT_PACK_H
#define FAL_ALGORITHMS_DIRECT_PACK_H

#include "algorithms/direct/flat.h"

// What stands before packed weights: all that a run would else find out again each time.
typedef struct fal_packed {
    fal_layout layout;
    fal_layout flat; // of the task with its plane laid anew; zeros if it is not pointwise, as one
                     // may become of which a part is computed from a padded slab
    int64_t weights; // of a group, in numbers, with what fills a line
    int64_t biases;
    bool skips_border; // products with it may be left out: it is zeros, and all weights are finite
} fal_packed;

// Packed are, behind that and group by group, the weights [tile][chunk][tap][channel][channel of
// the tile] and the biases. Taps are in the order column, plane, row of the kernel.
size_t fal_direct_packed_bytes(const fal_task *task);
void fal_direct_pack(const fal_task *task, const fal_operands *operands, void *packed);

// The weights of a group.
const char *fal_packed_group(const fal_packed *packed, int64_t group, int64_t size);

// Some rows and columns of the output of an image, or of several, of a group at one depth.
typedef struct fal_band {
    int64_t image, group, depth, row, column;
    int64_t images, rows, columns;
    int64_t last_columns; // of its last row, which may be shorter than the others
    int64_t head; // pixels before those of which vectors lie in one line of the cache; 0: none
} fal_band;

// Fills the band of one image, with the border that lies outside the input. `bordered` says that
// its zeros are there already, from the same part of another image or group.
void fal_direct_pack_band(const fal_task *task, const fal_layout *l, const fal_view *input,
                          const fal_band *band, bool bordered, void *to);

#endif
