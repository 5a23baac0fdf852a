// SPDX-License-Identifier: Apache-2.0
//
// Real numbers as text, with a point before the decimals whatever the program's locale has there.
#ifndef FAL_PROBLEM_REAL_H
#define FAL_PROBLEM_REAL_H

#include <stdbool.h>
#include <stddef.h>

enum { FAL_REAL_SIZE = 64 }; // bytes of the longest text that is read or written, and a zero

// Reads a decimal number or an infinity that fills all `length` bytes of the text.
bool fal_read_real(const char *text, size_t length, double *number);

// Writes the shortest of the texts that are read as this number, which is not NaN.
void fal_write_real(double number, char text[FAL_REAL_SIZE]);

#endif
