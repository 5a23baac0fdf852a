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
    int64_t ahead;        // numbers of the input from the part to what will be computed next; 0:
                          // unknown, or not one pixel of it for each of the output
    const fal_packed *packed;
    const fal_layout *l;
    fal_desk desk;
    bool in_place; // the input itself serves as the band, but for a last row that is no whole runs
    fal_source source;
    bool keeps; // but what a tile reads there is kept for others
    bool is_kept;
    fal_source kept;
    const char *next;         // what is brought near, for the next band; NULL: nothing
    int64_t lines, visit;     // of a channel of that, and of how many tiles each took its share
    const fal_finish *finish; // NULL: nothing
} fal_work;

// A tile of output channels over a band.
typedef struct fal_block {
    const char *weight, *bias;
    char *output;    // of its first channel and the band's first pixel
    int first, past; // channels of the tile to be written
    bool is_last;    // of those over the band
} fal_block;

// Whether pixels in the lanes of so many columns can be read where they are, if they lie side by
// side: vectors of them must be whole, or read lane by lane, or may lie over other rows.
bool fal_can_be_in_place(const fal_task *task, const fal_layout *l, int64_t columns);

// Whether channels in the lanes can be multiplied with pixels where these are.
bool fal_can_be_broadcast(const fal_task *task, const fal_layout *l);

// Says how a task is computed.
void fal_direct_describe(const fal_task *task, fal_description *description);

// Decides whether the input itself serves as the band, and notes where pixels and products are; but
// not where the band begins.
void fal_find_source(fal_work *work);

// Whether it does for a band, which a part's last row may not, and notes where that begins.
bool fal_is_in_place(const fal_work *w, const fal_band *band);
void fal_begin_source(fal_work *work, const fal_band *band);

// Where a band's input begins in place, and its output.
const char *fal_find_in_place(const fal_work *w, const fal_band *band);
char *fal_find_corner(const fal_work *w, const fal_band *band);

// Pixels of a band of one row before those of which vectors lie in one line of the cache, in all
// channels: of the output where the input is kept, else of the input. 0: there are none, or it
// makes no difference.
int64_t fal_find_head(const fal_work *w, const fal_band *band);

// Whether what the first of several tiles of channels reads in place may be kept, and whether it is
// wherever vectors lie.
bool fal_can_be_kept(const fal_task *task, const fal_layout *l);
bool fal_pays_to_keep(const fal_task *task, const fal_layout *l);

// Decides whether it is, and notes where. The source is the input.
void fal_find_kept(fal_work *work);

// Begins with a band, of which everything `is_kept` already or nothing is.
void fal_begin_keeping(fal_work *work, const fal_band *band, bool is_kept);

// Begins to have what the band after this one reads in place brought near.
void fal_begin_fetching(fal_work *work, const fal_band *band);

// Has a strip keep what it reads from a channel on, or bring its share near of what the next band
// will read; counts the tiles that did.
void fal_do_beside(const fal_work *work, int64_t channel, fal_long_strip *strip);
void fal_count_visits(fal_work *work, int64_t tiles);

// Fills the tables of offsets.
void fal_fill_offsets(const fal_work *work);

// Where the present tile of channels reads.
const fal_source *fal_present_source(const fal_work *w);

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
void fal_run_long(fal_work *w, const fal_band *band, const fal_block *block,
                  const fal_long_kernel *kernel);

#endif
