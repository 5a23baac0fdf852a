// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include "clock.h"

#include <unistd.h>

static const double seconds_between = 0.2;

progress progress_begin(const session *s, const char *doing)
{
    int descriptor = fileno(s->err);
    bool watched = descriptor >= 0 && isatty(descriptor);
    return (progress){watched ? s->err : NULL, doing, clock_now(), 0};
}

void progress_show(progress *p, double done, double bytes)
{
    double now = clock_now(), spent = now - p->begin;
    if (!p->file || done <= 0 || now - p->shown < seconds_between)
        return;
    fprintf(p->file, "\r%s: %3.0f%%, ", p->doing, 100 * done);
    if (bytes > 0)
        fprintf(p->file, "%.1f MB/s, ", 1e-6 * bytes / spent);
    fprintf(p->file, "%.0f s left ", spent / done * (1 - done));
    fflush(p->file);
    p->shown = now;
}

void progress_end(progress *p)
{
    if (p->file && p->shown > 0)
        fprintf(p->file, "\r%60s\r", "");
}
