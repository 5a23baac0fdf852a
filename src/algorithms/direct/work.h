// SPDX-License-Identifier: Apache-2.0
//
// What a run of the direct algorithm has at hand: shared by its driver and its two kinds of tiles.
#ifndef FAL_ALGORITHMS_DIRECT_WORK_H
#define FAL_ALGORITHMS_DIRECT_WORK_H

#include "algorithms/direct/pack.h"
#include "algorithms/direct/stretches.h"

// What a thread's workspace still holds from the part before: nothing, if it is zero.
typedef struct fal_direct_memory {
    const fal_layout *layout; // of all that is there, offsets and lists of stretches among it
    bool in_place;            // whether offsets are those in the input
    bool skips_border;        // whether stretches leave products with it out
    int64_t first_column, past_column; // of the part that they are of
    bool has_band;
    fal_band band;
    const void *packed; // the input that the band was packed from
    int64_t units;      // runs or vectors of the band
} fal_direct_memory;

// Where a run of pixels or a vector of them lies in a band's output.
typedef struct fal_spot {
    int32_t row, column; // of its first pixel
    int32_t last_row;    // of its last one
} fal_spot;

// Tables and buffers of one thread, laid out in its workspace.
typedef struct fal_desk {
    fal_direct_memory *memory;
    void *band;
    void *sums;                    // of a strip
    int32_t *offset;               // of a chunk's products
    int32_t *last;                 // of those of the last chunk, which may be smaller
    fal_lists *lists;              // of stretches
    const fal_stretch **stretches; // of every tile with channels in the lanes
    fal_spot *spot;                // of every run or vector
    int32_t *run;                  // of every run: its first pixel in the band
    fal_place *place;              // and in the output
    fal_piece *piece;              // of every vector
} fal_desk;

// Where pixels and products lie in what serves as the band. Distances are in numbers.
typedef struct fal_source {
    const char *data;
    int64_t image, row, column;         // from one pixel of the output to the next
    int64_t channel, plane, kernel_row; // from one product to the next
} fal_source;

typedef struct fal_work {
    const fal_task *task;
    const fal_operands *all;
    const fal_part *part;
    int64_t last_columns; // of the part's last row, which may be shorter than the others
    const fal_packed *packed;
    const fal_layout *l;
    fal_desk desk;
    bool in_place; // the input itself serves as the band
    fal_source source;
    const fal_finish *finish; // NULL: nothing
} fal_work;

// A tile of output channels over a band.
typedef struct fal_block {
    const char *weight, *bias;
    char *output;    // of its first channel and the band's first pixel
    int first, past; // channels of the tile to be written
} fal_block;

// Whether pixels in the lanes of so many columns can be read where they are, if they lie side by
// side: vectors of them must be whole, or read lane by lane, or may lie over other rows.
bool fal_can_be_in_place(const fal_task *task, const fal_layout *l, int64_t columns);

// Says how a task is computed.
void fal_direct_describe(const fal_task *task, fal_description *description);

// Decides whether the input itself serves as the band, and notes where pixels and products are; but
// not where the band begins.
void fal_find_source(fal_work *work);

// Pixels of a band of one row before those of which vectors lie in one line of the cache, in all
// channels; 0 if there are none, or it makes no difference.
int64_t fal_find_head(const fal_work *w, const fal_band *band);

// Where a band's input begins in place.
const char *fal_find_in_place(const fal_work *w, const fal_band *band);

// Fills the tables of offsets.
void fal_fill_offsets(const fal_work *work);

// The products of a chunk, for strips over the tile of `width` channels.
fal_products fal_chunk(const fal_work *w, const fal_block *block, int64_t channel, int64_t width);

// Note where the runs or vectors of a band of some size are, in it and in the output; return how
// many.
int64_t fal_place_runs(const fal_work *w, const fal_band *band);
int64_t fal_place_vectors(const fal_work *w, const fal_band *band);

// Finds the stretches of all tiles with channels in the lanes.
void fal_find_wide_stretches(const fal_work *w, const fal_band *band);

// Compute a block over a band.
void fal_run_wide(const fal_work *w, const fal_band *band, const fal_block *block,
                  const fal_wide_kernel *kernel);
void fal_run_long(const fal_work *w, const fal_band *band, const fal_block *block,
                  const fal_long_kernel *kernel);

#endif
