// SPDX-License-Identifier: Apache-2.0
//
// A small writer of SVG: shapes one below another on a sheet SVG_WIDTH wide, whose height is known
// only at the end. Looks belong to the classes of the style in svg.c, never to single shapes.
#ifndef DRAWING_SVG_H
#define DRAWING_SVG_H

#include "drawing/words.h"

#define SVG_WIDTH   560.0
#define SVG_MARGIN  16.0
#define SVG_CONTENT (SVG_WIDTH - 2 * SVG_MARGIN)

// Sizes of text: the title, words, the numbers of cells, and what stands within a cell.
#define TITLE_SIZE 17.0
#define TEXT_SIZE  14.0
#define INDEX_SIZE 11.0
#define SMALL_SIZE 9.0

typedef struct svg {
    FILE *body;  // what has been drawn, by svg_print
    bool lost;   // whether some of it was: memory of a stream's own runs out without its error mark
    char *text;  // the same in memory
    size_t size; // and its length
    double y;    // where the next thing goes; grows downwards
} svg;

// Begins a sheet; false when there is no memory. Every sheet begun is to be ended.
bool svg_begin(svg *sheet);

// Writes the sheet, as high as its y, to `file` and frees it; false if memory ran out. The words
// are for those who cannot see it.
bool svg_end(svg *sheet, FILE *file, const words *w);

// Shapes as text.
void svg_print(svg *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));

void svg_rect(svg *sheet, const char *classes, double x, double y, double width, double height);

// One line of text whose baseline is y. It begins at x, or with the class
// fal-middle or fal-end has its middle or its end there. ASCII stands for the signs of print: "-"
// between blanks is a minus, "*" a dot, " x " a cross.
void svg_text(svg *sheet, const char *classes, double x, double y, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// Text at the sheet's y, broken into lines; moves y below it. An empty text takes no room.
void svg_paragraph(svg *sheet, const char *classes, double size, const char *text);

// The room that a text takes at most, in usual fonts: for keeping things apart.
double svg_text_width(double size, const char *text);
double svg_number_width(double size, int64_t number);

// A legend is a row of small samples with their meaning, wrapped. Begin with x = 0.
void svg_legend(svg *sheet, double *x, const char *classes, const char *meaning);
void svg_end_legend(svg *sheet, double *x);

// A child for a shape that steps through positions for ever, to be printed between its tags: opens
// the list of positions, which are "x,y" with semicolons between; closes it.
void svg_open_motion(svg *sheet);
void svg_close_motion(svg *sheet, int64_t steps);

#endif
