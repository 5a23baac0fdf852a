// SPDX-License-Identifier: Apache-2.0
//
// Gradients of a weight, which are sums over all pixels: those of some rows of an image are a unit,
// whose size depends on the shapes alone, and the gradient of each unit is computed by itself. A
// partial file holds one row of numbers for each; in the end they are added, in double, in their
// order. So the result is the same for all bounds of memory, shards and restarts, though not bit
// for bit the one of a single sum.
#ifndef CLI_PARTS_WEIGHT_H
#define CLI_PARTS_WEIGHT_H

#include "parts/job.h"
#include "parts/journal.h"

typedef struct weight_units {
    const faltung_conv *conv; // borrowed; its padding in numbers:
    faltung_padding padding[FALTUNG_MAX_AXES];
    bool transposed, batched;
    int rank; // of the weight, and its shape
    int64_t shape[FALTUNG_MAX_AXES + 2];
    int64_t numbers;           // of the weight
    int64_t images, rows;      // of the picture whose rows are divided: grad_output, or transposed
                               // the input
    int64_t each, in_an_image; // rows of a unit, and units of an image
} weight_units;

// Of a job with units, whose second file is grad_output. The output has a row for each unit.
extern const parts_work weight_work;

// Divides pictures into units that read about `unit` bytes, 0: 8 MiB or, if that is more, 16 times
// what the weight takes. Refuses types that there are no such sums of. *workspace: what
// computing a unit takes besides.
int weight_divide(session *s, const faltung_conv *conv, const box_file *input,
                  const box_file *grad_output, const int64_t *shape, size_t unit,
                  weight_units *units, size_t *workspace);

// All units as pixels of a grid.
grid weight_grid(const weight_units *units);

// Adds all units of a complete partial file up, and writes the gradient, of such a shape, under the
// output's name.
int weight_finish(session *s, const journal_names *names, int rank, const int64_t *shape,
                  bool force);

#endif
