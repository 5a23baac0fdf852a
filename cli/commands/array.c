// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/array.h"
#include "files/shape.h"
#include "geometry.h"
#include "values.h"

#include <inttypes.h>
#include <string.h>

// "1,0,-1;2,0,-2": numbers joined by commas, rows by semicolons.
typedef struct table {
    int64_t rows, columns;
} table;

static int refuse_table(session *s, const char *text, const char *why)
{
    return refuse(s, EXIT_USAGE, "values '%s': %s", text, why);
}

// Counts rows and columns, which must be equal in all rows, and checks each number.
static int measure(session *s, const char *text, table *t)
{
    int64_t column = 0;
    *t = (table){0, 0};
    for (const char *c = text;; c++) {
        size_t length = strcspn(c, ",;");
        double number;
        if (!parse_double(c, c + length, &number))
            return refuse_table(s, text,
                                "each must be a finite decimal number, joined by commas "
                                "and, between rows, semicolons");
        c += length;
        column++;
        if (*c == ',')
            continue;
        if (t->rows++ == 0)
            t->columns = column;
        if (column != t->columns)
            return refuse_table(s, text, "all rows must have the same number of values");
        column = 0;
        if (!*c)
            return EXIT_DONE;
    }
}

static void fill(const char *text, double *values)
{
    for (const char *c = text;; c++) {
        size_t length = strcspn(c, ",;");
        parse_double(c, c + length, values++);
        c += length;
        if (!*c)
            return;
    }
}

// The shape given, or one axis for a single row, else two.
static int find_shape(session *s, const options *o, const table *t, array_shape *shape)
{
    *shape =
        t->rows == 1 ? (array_shape){1, {t->columns}} : (array_shape){2, {t->rows, t->columns}};
    if (!was_given(o, OPTION_SHAPE))
        return EXIT_DONE;
    *shape = o->shape;
    const faltung_tensor given = {NULL, FALTUNG_F64, shape->rank, shape->size, NULL};
    int64_t count;
    shape_text text;
    if (faltung_tensor_count(&given, &count, NULL) || count != t->rows * t->columns)
        return refuse(s, EXIT_REFUSED, "--shape %s does not hold the %" PRId64 " values given",
                      shape_write(&text, shape->rank, shape->size), t->rows * t->columns);
    return EXIT_DONE;
}

// An integer type takes whole numbers of its range only.
static int check_integers(session *s, const options *o, const array *numbers,
                          const array *converted)
{
    array back;
    int64_t count;
    int status = array_copy(s, &back, &converted->tensor, FALTUNG_F64);
    if (status)
        return status;
    const double *given = numbers->tensor.data, *kept = back.tensor.data;
    faltung_tensor_count(&back.tensor, &count, NULL);
    for (int64_t i = 0; !status && i < count; i++)
        if (given[i] != kept[i])
            status = refuse(s, EXIT_REFUSED, "--dtype %s: it does not have the number %.9g",
                            faltung_dtype_name(o->dtype), given[i]);
    array_free(&back);
    return status;
}

static int convert(session *s, const options *o, const array *numbers)
{
    array converted;
    int status = array_copy(s, &converted, &numbers->tensor, o->dtype);
    if (status)
        return status;
    if (is_integer(o->dtype))
        status = check_integers(s, o, numbers, &converted);
    if (!status)
        status = array_write(s, &converted.tensor, o->output[0], o->force);
    array_free(&converted);
    return status;
}

int run_array(session *s, const command *c, const options *o)
{
    (void)c;
    const char *text = o->operand[0];
    table t;
    array_shape shape;
    array numbers;
    int status;
    if (o->outputs == 0)
        return refuse(s, EXIT_USAGE,
                      "-o is needed: the file for the array, or - for standard output");
    if ((status = measure(s, text, &t)) || (status = find_shape(s, o, &t, &shape)) ||
        (status = array_make(s, &numbers, FALTUNG_F64, shape.rank, shape.size)))
        return status;
    fill(text, numbers.tensor.data);
    status = convert(s, o, &numbers);
    array_free(&numbers);
    return status;
}
