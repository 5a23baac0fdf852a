// SPDX-License-Identifier: Apache-2.0
//
// JSON, as much of it as figures need: one object per line, members in the order written.
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <faltung.h>
#include <stdio.h>

typedef struct json {
    FILE *file;
    bool first; // whether no member has been written yet
} json;

json json_begin(FILE *file);
void json_end(json *j);

void json_text(json *j, const char *name, const char *text);
void json_integer(json *j, const char *name, int64_t value);
void json_integers(json *j, const char *name, int count, const int64_t *values);
void json_texts(json *j, const char *name, int count, const char *const *texts);
void json_boolean(json *j, const char *name, bool value);

// A number that is not finite becomes the text "nan", "inf" or "-inf": JSON has none.
void json_number(json *j, const char *name, double value);
void json_numbers(json *j, const char *name, int64_t count, const double *values);

// [[real, imaginary], ...] of complex numbers, whose parts `values` holds.
void json_pairs(json *j, const char *name, int64_t count, const double *values);

// [[begin, end], ...], one per axis.
void json_paddings(json *j, const char *name, int count, const faltung_padding *values);

#endif
