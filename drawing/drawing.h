// SPDX-License-Identifier: Apache-2.0
//
// Pictures of a convolution, as SVG and as characters.
//
// One axis is a strip: the padded input cell by cell, below it a bar per window, and what no window
// reaches. A transposed convolution is the same picture read backwards: the strip is the output,
// and a bar per input element covers the cells that it is added to. Two axes are two grids, the
// input with its padding and the output, with one window and the output cell that belongs to it.
// There a transposed convolution is shown as the plain one it amounts to: zeros between the input's
// cells, a border, and a kernel turned by 180 degrees.
#ifndef DRAWING_DRAWING_H
#define DRAWING_DRAWING_H

#include <faltung.h>
#include <stdarg.h>
#include <stdio.h>

// What is drawn, other pictures being refused: the cells of a strip; the cells of a grid along
// either axis; the positions of an animated kernel.
#define DRAWING_MAX_CELLS 512
#define DRAWING_MAX_SIDE  64
#define DRAWING_MAX_STEPS 512

typedef struct drawing {
    int axes;             // 1: a strip; 2: grids
    faltung_axis axis[2]; // from index 0; of two axes, H and W. Both transposed or both not
    int64_t output[2];    // what faltung_output_size gives for each
} drawing;

// Writes one SVG element. It has a view box 560 wide, colours of its own for light and dark, no
// ids, and only class names that begin with "fal-", so that any number of them may stand in one
// page of HTML. With `animate` the kernel moves from position to position for ever, unless the
// reader prefers reduced motion. Refuses what is too large, and when memory runs out; errors of
// `file` are the caller's to find.
faltung_status draw_svg(FILE *file, const drawing *d, bool animate, faltung_message *message);

// Writes lines of ASCII of at most `columns` characters, taken as 32 if less and 1024 if
// more; of a row that does not fit the middle is left out, shown by "...". Refuses as draw_svg.
faltung_status draw_text(FILE *file, const drawing *d, int columns, faltung_message *message);

#endif
