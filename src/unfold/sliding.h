// SPDX-License-Identifier: Apache-2.0
//
// Blocks that slide over a picture, each of which is a column: what unfold and fold go between.
#ifndef FAL_UNFOLD_SLIDING_H
#define FAL_UNFOLD_SLIDING_H

#include <faltung.h>

typedef struct fal_sliding_axis {
    int64_t picture, kernel, blocks; // sizes
    int64_t stride, dilation, padding;
    int64_t step; // from one element of the picture to the next
} fal_sliding_axis;

// There are always three axes; missing ones come first and have size 1. Distances are in elements.
typedef struct fal_sliding {
    faltung_dtype dtype;
    int64_t batch, channels;
    fal_sliding_axis axis[FALTUNG_MAX_AXES];
    void *picture;
    int64_t picture_image, picture_channel;
    void *columns;
    int64_t columns_image, columns_row, columns_column; // a row has one element of every block
} fal_sliding;

// Checks what is asked for and finds the shape of the result; returns it with its rank. Errors:
// NULL, OPTION, KERNEL, DILATION, PADDING, STRIDE, DTYPE, RANK, SHAPE, EMPTY, OUTPUT_SIZE,
// TOO_SMALL, OVERFLOW.
faltung_status fal_check_unfold(const faltung_conv *conv, const int64_t *kernel,
                                const faltung_tensor *input, int *rank, int64_t shape[3],
                                fal_sliding *sliding, faltung_message *message);
faltung_status fal_check_fold(const faltung_conv *conv, const int64_t *kernel,
                              const faltung_tensor *columns, int *rank,
                              int64_t shape[FALTUNG_MAX_AXES + 2], fal_sliding *sliding,
                              faltung_message *message);

// Checks the two tensors of a run, the result against its shape, and notes where they are. Errors:
// NULL, DTYPE, RANK, SHAPE, OVERFLOW, OVERLAP.
faltung_status fal_check_result(const faltung_tensor *operand, const faltung_tensor *result,
                                int rank, const int64_t *shape, faltung_message *message);
void fal_set_picture(fal_sliding *sliding, int axes, const faltung_tensor *picture);
void fal_set_columns(fal_sliding *sliding, const faltung_tensor *columns);

// The blocks along an axis, from *begin up to, but not including, *end, for which element `k` of
// the kernel lies in the picture between `first` and `past`.
void fal_find_blocks(const fal_sliding_axis *axis, int64_t k, int64_t first, int64_t past,
                     int64_t *begin, int64_t *end);

// On how many threads to divide so many elements.
int fal_sliding_threads(const faltung_conv *conv, double elements);

#endif
