// SPDX-License-Identifier: Apache-2.0
//
// Problems by their strings, with operands to compute them on.
#ifndef FALTUNG_TESTS_SETTING_H
#define FALTUNG_TESTS_SETTING_H

#include "support.h"

// Real numbers, or integers, always the same, drawn in the order input, weight, bias.
typedef struct setting {
    faltung_problem problem;
    faltung_call call; // that computes it; its conv may be changed
    array input, weight, bias, output;
    bool has_bias; // gradients have none
} setting;

void setting_make(setting *s, const char *problem);
void setting_free(setting *s);

// Computes the output by one call and returns a hash of its bytes.
uint64_t setting_compute(setting *s);

// The hash of an output that is there.
uint64_t setting_hash(const setting *s);

// A plan for 1 thread or as many as the problem says, to be destroyed.
faltung_plan *setting_plan(const setting *s);

// The name of the algorithm that computes a problem by that accuracy.
const char *setting_algorithm(const char *problem, faltung_accuracy accuracy);

// Whether the processor has an instruction set.
bool has_instruction_set(const char *name);

#endif
