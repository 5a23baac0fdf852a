// SPDX-License-Identifier: Apache-2.0
//
// A problem made ready to be run: operands, a plan and its workspace.
#ifndef CLI_BENCH_SUBJECT_H
#define CLI_BENCH_SUBJECT_H

#include <faltung.h>
#include <stdbool.h>

// The tensors' shapes point into the struct, so a subject is passed by pointer and never copied.
typedef struct subject {
    faltung_problem problem;
    faltung_call call; // that computes it
    faltung_explanation explanation;
    faltung_tensor input, weight, output; // without gaps, aligned to 64 bytes
    faltung_plan *plan;
    void *workspace; // NULL if the plan needs none
} subject;

// Makes operands of normal numbers, the same for the same problem, and an output of NaNs, which no
// run leaves there. There is no bias. All memory has been written to, so that no run pays for its
// first touch. False with a message if the problem cannot be computed, or does not fit into memory;
// then nothing is to be freed.
bool subject_make(subject *u, const faltung_problem *problem, faltung_message *message);
void subject_free(subject *u);

// Runs the plan once. False with a message if the library refuses.
bool subject_run(const subject *u, faltung_message *message);

#endif
