// SPDX-License-Identifier: Apache-2.0
//
// Formulas for the page.
#ifndef CLI_TOUR_FORMULA_H
#define CLI_TOUR_FORMULA_H

#include <stdbool.h>
#include <stdio.h>

// Writes a formula as MathML. The formula is what one would type: + - * / = < <= >=, brackets,
// numbers, names (p_min has an index), floor(...) and ceil(...), mod, and sum_(...) for a sum over
// what is in the brackets. With `display` it stands on a line of its own, with fractions; else it
// is part of a paragraph.
void formula_write(FILE *file, const char *text, size_t length, bool display);

#endif
