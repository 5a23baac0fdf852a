// SPDX-License-Identifier: Apache-2.0
#include "tour/tables.h"

#include <inttypes.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static void set(table *t, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void set(table *t, int row, int column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(t->cell[row][column], TABLE_CELL, format, arguments);
    va_end(arguments);
    t->rows = row < t->rows ? t->rows : row + 1;
    t->columns = column < t->columns ? t->columns : column + 1;
}

// Half of a number that is at least 0.
static void set_half(table *t, int row, int column, int64_t twice)
{
    set(t, row, column, "%" PRId64 "%s", twice / 2, twice % 2 ? ".5" : "");
}

void fill_remainders(table *t, finding *found)
{
    static const char *const headings[] = {"$W mod 10$", "$W$", "$p_min$", "$p_max$", "lowest $P$"};
    for (int i = 0; i < COUNT(headings); i++)
        set(t, 0, i, "%s", headings[i]);
    for (int r = 1; r <= 10; r++) {
        faltung_axis axis = FALTUNG_AXIS(90 + r, 16);
        faltung_padding_interval interval = {0};
        axis.stride = 10;
        const bool known = !faltung_find_padding_interval(&axis, &interval, NULL);
        set(t, r, 0, "%d", r % 10);
        set(t, r, 1, "%" PRId64, axis.input);
        set_half(t, r, 2, interval.twice_min);
        set_half(t, r, 3, interval.twice_max);
        set(t, r, 4, "%" PRId64, interval.lowest);
        claim_case(found,
                   known && interval.exists && interval.twice_min == 16 - r &&
                       interval.twice_max == 26 - r && interval.lowest == (16 - r + 1) / 2,
                   "the row of W mod 10 = %d", r % 10);
    }
}

void fill_usual_paddings(table *t, finding *found)
{
    static const int kernels[] = {1, 2, 3, 4, 5, 7, 9, 11, 15, 16}, strides[] = {1, 2, 4, 8, 16};
    set(t, 0, 0, "$K$ \\ $S$");
    for (int column = 0; column < COUNT(strides); column++)
        set(t, 0, column + 1, "%d", strides[column]);
    for (int row = 0; row < COUNT(kernels); row++) {
        set(t, row + 1, 0, "%d", kernels[row]);
        for (int column = 0; column < COUNT(strides); column++) {
            const int k = kernels[row], s = strides[column];
            const int expected = k > s ? (k - s + 1) / 2 : 0;
            faltung_axis axis = FALTUNG_AXIS(256, k);
            faltung_padding_interval interval = {0};
            axis.stride = s;
            const bool known = !faltung_find_padding_interval(&axis, &interval, NULL);
            if (interval.exists)
                set(t, row + 1, column + 1, "%" PRId64, interval.lowest);
            else
                set(t, row + 1, column + 1, "none");
            claim_case(found,
                       known && interval.exists == (s > 1 || k % 2) &&
                           (!interval.exists || interval.lowest == expected),
                       "the cell of kernel %d and stride %d", k, s);
        }
    }
}
