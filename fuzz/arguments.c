// SPDX-License-Identifier: Apache-2.0
//
// The words of a command line, of which a byte of 0 ends each, for a command that has all options:
// they are understood, or refused with one line.
#include "options.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 40, MOST_BYTES = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const grammar all = {~(option_set)0, 0, MAX_OPERANDS, "[WORD...]", true};
    char text[MOST_BYTES + 1], *words[MOST_WORDS + 2] = {"fuzz"}, *said;
    size_t length;
    int count = 1;
    options o;
    if (size > MOST_BYTES)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    for (size_t at = 0; at < size && count <= MOST_WORDS; at += strlen(text + at) + 1)
        words[count++] = text + at;
    session s = {.command = "fuzz", .err = open_memstream(&said, &length)};
    require(s.err);
    s.out = s.err;
    int status = read_options(&s, &all, count, words, &o);
    require(fclose(s.err) == 0);
    require(status == EXIT_DONE || status == EXIT_USAGE || status == EXIT_REFUSED);
    require((status != EXIT_DONE) == (length > 0));
    require(!length || said[length - 1] == '\n');
    free(said);
    return 0;
}
