// SPDX-License-Identifier: Apache-2.0
//
// The values of options as they are written. Each reader fills the field it is given and returns
// NULL, or returns what is allowed, in words that follow "allowed is".
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <faltung.h>
#include <stdbool.h>
#include <stdint.h>

const char *read_flag(const char *text, void *field);          // bool; there is no text
const char *read_axis_values(const char *text, void *field);   // axis_values
const char *read_axis_sizes(const char *text, void *field);    // axis_sizes
const char *read_axis_paddings(const char *text, void *field); // axis_paddings
const char *read_padding_mode(const char *text, void *field);  // faltung_padding_mode
const char *read_rule(const char *text, void *field);          // faltung_padding_rule
const char *read_number(const char *text, void *field);        // int64_t
const char *read_threads(const char *text, void *field);       // int64_t, 1 to INT_MAX
const char *read_bytes(const char *text, void *field);
const char *read_memory(const char *text, void *field);     // with K, M, G or T, of 1024
const char *read_shard(const char *text, void *field);      // int64_t, 1 or more
const char *read_seed(const char *text, void *field);       // uint64_t
const char *read_zero_point(const char *text, void *field); // int
const char *read_accuracy(const char *text, void *field);   // faltung_accuracy
const char *read_activation(const char *text, void *field); // activation
const char *read_dtype(const char *text, void *field);      // faltung_dtype
const char *read_shape(const char *text, void *field);      // array_shape
const char *read_tolerance(const char *text, void *field);  // double, finite and not negative
const char *read_seconds(const char *text, void *field);    // double, finite and over 0
const char *read_path(const char *text, void *field);       // const char *, as it is

// "exact", "balanced" or "fast".
const char *accuracy_name(faltung_accuracy accuracy);

// A decimal number with nothing before or behind it: no blanks, no '+', no hexadecimal.
bool parse_int64(const char *text, const char *end, int64_t *number);

// A finite decimal fraction such as -1.5 or 2e-3, up to `end`; the text behind it must not go on
// with a digit.
bool parse_double(const char *text, const char *end, double *number);

#endif
