// SPDX-License-Identifier: Apache-2.0
//
// What a run of dot products with channels in the lanes has at hand.
#ifndef FAL_ALGORITHMS_DOTS_ACROSS_WORK_H
#define FAL_ALGORITHMS_DOTS_ACROSS_WORK_H

#include "algorithms/dots/layout.h"
#include "base/checked.h"

// Numbers from one to the next.
typedef struct fal_dots_steps {
    int64_t image, row, column;
} fal_dots_steps;

// What is alike for all of a task. A piece is all rows of a chunk of some images, or a few rows of
// one, or a part of a row, multiplied for one cell, 64 bytes of channels, after the other.
typedef struct fal_dots_cut {
    int64_t images, rows, columns; // of a piece, at most
    int64_t read_rows;             // of the input that these meet
    int64_t pieces;                // of a chunk's rows, at most
    int64_t chunks;                // whose rows tables are made for together
    int64_t places;                // in these tables, at most
    int64_t cells;                 // whose sums are at hand together
    int64_t kernel_rows;           // whose taps are
} fal_dots_cut;

// Where the pixels of pieces are: those that would share a lane with pixels in the lanes make a
// list.
typedef struct fal_dots_places {
    fal_dots_list *list;   // [chunk][piece][lane]
    fal_dots_place *place; // [piece][...], from the piece's first rows on
    uint16_t *inside;      // [group of taps][place]
    uint16_t *column;      // [column of grad][group]: the taps that meet the input there
    int64_t row, rows;     // that they are for; no rows: none yet
} fal_dots_places;

// Taps of some rows and columns of the kernel, whose products are summed together; the first one's
// sums are those of tap `tap` of a cell.
typedef struct fal_dots_group {
    int64_t row, rows, column, columns, tap;
} fal_dots_group;

enum { FAL_MOST_DOTS_GROUPS = 32 };

// Of so many rows and columns of taps.
static inline int64_t fal_count_dots_groups(int64_t rows, int64_t columns)
{
    return columns > FAL_DOTS_COLUMNS ? rows * fal_ceil_divide(columns, FAL_DOTS_TAPS)
                                      : fal_ceil_divide(rows, FAL_DOTS_ROWS);
}

typedef struct fal_dots_across_desk {
    void *memory;
    void *input, *grad; // copies of a piece, where its elements are no numbers: [row][column][cell]
    void *sums, *chains; // [cell][tap][lane][channel]
    void *zeros;         // as many as there are channels in a cell
    fal_dots_places places;
} fal_dots_across_desk;

typedef struct fal_dots_across_work {
    const fal_task *task;
    const fal_operands *all;
    fal_dots_layout l;
    fal_dots_cut cut;
    fal_dots_across_desk desk;
    fal_dots_steps input, grad; // where products read
    int64_t taps, groups;       // of some rows and columns of the kernel
    fal_dots_group group[FAL_MOST_DOTS_GROUPS];
} fal_dots_across_work;

// Whether pictures are copied, since their elements are no numbers.
static inline bool fal_dots_copy(const fal_task *task)
{
    return task->kernels->input_size != task->kernels->size;
}

// All but the desk and the taps; without operands nobody knows the steps.
fal_dots_across_work fal_begin_dots_across(const fal_task *task, const fal_operands *all);

// Lays the desk out in a workspace; returns its bytes. With NULL only these count.
size_t fal_lay_out_dots_desk(const fal_dots_across_work *work, char *workspace,
                             fal_dots_across_desk *desk);

// Rows and columns of grad, and the rows of the input that they meet, from `top` to before
// `bottom`.
typedef struct fal_dots_window {
    int64_t row, rows, column, columns, top, bottom;
} fal_dots_window;

// The window of a piece of a chunk of rows, the first of which begins at its first row and column;
// no rows: there is none.
fal_dots_window fal_find_dots_window(const fal_dots_across_work *work, int64_t row, int64_t rows,
                                     int64_t piece);

// Goes on to the taps of some rows and columns of the kernel, as parts have them.
void fal_find_dots_taps(fal_dots_across_work *work, const int64_t *begin, const int64_t *end);

// The lists of the first piece of a chunk of rows, made unless they are there.
const fal_dots_list *fal_find_dots_lists(fal_dots_across_work *work, int64_t row, int64_t rows);

#endif
