// SPDX-License-Identifier: Apache-2.0
//
// What tests ask of a text, and of SVG in particular.
#ifndef TESTS_PICTURES_MARKUP_H
#define TESTS_PICTURES_MARKUP_H

#include "scratch.h"

// Asserts that a text holds, or does not hold, some words.
void assert_contains(const char *text, const char *words);
void assert_lacks(const char *text, const char *words);

// How often some words stand in a text.
int count_words(const char *text, const char *words);

// Asserts that a text is one element of XML: every tag is closed in its place, every attribute is
// quoted and stands once, no character is left unescaped.
void assert_well_formed(const char *text);

// Asserts that no line of a text is longer than `columns` or ends in a blank, and that all is
// ASCII.
void assert_fits(const char *text, int columns);

#endif
