// SPDX-License-Identifier: Apache-2.0
//
// How long problems take, beside what the machine can do at that moment. Everything is timed in
// slices of about a millisecond, in rounds: a slice of each ceiling, then for each problem a slice
// of its ceiling, a slice of itself, its ceiling again, and a slice of copying. So a noisy moment
// of the machine hits all of them alike, and a share compares neighbours in time.
#ifndef CLI_BENCH_MEASURE_H
#define CLI_BENCH_MEASURE_H

#include "bench/ceiling.h"
#include "bench/samples.h"
#include "bench/subject.h"

typedef struct settings {
    const instruction_set *isa; // in use
    int threads;                // for the problems; ceilings are bounded by team_size
    double seconds;             // for each problem, with the ceilings around it; above 0
} settings;

// What is known of one problem; one sample of each for every slice.
typedef struct measurement {
    samples best, median; // seconds of a call within the slice
    samples ceiling;      // multiply-adds per second, around the slice
    samples share;        // of that, which the median call reached
    samples copying;      // bytes per second
    int64_t calls;
    double spent; // seconds
} measurement;

// What is known of the machine: the ceilings of each instruction set that is there, in
// multiply-adds per second.
typedef struct ceilings {
    samples f32[MAX_INSTRUCTION_SETS], f64[MAX_INSTRUCTION_SETS];
} ceilings;

// Measures until each problem has had its seconds. A call that takes longer is the measurement
// alone. `m` has one element per subject, all zeros, which the caller frees after a refusal, too;
// so has `machine`. Shows on the session's err how far it is, if that is a terminal.
int measure(session *s, const settings *set, int count, const subject *subjects, measurement *m,
            ceilings *machine);

void measurement_free(measurement *m);
void machine_free(ceilings *machine);

#endif
