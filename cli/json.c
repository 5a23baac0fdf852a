// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void put_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf(file, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(file, "\\u%04x", *c);
        else
            fputc(*c, file);
    fputc('"', file);
}

json json_begin(FILE *file)
{
    fputc('{', file);
    return (json){file, true};
}

void json_end(json *j)
{
    fputs("}\n", j->file);
}

static void put_name(json *j, const char *name)
{
    if (!j->first)
        fputs(", ", j->file);
    j->first = false;
    put_text(j->file, name);
    fputs(": ", j->file);
}

void json_text(json *j, const char *name, const char *text)
{
    put_name(j, name);
    put_text(j->file, text);
}

void json_integer(json *j, const char *name, int64_t value)
{
    put_name(j, name);
    fprintf(j->file, "%" PRId64, value);
}

void json_integers(json *j, const char *name, int count, const int64_t *values)
{
    put_name(j, name);
    for (int i = 0; i < count; i++)
        fprintf(j->file, "%s%" PRId64, i ? ", " : "[", values[i]);
    fputs(count ? "]" : "[]", j->file);
}

void json_boolean(json *j, const char *name, bool value)
{
    put_name(j, name);
    fputs(value ? "true" : "false", j->file);
}

void json_texts(json *j, const char *name, int count, const char *const *texts)
{
    put_name(j, name);
    fputc('[', j->file);
    for (int i = 0; i < count; i++) {
        fputs(i ? ", " : "", j->file);
        put_text(j->file, texts[i]);
    }
    fputc(']', j->file);
}

static void put_number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, "%.17g", value);
    else
        put_text(file, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void json_number(json *j, const char *name, double value)
{
    put_name(j, name);
    put_number(j->file, value);
}

void json_numbers(json *j, const char *name, int64_t count, const double *values)
{
    put_name(j, name);
    fputc('[', j->file);
    for (int64_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", j->file);
        put_number(j->file, values[i]);
    }
    fputc(']', j->file);
}

void json_pairs(json *j, const char *name, int64_t count, const double *values)
{
    put_name(j, name);
    fputc('[', j->file);
    for (int64_t i = 0; i < count; i++) {
        fputs(i ? ", [" : "[", j->file);
        put_number(j->file, values[2 * i]);
        fputs(", ", j->file);
        put_number(j->file, values[2 * i + 1]);
        fputc(']', j->file);
    }
    fputc(']', j->file);
}

void json_paddings(json *j, const char *name, int count, const faltung_padding *values)
{
    put_name(j, name);
    for (int i = 0; i < count; i++)
        fprintf(j->file, "%s[%" PRId64 ", %" PRId64 "]", i ? ", " : "[", values[i].begin,
                values[i].end);
    fputs(count ? "]" : "[]", j->file);
}
