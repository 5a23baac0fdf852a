// SPDX-License-Identifier: Apache-2.0
//
// What a picture says, in ASCII: the same words under an SVG and in a terminal.
#ifndef DRAWING_WORDS_H
#define DRAWING_WORDS_H

#include "drawing/drawing.h"

// Six for each of two axes, and one for a transposed convolution.
#define WORDS_MAX_NOTES  13
#define WORDS_MAX_LENGTH 320

typedef struct words {
    char title[WORDS_MAX_LENGTH];   // what is drawn
    char formula[WORDS_MAX_LENGTH]; // how the size follows, in names
    int notes;
    char note[WORDS_MAX_NOTES][WORDS_MAX_LENGTH]; // the same in numbers, and what is to be seen
} words;

// The words for a drawing that is not too large.
void words_make(words *w, const drawing *d);

// Cuts the next line, of at most `columns` characters (at least 1), from a text: returns its length
// and moves `*text` behind it and the blanks that follow. It ends where a word does, unless a
// single word is longer. 0 at the end of the text.
int words_next_line(const char **text, int columns);

#endif
