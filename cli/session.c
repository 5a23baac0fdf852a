// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <errno.h>
#include <string.h>

// Names of files come from strangers: nothing in them may steer a terminal or break the line.
static void write_escaped(FILE *file, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '\n')
            fputs("\\n", file);
        else if (*c == '\t')
            fputs("\\t", file);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(file, "\\x%02x", *c);
        else
            fputc(*c, file);
    }
}

int refuse(session *s, int status, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    fputs("faltung", s->err);
    if (s->command[0])
        fprintf(s->err, " %s", s->command);
    fputs(": ", s->err);
    write_escaped(s->err, text);
    fputc('\n', s->err);
    return status;
}

int finish_output(session *s)
{
    errno = 0;
    if (fflush(s->out) == 0 && !ferror(s->out))
        return EXIT_DONE;
    if (errno == EPIPE)
        return EXIT_REFUSED; // the reader has seen enough, as `head` does: nothing to tell it
    const char *why = errno ? strerror(errno) : "some of it was lost";
    return refuse(s, EXIT_REFUSED, "cannot write to standard output: %s", why);
}
