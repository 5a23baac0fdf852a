// SPDX-License-Identifier: Apache-2.0
//
// How many multiply-adds this machine can do at the very most.
#ifndef CLI_BENCH_CEILING_H
#define CLI_BENCH_CEILING_H

#include "bench/fma_loop.h"
#include "session.h"

// One instruction set that the library has kernels for.
typedef struct instruction_set {
    const char *name;
    const char *tiles; // the set that it is together with matrix tiles, which have the same
                       // ceiling; NULL: none
    const fma_loop *f32, *f64;
} instruction_set;

enum { MAX_INSTRUCTION_SETS = 4 };

// From the widest on; the last one is always there.
extern const instruction_set instruction_sets[];
extern const int instruction_set_count;

// Whether this processor has it, by the word of the library.
bool is_there(const instruction_set *set);

// The one that the library uses: what FALTUNG_ISA says, else the first that is there. Refuses a
// FALTUNG_ISA that is unknown or not there.
int find_instruction_set(session *s, const instruction_set **found);

// The loop that bounds sums of numbers of this type: f64 of those of 64 bits, else f32, by which
// sums of integers are measured, too.
const fma_loop *loop_for(const instruction_set *set, faltung_dtype dtype);

// Multiply-adds per second of a loop on `threads` threads at once, as team_size gives them,
// measured for about `seconds`.
double ceiling_rate(const fma_loop *loop, int threads, double seconds);

#endif
