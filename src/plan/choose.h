// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_PLAN_CHOOSE_H
#define FAL_PLAN_CHOOSE_H

#include "algorithms/algorithm.h"

// A validated convolution with the algorithm that computes it.
typedef struct fal_choice {
    fal_valid valid;
    fal_task task;
    const fal_algorithm *algorithm;
    bool asked;                // whether it was asked for by name
    int threads;               // to use, at least 1
    faltung_parallel parallel; // the caller's own threads; none, if `run` is NULL
    size_t wanted;             // bytes of a run's workspace, if there were no limit
    size_t workspace;          // bytes that each thread needs, a multiple of FAL_ALIGNMENT
} fal_choice;

// Whether the channels of an input lie closer together than its columns. The tensor need not have
// been checked.
bool fal_is_channels_last(const faltung_conv *conv, const faltung_tensor *input);

// Validates, lowers and picks the first algorithm that applies. Errors: as fal_validate, and OPTION
// for an instruction set that is not there, or an algorithm that is not, cannot or does not fit.
faltung_status fal_choose(const faltung_conv *conv, const faltung_tensor *input,
                          const faltung_tensor *weight, const faltung_tensor *bias,
                          fal_choice *choice, faltung_message *message);

// How many threads pay for a task, of at most so many (0: as many as there are CPUs).
int fal_choose_threads(const fal_task *task, int threads);

// Decides on bands and threads, of which there may be as many as the choice has, so that the
// workspace of a run is no more than `limit` (0: any); false if that cannot be, and all is as it
// was.
bool fal_fit(fal_choice *choice, const fal_algorithm *algorithm, size_t limit);

// What was chosen, and why.
void fal_explain_choice(const fal_choice *choice, faltung_explanation *explanation);

// Bytes of the weight and bias in the algorithm's order, a multiple of FAL_ALIGNMENT; 0 if it uses
// them as they are.
size_t fal_choice_packed_bytes(const fal_choice *choice);

// Bytes that a thread needs to run a task, a multiple of FAL_ALIGNMENT.
size_t fal_thread_workspace(const fal_task *task, const fal_algorithm *algorithm);

// Bytes that a run needs for all its threads.
size_t fal_choice_workspace(const fal_choice *choice);

// The operands of a run as views. Those that are NULL are left out.
fal_operands fal_choice_operands(const fal_choice *choice, const faltung_tensor *input,
                                 const faltung_tensor *weight, const faltung_tensor *bias,
                                 const faltung_tensor *output);

// Adds a residual to them, or none for NULL.
void fal_add_residual(fal_operands *operands, const faltung_tensor *residual);

// Computes a part of the output, or all of it for NULL, on the threads chosen. `packed` and
// `workspace` may be NULL where their size is 0.
void fal_run_choice(const fal_choice *choice, const fal_operands *operands, const void *packed,
                    const fal_part *part, void *workspace);

// Packs the weight and computes the whole output, in memory for both that is aligned to
// FAL_ALIGNMENT.
void fal_pack_and_run(const fal_choice *choice, const fal_operands *operands, void *memory);

#endif
