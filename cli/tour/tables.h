// SPDX-License-Identifier: Apache-2.0
//
// Tables whose every cell the library computes and a formula of the tour confirms.
#ifndef CLI_TOUR_TABLES_H
#define CLI_TOUR_TABLES_H

#include "tour/claims.h"

enum { TABLE_COLUMNS = 8, TABLE_ROWS = 16, TABLE_CELL = 32 };

// Row 0 holds the headings of the columns, and column 0 those of the rows.
typedef struct table {
    int rows, columns;
    char cell[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
} table;

// Fills a table; `found` begins as zeros, counts its cells and names the first that the formula
// does not confirm.
typedef void table_fill(table *t, finding *found);

// Step 8: the interval and the lowest padding over W mod S, for K = 16 and S = 10.
table_fill fill_remainders;

// Step 9: get_padding(kernel_size, stride, width=256) for the usual kernels and strides.
table_fill fill_usual_paddings;

#endif
