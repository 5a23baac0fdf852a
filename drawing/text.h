// SPDX-License-Identifier: Apache-2.0
//
// A page of characters that is never wider than it may be.
#ifndef DRAWING_TEXT_H
#define DRAWING_TEXT_H

#include "drawing/drawing.h"

#define PAGE_MAX_COLUMNS 1024

typedef struct page {
    FILE *file;
    int columns; // the most characters on a line, up to PAGE_MAX_COLUMNS
} page;

// A sheet of blanks to write characters on.
typedef struct canvas {
    int64_t width, height;
    char *cells;
} canvas;

// Makes a canvas; false when there is no memory, and then nothing is to be freed.
bool canvas_make(canvas *c, int64_t width, int64_t height);
void canvas_free(canvas *c);

// Writes onto a canvas; what falls outside is lost.
void canvas_put(canvas *c, int64_t x, int64_t y, char character);
void canvas_print(canvas *c, int64_t x, int64_t y, const char *text);

// Writes a canvas, without blanks at the ends of lines. One that is too wide loses columns in the
// middle, where "..." stands for them, but none of the first `margin`; and so for lines of which
// nothing is left.
void page_canvas(const page *p, const canvas *c, int margin);

// Writes text broken into lines. An empty text writes nothing.
void page_paragraph(const page *p, const char *text);

#endif
