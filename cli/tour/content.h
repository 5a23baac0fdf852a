// SPDX-License-Identifier: Apache-2.0
//
// What the tour is made of. Its content is data: steps of blocks, each with what is expected to
// come of it. What is written here is ASCII; paragraphs may hold `code`, *emphasis* and $formulas$,
// which the terminal shows plainly and the page sets.
#ifndef CLI_TOUR_CONTENT_H
#define CLI_TOUR_CONTENT_H

#include "tour/claims.h"
#include "tour/tables.h"

typedef enum block_kind {
    BLOCK_END = 0, // behind the last block of a step
    BLOCK_TEXT,    // a paragraph
    BLOCK_FORMULA, // a formula on a line of its own
    BLOCK_PYTHON,  // lines of Python, as the tutorial has them
    BLOCK_COMMAND, // a command line that is run, and what it prints
    BLOCK_FIGURE,  // a drawing or a chart, made by a command line
    BLOCK_CLAIM,   // a statement that is checked by computing
    BLOCK_TABLE,   // a table that is computed and checked
} block_kind;

typedef enum figure_kind {
    FIGURE_DRAWING,  // NAME.svg
    FIGURE_ANIMATED, // NAME.svg, in which the kernel moves
    FIGURE_CHART,    // NAME.svg and NAME.png
} figure_kind;

typedef struct block {
    block_kind kind;
    const char *text; // the paragraph, the formula, the code, the claim or the table's caption; for
                      // commands and figures the command line without the leading "faltung"
    // A command's:
    int status;           // the exit status it must have
    const char *expected; // with status 0 all that it must print, else words of its refusal; for
                          // figures words that their form in characters must hold
    bool part;            // `expected` is only part of what it prints
    int lines;            // if not 0, the command is piped into head -n LINES
    // A figure's:
    figure_kind figure;
    const char *name;    // of its files, without the ending
    const char *caption; // what is to be seen
    // A claim's or a table's:
    claim_check *check;
    claim_domain domain;
    const char *unit; // what the claim's cases are, in the plural
    table_fill *fill;
} block;

typedef struct step {
    const char *heading;
    const block *blocks; // ended by BLOCK_END
} step;

// Short forms for the tables of blocks.
#define TEXT(words)                                                                                \
    {                                                                                              \
        .kind = BLOCK_TEXT, .text = words                                                          \
    }
#define FORMULA(line)                                                                              \
    {                                                                                              \
        .kind = BLOCK_FORMULA, .text = line                                                        \
    }
#define PYTHON(lines)                                                                              \
    {                                                                                              \
        .kind = BLOCK_PYTHON, .text = lines                                                        \
    }
#define COMMAND(line, prints)                                                                      \
    {                                                                                              \
        .kind = BLOCK_COMMAND, .text = line, .expected = prints                                    \
    }
#define COMMAND_PART(line, part_of_it)                                                             \
    {                                                                                              \
        .kind = BLOCK_COMMAND, .text = line, .expected = part_of_it, .part = true                  \
    }
#define COMMAND_HEAD(line, count, prints)                                                          \
    {                                                                                              \
        .kind = BLOCK_COMMAND, .text = line, .lines = count, .expected = prints                    \
    }
#define REFUSED(line, words)                                                                       \
    {                                                                                              \
        .kind = BLOCK_COMMAND, .text = line, .status = EXIT_REFUSED, .expected = words             \
    }
#define FIGURE(kind_of_it, line, file, words, what)                                                \
    {                                                                                              \
        .kind = BLOCK_FIGURE, .figure = kind_of_it, .text = line, .name = file, .expected = words, \
        .caption = what                                                                            \
    }
#define CLAIM(function, statement, cases, ...)                                                     \
    {                                                                                              \
        .kind = BLOCK_CLAIM, .check = function, .text = statement, .unit = cases, .domain = {      \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define TABLE(function, title)                                                                     \
    {                                                                                              \
        .kind = BLOCK_TABLE, .fill = function, .text = title                                       \
    }

#endif
