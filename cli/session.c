// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

// The length of the control character that `c` begins with, in UTF-8; 0 if it is another one.
static int control_length(const unsigned char *c)
{
    if (*c < 0x20 || *c == 0x7f)
        return 1;
    return *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0 ? 2 : 0;
}

// Names of files come from strangers: nothing in them may steer a terminal or break the line.
static void write_escaped(FILE *file, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    while (*c) {
        int control = control_length(c);
        if (*c == '\n')
            fputs("\\n", file);
        else if (*c == '\t')
            fputs("\\t", file);
        else
            for (int i = 0; i < control; i++)
                fprintf(file, "\\x%02x", c[i]);
        if (!control)
            fputc(*c, file);
        c += control ? control : 1;
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
    s->refused = true;
    return status;
}

// Asks the pipe itself: errno is gone where it was an earlier write that failed.
static bool has_no_reader(FILE *file)
{
    struct pollfd pipe = {.fd = fileno(file), .events = POLLOUT};
    return poll(&pipe, 1, 0) == 1 && pipe.revents & POLLERR;
}

int refuse_lost_output(session *s, int error)
{
    s->refused = s->refused || error == EPIPE || has_no_reader(s->out);
    if (s->refused)
        return EXIT_REFUSED;
    const char *why = error ? strerror(error) : "some of it was lost";
    return refuse(s, EXIT_REFUSED, "cannot write to standard output: %s", why);
}

int finish_output(session *s)
{
    errno = 0;
    if (fflush(s->out) == 0 && !ferror(s->out))
        return EXIT_DONE;
    if (errno == 0) { // an earlier write has failed, and only another one tells why
        fputc('\n', s->out);
        fflush(s->out);
    }
    return refuse_lost_output(s, errno);
}
