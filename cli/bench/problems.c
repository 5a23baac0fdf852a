// SPDX-License-Identifier: Apache-2.0
#include "bench/problems.h"

#include "bench/table.h"
#include "files/input.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16 };

static int no_memory(session *s)
{
    return refuse(s, EXIT_REFUSED, "out of memory: the list of problems does not fit into it");
}

// Appends what is read from a text, understood or not.
static int append(session *s, problem_list *list, const char *name, const char *text)
{
    if (list->count == list->room) {
        int room = list->room ? 2 * list->room : FIRST_ROOM;
        wanted *larger =
            list->room <= INT_MAX / 2 ? realloc(list->item, (size_t)room * sizeof *larger) : NULL;
        if (!larger)
            return no_memory(s);
        list->item = larger;
        list->room = room;
    }
    wanted *w = &list->item[list->count];
    *w = (wanted){.name = name, .text = strdup(text)};
    if (!w->text)
        return no_memory(s);
    list->count++;
    w->understood = !faltung_problem_parse(text, &w->problem, &w->why);
    return EXIT_DONE;
}

static const wanted *last(const problem_list *list)
{
    return &list->item[list->count - 1];
}

int problems_from_words(session *s, problem_list *list, int count, const char *const *words)
{
    int status = EXIT_DONE;
    for (int i = 0; !status && i < count; i++) {
        status = append(s, list, NULL, words[i]);
        if (!status && !last(list)->understood)
            status = refuse(s, EXIT_USAGE, "'%s': %s", words[i], last(list)->why.text);
    }
    return status;
}

int problems_from_table(session *s, problem_list *list)
{
    int status = EXIT_DONE;
    for (int i = 0; !status && i < layer_count; i++) {
        status = append(s, list, layers[i].name, layers[i].problem);
        if (!status)
            list->item[list->count - 1].target = layers[i].target;
    }
    return status;
}

// Cuts blanks off both ends of a line.
static char *trim(char *line)
{
    static const char blanks[] = " \t\r\n";
    line += strspn(line, blanks);
    size_t length = strlen(line);
    while (length > 0 && strchr(blanks, line[length - 1]))
        length--;
    line[length] = '\0';
    return line;
}

static int append_line(session *s, problem_list *list, const char *file, long number, char *line)
{
    const char *text = trim(line);
    if (!*text || *text == '#')
        return EXIT_DONE;
    int status = append(s, list, NULL, text);
    if (!status && !last(list)->understood)
        return refuse(s, EXIT_BAD_FILE, "%s: line %ld: '%s': %s", file, number, text,
                      last(list)->why.text);
    return status;
}

int problems_from_file(session *s, problem_list *list, const char *path)
{
    input in;
    char *line = NULL;
    size_t room = 0;
    int status = input_open(s, &in, path), before = list->count;
    if (status)
        return status;
    errno = 0;
    for (long number = 1; !status && getline(&line, &room, in.file) >= 0; number++)
        status = append_line(s, list, in.name, number, line);
    if (!status && !feof(in.file))
        status = refuse(s, EXIT_REFUSED, "cannot read %s: %s", in.name, strerror(errno));
    if (!status && list->count == before)
        status = refuse(s, EXIT_BAD_FILE, "%s: there is no problem in it", in.name);
    free(line);
    input_close(&in);
    return status;
}

void problems_free(problem_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->item[i].text);
    free(list->item);
    *list = (problem_list){0};
}
