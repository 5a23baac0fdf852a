// SPDX-License-Identifier: Apache-2.0
#include "bench/copying.h"

#include "bench/team.h"
#include "clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, SMALLEST_PIECE = 1 << 18 };

// Half of the bytes, in whole cache lines.
static size_t half_of(double bytes)
{
    return ((size_t)(bytes / 2) / LINE + 1) * LINE;
}

bool copying_make(copying *c, double bytes)
{
    *c = (copying){0};
    if (bytes >= (double)SIZE_MAX / 2)
        return false;
    c->size = half_of(bytes);
    c->from = aligned_alloc(LINE, c->size);
    c->to = aligned_alloc(LINE, c->size);
    if (!c->from || !c->to)
        return false;
    memset(c->from, 1, c->size);
    memset(c->to, 0, c->size);
    return true;
}

void copying_free(copying *c)
{
    free(c->from);
    free(c->to);
    *c = (copying){0};
}

// Called through a pointer that may change, lest a copy that another one repeats be left out.
static void *(*volatile const copy)(void *to, const void *from, size_t size) = memcpy;

static double run_copy(const void *context, int index, int threads, double seconds)
{
    const copying *c = context;
    size_t share = c->size / LINE / (size_t)threads * LINE;
    if (!share && index > 0)
        return 0; // too little for all: the first one does it
    size_t size = share ? share : c->size, at = share * (size_t)index;
    double begin = clock_now(), done = 0;
    do {
        // Small ones many times, so that reading the clock costs nothing beside them.
        for (size_t moved = 0; moved < SMALLEST_PIECE; moved += size) {
            copy(c->to + at, c->from + at, size);
            done += 2 * (double)size;
        }
    } while (clock_now() - begin < seconds);
    return done;
}

double copying_rate(const copying *c, double bytes, int threads, double seconds)
{
    const copying part = {c->from, c->to, half_of(bytes)};
    return team_rate(threads, run_copy, &part, seconds);
}
