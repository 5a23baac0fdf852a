// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share.
#ifndef DRAWING_SHARED_H
#define DRAWING_SHARED_H

#include "drawing/drawing.h"
#include "drawing/lane.h"
#include "drawing/svg.h"
#include "drawing/text.h"

// The bodies of the pictures, between title and notes. The drawing is not too large. Those of
// characters are false if there is no memory.
void draw_strip(svg *sheet, const drawing *d, bool animate);
void draw_grids(svg *sheet, const drawing *d, bool animate);
bool write_strip(const page *p, const drawing *d);
bool write_grids(const page *p, const drawing *d);

// The class of a cell in SVG, and its character.
const char *cell_class(cell kind);
char cell_character(cell kind);

// The first of 1, 2, 5, 10, 20, ... so many of which things are `room` apart when one is
// `distance`.
int64_t label_step(double distance, double room);

// The index along an axis of the output cell whose window a still picture shows: the last if
// output_padding adds it, else the first.
int64_t shown_output(const drawing *d, int axis);

// Crosses out a cell of an SVG: nothing reaches it.
void draw_cross(svg *sheet, double x, double y, double width, double height);

#endif
