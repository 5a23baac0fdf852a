// SPDX-License-Identifier: Apache-2.0
#include "bench/samples.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

bool samples_add(samples *s, double value)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : FIRST_ROOM;
        double *larger = realloc(s->value, room * sizeof *larger);
        if (!larger)
            return false;
        s->value = larger;
        s->room = room;
    }
    s->value[s->count++] = value;
    return true;
}

void samples_free(samples *s)
{
    free(s->value);
    *s = (samples){0};
}

double samples_least(const samples *s)
{
    double least = s->value[0];
    for (size_t i = 1; i < s->count; i++)
        least = fmin(least, s->value[i]);
    return least;
}

double samples_greatest(const samples *s)
{
    double greatest = s->value[0];
    for (size_t i = 1; i < s->count; i++)
        greatest = fmax(greatest, s->value[i]);
    return greatest;
}

double samples_median(samples *s)
{
    return median_of(s->value, s->count);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median_of(double *value, size_t count)
{
    qsort(value, count, sizeof *value, by_size);
    return (value[(count - 1) / 2] + value[count / 2]) / 2;
}
