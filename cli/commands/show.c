// SPDX-License-Identifier: Apache-2.0
//
// An array's values as NumPy and PyTorch print them: nested brackets, the middle of long axes left
// out.
#include "commands/run.h"

#include "files/array.h"
#include "files/shape.h"
#include "geometry.h"
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Arrays over this many elements show only the first and last EDGE of each axis.
enum { ELIDE_OVER = 1000, EDGE = 3 };

typedef struct printer {
    FILE *file;
    const faltung_tensor *tensor;   // of doubles, or of pairs of them
    int parts;                      // of a number: 2 of a complex one
    bool is_integer;                // whether numbers are of a type of whole ones
    int64_t step[FALTUNG_MAX_RANK]; // contiguous strides
    bool elide;
    bool whole;       // whether all values shown are whole numbers
    double magnitude; // the largest that is shown
    int width;        // of every number
} printer;

// Whole numbers as "3.", others with four decimals, and with an exponent where these would not do:
// as PyTorch prints tensors. Those of types of whole numbers have no point. Returns the length.
static int print_part(char *text, size_t size, const printer *p, double value, bool sign)
{
    bool far = p->magnitude >= 1e6 || (p->magnitude < 1e-3 && p->magnitude != 0);
    if (p->is_integer)
        return snprintf(text, size, "%.0f", value);
    if (!isfinite(value))
        return snprintf(text, size, sign ? "%+f" : "%f", value);
    if (far)
        return snprintf(text, size, sign ? "%+.4e" : "%.4e", value);
    if (p->whole)
        return snprintf(text, size, sign ? "%+.0f." : "%.0f.", value);
    return snprintf(text, size, sign ? "%+.4f" : "%.4f", value);
}

// A complex number as "1.5000-2.0000j".
static void print_number(char *text, size_t size, const printer *p, const double *value)
{
    int length = print_part(text, size, p, value[0], false);
    if (p->parts == 1)
        return;
    length += print_part(text + length, size - (size_t)length, p, value[1], true);
    snprintf(text + length, size - (size_t)length, "j");
}

// Calls `visit` on the offset of each element that is shown, below `axis`.
static void visit(printer *p, int axis, int64_t offset, void (*each)(printer *, int64_t))
{
    const faltung_tensor *t = p->tensor;
    if (axis == t->rank) {
        each(p, offset);
        return;
    }
    int64_t size = t->shape[axis];
    for (int64_t i = 0; i < size; i++) {
        if (p->elide && size > 2 * EDGE && i == EDGE)
            i = size - EDGE;
        visit(p, axis + 1, offset + i * p->step[axis], each);
    }
}

static const double *value_at(const printer *p, int64_t offset)
{
    return (const double *)p->tensor->data + offset * p->parts;
}

static void weigh(printer *p, int64_t offset)
{
    for (int i = 0; i < p->parts; i++) {
        double value = value_at(p, offset)[i];
        if (!isfinite(value))
            continue;
        p->whole = p->whole && value == trunc(value);
        p->magnitude = fmax(p->magnitude, fabs(value));
    }
}

static void widen(printer *p, int64_t offset)
{
    char text[800];
    print_number(text, sizeof text, p, value_at(p, offset));
    int width = (int)strlen(text);
    if (width > p->width)
        p->width = width;
}

static void print_axis(printer *p, int axis, int64_t offset);

// What stands between two items of an axis: a blank in the last one, else new lines and the indent.
static void separate(printer *p, int axis)
{
    int depth = p->tensor->rank - axis - 1;
    if (depth == 0) {
        fputc(' ', p->file);
        return;
    }
    for (int i = 0; i < depth; i++)
        fputc('\n', p->file);
    for (int i = 0; i <= axis; i++)
        fputc(' ', p->file);
}

static void print_items(printer *p, int axis, int64_t offset)
{
    int64_t size = p->tensor->shape[axis];
    for (int64_t i = 0; i < size; i++) {
        if (i)
            separate(p, axis);
        if (p->elide && size > 2 * EDGE && i == EDGE) {
            fputs("...", p->file);
            separate(p, axis);
            i = size - EDGE;
        }
        print_axis(p, axis + 1, offset + i * p->step[axis]);
    }
}

static void print_axis(printer *p, int axis, int64_t offset)
{
    if (axis == p->tensor->rank) {
        char text[800];
        print_number(text, sizeof text, p, value_at(p, offset));
        fprintf(p->file, "%*s", p->width, text);
        return;
    }
    fputc('[', p->file);
    print_items(p, axis, offset);
    fputc(']', p->file);
}

static void print_values(session *s, faltung_dtype dtype, const faltung_tensor *doubles,
                         int64_t count)
{
    printer p = {.file = s->out,
                 .tensor = doubles,
                 .parts = is_complex(dtype) ? 2 : 1,
                 .is_integer = is_integer(dtype),
                 .elide = count > ELIDE_OVER,
                 .whole = true};
    int64_t step = 1;
    for (int i = doubles->rank - 1; i >= 0; i--) {
        p.step[i] = step;
        if (count)
            step *= doubles->shape[i];
    }
    if (count == 0) {
        fputs("[]\n", s->out);
        return;
    }
    visit(&p, 0, 0, weigh);
    visit(&p, 0, 0, widen);
    print_axis(&p, 0, 0);
    fputc('\n', s->out);
}

// Every value, in row-major order.
static void print_json(session *s, faltung_dtype dtype, const faltung_tensor *doubles,
                       int64_t count)
{
    const double *values = doubles->data;
    json j = json_begin(s->out);
    json_text(&j, "dtype", faltung_dtype_name(dtype));
    json_integers(&j, "shape", doubles->rank, doubles->shape);
    if (is_complex(dtype))
        json_pairs(&j, "values", count, values);
    else
        json_numbers(&j, "values", count, values);
    json_end(&j);
}

static void show(session *s, const faltung_tensor *tensor, const faltung_tensor *doubles,
                 const options *o)
{
    shape_text shape;
    int64_t count;
    faltung_tensor_count(doubles, &count, NULL);
    if (o->json) {
        print_json(s, tensor->dtype, doubles, count);
        return;
    }
    fprintf(s->out, "%s %s\n", faltung_dtype_name(tensor->dtype),
            shape_write(&shape, tensor->rank, tensor->shape));
    print_values(s, tensor->dtype, doubles, count);
}

int run_show(session *s, const command *c, const options *o)
{
    (void)c;
    array a, doubles;
    int status = array_read(s, &a, o->operand[0]);
    if (status)
        return status;
    status =
        array_copy(s, &doubles, &a.tensor, is_complex(a.tensor.dtype) ? FALTUNG_C128 : FALTUNG_F64);
    if (!status) {
        show(s, &a.tensor, &doubles.tensor, o);
        array_free(&doubles);
    }
    array_free(&a);
    return status;
}
