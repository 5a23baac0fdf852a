// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE // for TIOCGWINSZ
#include "terminal.h"

#include "values.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80, MOST_COLUMNS = 1000 };

int terminal_columns(const session *s)
{
    if (s->columns > 0)
        return s->columns;
    struct winsize window;
    int64_t columns;
    const char *said = getenv("COLUMNS");
    int descriptor = fileno(s->out);
    if (descriptor >= 0 && ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col;
    if (said && parse_int64(said, said + strlen(said), &columns) && columns > 0 &&
        columns <= MOST_COLUMNS)
        return (int)columns;
    return USUAL_COLUMNS;
}

bool terminal_has_style(const session *s)
{
    const char *refused = getenv("NO_COLOR");
    int descriptor = fileno(s->out);
    return descriptor >= 0 && isatty(descriptor) && !(refused && *refused);
}
