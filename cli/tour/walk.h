// SPDX-License-Identifier: Apache-2.0
//
// Runs the tour: each command line in this process, by the same function that runs the program's
// own, so that a command that is shown and its result can never disagree.
#ifndef CLI_TOUR_WALK_H
#define CLI_TOUR_WALK_H

#include "tour/arguments.h"
#include "tour/content.h"

// What came of a block.
typedef struct outcome {
    char *out;        // of commands what they printed, of figures their form in characters
    char *err;        // of commands what they said besides
    table *table;     // of tables
    finding found;    // of claims and tables
    char wrong[1024]; // why it is not as stated; "" if it is
} outcome;

// What came of all blocks, one outcome for each, in their order.
typedef struct report {
    const step *steps;
    int step_count;
    int blocks;
    outcome *outcomes;
    int commands, figures, claims, tables; // how many of each were checked
    int64_t cases;                         // of all claims
    int wrong;                             // how many are not as stated
} report;

// Runs every block in the working folder, which is to be empty. Figures in characters are made for
// `columns`. That something is not as stated is for the report to say, and no failure; refused is
// only what leaves no report: no memory, or (in silence) a signal that has come. The caller frees
// the report in any case.
int walk_steps(session *s, const step *steps, int count, int columns, report *r);
void report_free(report *r);

// How many results it holds.
int report_results(const report *r);

// Writes the command line that makes a figure's file with this ending, ".svg" or ".png".
void write_figure_line(char line[MAX_LINE], const block *b, const char *ending);

// Says how many results are wrong, and which the first ones are: one line.
int refuse_wrong(session *s, const report *r);

#endif
