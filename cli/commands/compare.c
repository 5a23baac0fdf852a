// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/array.h"
#include "files/shape.h"
#include "geometry.h"
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// An array of contiguous complex numbers: every type converts exactly.
static int read_numbers(session *s, const char *path, array *numbers)
{
    array a;
    int status = array_read(s, &a, path);
    if (status)
        return status;
    status = array_copy(s, numbers, &a.tensor, FALTUNG_C128);
    array_free(&a);
    return status;
}

typedef struct number {
    double re, im;
} number;

typedef struct report {
    int64_t count, beyond; // elements in all, and beyond the tolerance
    double largest;        // absolute difference; infinity or NaN where one operand is not finite
    int64_t at;            // index of the largest, in row-major order; -1: no difference
    double relative;       // largest |A - B| / |B| over finite values with B != 0
} report;

static bool is_worse(double difference, double largest)
{
    return isnan(difference) ? !isnan(largest) : difference > largest;
}

static bool is_nan(number x)
{
    return isnan(x.re) || isnan(x.im);
}

static double magnitude(number x)
{
    return x.im == 0 ? fabs(x.re) : hypot(x.re, x.im);
}

static bool are_same(number a, number b, const options *o)
{
    return (a.re == b.re && a.im == b.im) || (o->equal_nan && is_nan(a) && is_nan(b));
}

static report measure(const number *a, const number *b, int64_t count, const options *o)
{
    report r = {.count = count, .at = -1};
    for (int64_t i = 0; i < count; i++) {
        bool same = are_same(a[i], b[i], o);
        double size = magnitude(b[i]);
        double difference = same ? 0 : magnitude((number){a[i].re - b[i].re, a[i].im - b[i].im});
        if (is_worse(difference, r.largest)) {
            r.largest = difference;
            r.at = i;
        }
        if (isfinite(difference) && size != 0)
            r.relative = fmax(r.relative, difference / size);
        // Written so that a NaN is beyond any tolerance, and a finite value beyond one around an
        // infinite one.
        if (!same && !(isfinite(size) && difference <= o->atol + o->rtol * size))
            r.beyond++;
    }
    return r;
}

static void print_number(FILE *file, number x)
{
    fprintf(file, "%.9g", x.re);
    if (x.im != 0)
        fprintf(file, "%+.9gj", x.im);
}

static void print_index(FILE *file, const faltung_tensor *tensor, int64_t at)
{
    int64_t index[FALTUNG_MAX_RANK];
    for (int i = tensor->rank - 1; i >= 0; i--) {
        index[i] = at % tensor->shape[i];
        at /= tensor->shape[i];
    }
    for (int i = 0; i < tensor->rank; i++)
        fprintf(file, "%s%" PRId64, i ? ", " : "", index[i]);
}

static void print_report(session *s, const report *r, const array *a, const array *b)
{
    if (r->at < 0) {
        fprintf(s->out, "equal: all %" PRId64 " elements\n", r->count);
        return;
    }
    const number *x = a->tensor.data, *y = b->tensor.data;
    fprintf(s->out, "%s: %" PRId64 " of %" PRId64 " elements are beyond the tolerance\n",
            r->beyond ? "different" : "equal within the tolerance", r->beyond, r->count);
    fprintf(s->out, "largest difference %.9g at [", r->largest);
    print_index(s->out, &a->tensor, r->at);
    fprintf(s->out, "]: ");
    print_number(s->out, x[r->at]);
    fprintf(s->out, " and ");
    print_number(s->out, y[r->at]);
    fprintf(s->out, "; largest relative difference %.9g\n", r->relative);
}

static void print_json(session *s, const report *r, const faltung_tensor *tensor)
{
    json j = json_begin(s->out);
    json_boolean(&j, "equal", r->beyond == 0);
    json_integers(&j, "shape", tensor->rank, tensor->shape);
    json_integer(&j, "elements", r->count);
    json_integer(&j, "beyond", r->beyond);
    json_number(&j, "largest_difference", r->largest);
    json_number(&j, "largest_relative_difference", r->relative);
    json_end(&j);
}

static int compare(session *s, const options *o, const array *a, const array *b)
{
    const faltung_tensor *x = &a->tensor, *y = &b->tensor;
    int64_t count;
    faltung_tensor_count(x, &count, NULL);
    if (x->rank != y->rank || memcmp(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape) != 0) {
        shape_text first, second;
        return refuse(s, EXIT_REFUSED, "the shapes differ: %s of '%s' and %s of '%s'",
                      shape_write(&first, x->rank, x->shape), o->operand[0],
                      shape_write(&second, y->rank, y->shape), o->operand[1]);
    }
    report r = measure(x->data, y->data, count, o);
    if (o->json)
        print_json(s, &r, x);
    else
        print_report(s, &r, a, b);
    return r.beyond ? EXIT_REFUSED : EXIT_DONE;
}

int run_compare(session *s, const command *c, const options *o)
{
    (void)c;
    array a, b;
    if (strcmp(o->operand[0], "-") == 0 && strcmp(o->operand[1], "-") == 0)
        return refuse(s, EXIT_USAGE, "standard input (-) can be one operand only");
    int status = read_numbers(s, o->operand[0], &a);
    if (status)
        return status;
    status = read_numbers(s, o->operand[1], &b);
    if (!status) {
        status = compare(s, o, &a, &b);
        array_free(&b);
    }
    array_free(&a);
    return status;
}
