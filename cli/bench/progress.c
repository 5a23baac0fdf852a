// SPDX-License-Identifier: Apache-2.0
#include "bench/progress.h"

#include "bench/clock.h"

#include <unistd.h>

static const double seconds_between = 0.2;

progress progress_begin(const session *s)
{
    int descriptor = fileno(s->err);
    bool watched = descriptor >= 0 && isatty(descriptor);
    return (progress){.file = watched ? s->err : NULL, .begin = clock_now()};
}

void progress_show(progress *p, double done)
{
    double now = clock_now();
    if (!p->file || done <= 0 || now - p->shown < seconds_between)
        return;
    double left = (now - p->begin) / done * (1 - done);
    fprintf(p->file, "\rmeasuring: %3.0f%%, %.0f s left ", 100 * done, left);
    fflush(p->file);
    p->shown = now;
}

void progress_end(progress *p)
{
    if (p->file && p->shown > 0)
        fprintf(p->file, "\r%40s\r", "");
}
