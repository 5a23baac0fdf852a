// SPDX-License-Identifier: Apache-2.0
#include "tour/arguments.h"

#include <stdio.h>
#include <string.h>

// Takes the quotes out of the word at *from and moves it to `to`. Returns the end of the moved
// word, NULL if a quote is not closed; *from moves to the blank or the zero behind the word.
static char *take_word(char **from, char *to)
{
    bool quoted = false;
    for (; **from && (quoted || **from != ' '); ++*from) {
        if (**from == '\'')
            quoted = !quoted;
        else
            *to++ = **from;
    }
    return quoted ? NULL : to;
}

bool arguments_split(arguments *a, const char *line)
{
    a->argc = 0;
    if ((size_t)snprintf(a->text, sizeof a->text, "faltung %s", line) >= sizeof a->text)
        return false;
    for (char *from = a->text; from += strspn(from, " "), *from;) {
        if (a->argc == MAX_ARGUMENTS)
            return false;
        char *word = from, *end = take_word(&from, word);
        if (!end)
            return false;
        from += *from == ' '; // before the end is written: it may be this very blank
        *end = '\0';
        a->argv[a->argc++] = word;
    }
    a->argv[a->argc] = NULL;
    return true;
}
