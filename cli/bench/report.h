// SPDX-License-Identifier: Apache-2.0
//
// What was measured, as a table or as JSON.
#ifndef CLI_BENCH_REPORT_H
#define CLI_BENCH_REPORT_H

#include "bench/check.h"
#include "bench/measure.h"
#include "bench/problems.h"

// What is known of one problem in the end.
typedef struct result {
    const wanted *wanted;
    bool supported; // else `why` says why not, and the rest means nothing
    const char *why;
    const subject *subject;
    double best, median; // seconds of a call
    double ceiling;      // multiply-adds per second, the best around it
    double share;        // of the ceilings around each slice, the median
    double copying;      // bytes per second, the best
    int64_t calls;
    bool checked;
    verdict verdict; // if `checked`
} result;

// Fills in the figures of a problem that was measured.
void result_figures(result *r, measurement *m);

// Which problems there are, a line for each.
void report_list(session *s, bool as_json, const problem_list *list);

// One object on a line.
void report_json(session *s, const settings *set, const result *r);

// The machine's ceilings, and a table with a line per problem, in the order given.
void report_text(session *s, const settings *set, ceilings *machine, int count,
                 const result *results);

#endif
