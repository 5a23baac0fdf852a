// SPDX-License-Identifier: Apache-2.0
#include "problem/real.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the locale has for a point, as snprintf writes it: localeconv is not for several threads.
static void find_point(char point[FAL_REAL_SIZE])
{
    char half[FAL_REAL_SIZE];
    snprintf(half, sizeof half, "%.1f", 0.5);
    size_t length = strlen(half) - 2;
    memcpy(point, half + 1, length);
    point[length] = '\0';
}

// Copies a text with another point in place of its first.
static void replace_point(const char *text, const char *point, const char *other, char *copy,
                          size_t size)
{
    const char *found = strstr(text, point);
    if (found)
        snprintf(copy, size, "%.*s%s%s", (int)(found - text), text, other, found + strlen(point));
    else
        snprintf(copy, size, "%s", text);
}

bool fal_read_real(const char *text, size_t length, double *number)
{
    char point[FAL_REAL_SIZE], copy[FAL_REAL_SIZE], local[2 * FAL_REAL_SIZE], *end;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strspn(copy, "0123456789+-.eEinf") < length) // strtod knows more
        return false;
    find_point(point);
    replace_point(copy, ".", point, local, sizeof local);
    *number = strtod(local, &end);
    return *end == '\0' && !isnan(*number);
}

void fal_write_real(double number, char text[FAL_REAL_SIZE])
{
    char point[FAL_REAL_SIZE], local[FAL_REAL_SIZE], best[FAL_REAL_SIZE] = "";
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(local, sizeof local, "%.*g", digits, number);
        if (strtod(local, NULL) == number && (!*best || strlen(local) < strlen(best)))
            memcpy(best, local, sizeof best);
    }
    find_point(point);
    replace_point(best, point, ".", text, FAL_REAL_SIZE);
}
