// SPDX-License-Identifier: Apache-2.0
//
// What an algorithm is to those who choose and run it.
#ifndef FAL_ALGORITHMS_ALGORITHM_H
#define FAL_ALGORITHMS_ALGORITHM_H

#include "kernels/tuning.h"
#include "problem/lower.h"

// The axes along which an output can be divided: channels are those of all groups, depth, row and
// column those of the lowered problem.
enum { FAL_IMAGE, FAL_CHANNEL, FAL_DEPTH, FAL_ROW, FAL_COLUMN, FAL_PART_AXES };

// A part of the output, from `begin` up to, but not including, `end`. Parts together give the same
// bits as the whole.
typedef struct fal_part {
    int64_t begin[FAL_PART_AXES];
    int64_t end[FAL_PART_AXES];
    int64_t ahead; // from its first row to that of what the same thread will probably compute next
                   // of these images, columns and group; 0: unknown
} fal_part;

// Whether there is nothing in a part.
bool fal_part_is_empty(const fal_part *part);

// What an algorithm works on: a problem, and the kernels to do it with. The bits depend on the
// first alone, but for those of matrix tiles.
typedef struct fal_task {
    fal_problem problem;
    const fal_kernels *kernels;
    fal_tuning tuning;
    bool channels_last; // whether input and output are expected to lie so; either way any is taken
    const fal_winograd_form *form; // by which Winograd's transforms have to be; NULL: by the best
} fal_task;

// So many outputs from every `count`-th on, counted from `lead` before the first.
typedef struct fal_together {
    int64_t count, lead;
} fal_together;

// What bands of rows that are computed together take, in rows of tiles.
typedef struct fal_band_costs {
    int64_t least, most; // rows of tiles of a band
    double of_weights;   // what a band takes beside its rows, to have all weights read
    double shared;       // and of a row what all channels of the output have in common
} fal_band_costs;

// How an algorithm goes about a task.
typedef struct fal_description {
    char how[FALTUNG_HOW_BYTES]; // tiles, blocks and chains, in words
    double bytes;                // read and written, its own buffers included
} fal_description;

// Of a workspace, for what a thread wants to remember; every workspace has as many.
#define FAL_MEMORY_BYTES ((size_t)256)

typedef struct fal_algorithm {
    const char *name;
    const char *reason; // why it is the one to choose, where it applies
    // Why the algorithm cannot compute this problem; NULL: it can. And why, if it can, it should
    // not, unless it is asked for by name; NULL: it should. Both depend on the problem alone, so
    // that the choice and with it the bits are the same on every machine: but for matrix tiles,
    // which few processors have, and whose sums of halves have bits of their own.
    const char *(*cannot)(const fal_task *task);
    const char *(*should_not)(const fal_task *task); // may be NULL: it always should
    // Bytes of the weight and the bias in the algorithm's own order; NULL: it uses them as they
    // are.
    size_t (*packed_bytes)(const fal_task *task);
    // Brings them into that order. `packed` is aligned to FAL_ALIGNMENT.
    void (*pack)(const fal_task *task, const fal_operands *operands, void *packed);
    // Bytes that a thread needs besides the operands; NULL: none. The first FAL_MEMORY_BYTES are
    // zero when a thread comes to its first part of an output, so that it may note there what the
    // rest holds for the next.
    size_t (*workspace)(const fal_task *task);
    // The part sizes that suit the algorithm: what is smaller is done at a loss.
    void (*grain)(const fal_task *task, int64_t size[FAL_PART_AXES]);
    // Outputs along an axis of the problem that are computed together, so that what one reads
    // depends on the others; NULL: each is computed by itself.
    fal_together (*together)(const fal_task *task, int axis);
    // Pieces for each thread that are enough, where smaller ones would cost more than they even
    // out; 0: there is no such number.
    int enough_pieces;
    // Of a weight's gradient with such a number, in how many products' time a plane or a channel is
    // prepared, by every piece for itself; 0: nothing is.
    double preparing;
    // By what rows are divided into bands for threads, if outputs are computed together; NULL: they
    // are divided as other pieces are.
    fal_band_costs (*cost_bands)(const fal_task *task);
    // About how many multiply-adds of plain sums, those of one lane, it takes as long as; NULL:
    // nobody can tell.
    double (*work)(const fal_task *task);
    // Says how it would go about a task whose tensors are contiguous.
    void (*describe)(const fal_task *task, fal_description *description);
    // Computes a part of the output that is not empty. `packed` is what `pack` made, `workspace` as
    // large as `workspace` asked for, aligned to FAL_ALIGNMENT. Cannot fail, and may run on several
    // threads at once, each with a workspace of its own.
    void (*run)(const fal_task *task, const fal_operands *operands, const void *packed,
                const fal_part *part, void *workspace);
} fal_algorithm;

// All algorithms in the order in which they are considered, fastest first; the last one applies to
// everything.
extern const fal_algorithm *const fal_algorithms[];
extern const int fal_algorithm_count;

extern const fal_algorithm fal_complex;
extern const fal_algorithm fal_depthwise;
extern const fal_algorithm fal_direct;
extern const fal_algorithm fal_fft;
extern const fal_algorithm fal_lattice;
extern const fal_algorithm fal_phases;
extern const fal_algorithm fal_tiles;
extern const fal_algorithm fal_dot_products;
extern const fal_algorithm fal_weight_gradient;
extern const fal_algorithm fal_winograd;
extern const fal_algorithm fal_winograd_gradient;
extern const fal_algorithm fal_reference;

#endif
