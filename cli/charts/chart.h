// SPDX-License-Identifier: Apache-2.0
//
// Charts, drawn by gnuplot.
#ifndef CLI_CHARTS_CHART_H
#define CLI_CHARTS_CHART_H

#include "session.h"

// What is drawn, other charts being refused: so many widths, and values up to this.
#define CHART_MAX_WIDTHS 10000
#define CHART_MAX_VALUE  1000000000000000

// The lowest symmetric padding over the width of the input.
typedef struct padding_chart {
    int64_t kernel, stride, dilation; // each at least 1
    faltung_padding_limits limits;    // what faltung_find_padding_limits gives for them
    size_t count;                     // how many widths, at least 1
    const int64_t *width;             // in ascending order
    const int64_t *padding;           // the lowest for each
} padding_chart;

typedef enum chart_format {
    CHART_SVG,  // one element, with its own colours for light and dark; its classes begin with
                // "fal-", its ids with those and with names of gnuplot's
    CHART_PNG,  // on white
    CHART_TEXT, // lines of ASCII
} chart_format;

// Writes a chart: the padding over the width, with its two limits, and where they differ, the
// padding over W mod S, on which alone it depends. `columns` is the width of CHART_TEXT, taken as
// 40 if less and 400 if more. Refuses what is too large, and when gnuplot is missing or fails;
// errors of `file` are the caller's to find.
int chart_write(session *s, FILE *file, const padding_chart *c, chart_format format, int columns);

#endif
