// SPDX-License-Identifier: Apache-2.0
//
// Which problems are to be timed.
#ifndef CLI_BENCH_PROBLEMS_H
#define CLI_BENCH_PROBLEMS_H

#include "session.h"

typedef struct wanted {
    const char *name; // a row's name in the table of layers, or NULL
    int target;       // and its target; 0: none
    char *text;       // as given
    bool understood;  // whether `problem` holds it; only a row of the table may be not
    faltung_problem problem;
    faltung_message why; // it was not, or cannot be computed
} wanted;

// All zeros is empty. To be freed after a refusal, too.
typedef struct problem_list {
    wanted *item;
    int count, room;
} problem_list;

// Each appends to a list. Words that are no problems are refused, but for rows of the table: the
// library may not know them yet.
int problems_from_words(session *s, problem_list *list, int count, const char *const *words);
int problems_from_table(session *s, problem_list *list);

// One problem on each line; blanks around it, empty lines and lines that begin with # do not count.
// `path` may be "-" for standard input.
int problems_from_file(session *s, problem_list *list, const char *path);

void problems_free(problem_list *list);

#endif
