// SPDX-License-Identifier: Apache-2.0
//
// Sizes of blocks, panels and chunks. Chunks depend on the problem alone, since bits do; all else
// may depend on the machine.
#ifndef FAL_ALGORITHMS_WINOGRAD_LAYOUT_H
#define FAL_ALGORITHMS_WINOGRAD_LAYOUT_H

#include "algorithms/slices.h"
#include "algorithms/winograd/phases.h"

// The most tiles of a block; and numbers of a cache line, by which elements and rows are moved
// apart lest those a multiple of 4096 bytes from each other meet in one set of a cache.
enum { FAL_WINOGRAD_MOST = 56, FAL_WINOGRAD_LINE = 16 };

typedef struct fal_winograd_layout {
    const fal_winograd_form *form; // which depends on the problem alone, too
    int64_t chunk;    // channels whose products are one chain; the chunks' sums are added in order
    int64_t channels; // of the output of a group, rounded up to what is computed at once
    int64_t weights;  // of a group and a phase of the output, transformed, in numbers
    int64_t planes;   // of the input that an output sums over, of all phases
    int64_t rows, columns; // of tiles, of a plane of the output or of each of its phases
    int64_t least;         // tiles of a block that are worth reading all weights for
    int64_t most;          // tiles of a block
    int64_t batch;         // planes of the input whose rows lie together, of one slice and phase
    fal_winograd_phases phases;
} fal_winograd_layout;

// Whether there is a form for a problem's kernels.
bool fal_winograd_has_form(const fal_problem *problem);

// The form for one that has any: the one by which there is less work; and about how much that is,
// in multiply-adds of plain sums.
const fal_winograd_form *fal_winograd_find_form(const fal_task *task);
double fal_winograd_count_work(const fal_problem *problem, const fal_winograd_form *form);

fal_winograd_layout fal_winograd_lay_out(const fal_task *task);

// Tiles that are transformed, multiplied and transformed back together, while they stay in the
// second-level cache: of some images, rows and columns of them, numbered image by image and row by
// row. They lie in panels of a few, and are at one depth, with planes of the slices that are needed
// there.
typedef struct fal_winograd_block {
    int64_t image, group, depth, row, column; // the first; rows and columns in tiles
    int64_t images, rows, columns;
    fal_slices slices;
    int64_t tiles;
    int64_t panel, panels; // tiles of each but the last
    int64_t pitch;         // numbers from one plane of a panel to the next
    int64_t element;       // and from one element of a transformed tile to the next
    bool in_row;           // whether tiles that follow each other are neighbours
    int64_t line;          // numbers that a row of all tiles takes
    int64_t sums;          // from one element to the next in the sums of products
} fal_winograd_block;

// As many images, rows and columns as a block has of an output of so many.
void fal_size_block(const fal_winograd_layout *layout, int64_t images, int64_t rows,
                    int64_t columns, fal_winograd_block *block);

// Divides the tiles of a block into panels.
void fal_divide_block(const fal_task *task, const fal_winograd_layout *layout,
                      fal_winograd_block *block);

// Tiles of a panel.
int64_t fal_tiles_of_panel(const fal_winograd_block *block, int64_t panel);

// Where a vector of so many tiles from `first` on lies in a form's segments, as equal as can be.
typedef struct fal_segments {
    int64_t first[FAL_WINOGRAD_SEGMENTS];
    int64_t tiles[FAL_WINOGRAD_SEGMENTS];
} fal_segments;

fal_segments fal_find_segments(const fal_winograd_form *form, int64_t first, int64_t tiles);

#endif
