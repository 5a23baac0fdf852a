// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/array.h"
#include "files/output.h"
#include "geometry.h"
#include "values.h"

#include <string.h>

static int read_shapes(session *s, const options *o, array_shape *shapes)
{
    for (int i = 0; i < o->operands; i++) {
        const char *allowed = read_shape(o->operand[i], &shapes[i]);
        if (allowed)
            return refuse(s, EXIT_USAGE, "shape '%s': allowed is %s", o->operand[i], allowed);
    }
    return EXIT_DONE;
}

// Each output once: two shapes in one file would lose the first.
static int check_outputs(session *s, const array_shape *shapes, const options *o)
{
    int status = EXIT_DONE;
    for (int i = 0; !status && i < o->outputs; i++) {
        for (int k = 0; k < i; k++)
            if (strcmp(o->output[i], o->output[k]) == 0)
                return refuse(s, EXIT_USAGE, "-o %s is given twice", o->output[i]);
        status = array_check(s, o->output[i], shapes[i].rank, shapes[i].size);
        if (!status)
            status = output_check(s, o->output[i], o->force);
    }
    return status;
}

// Draws an array and writes it to an output that it opens; nothing is open after a failure.
static int write_numbers(session *s, faltung_generator *generator, const array_shape *shape,
                         output_file *output, const char *path, const options *o)
{
    faltung_message message;
    array a;
    int status = array_make(s, &a, o->dtype, shape->rank, shape->size);
    if (status)
        return status;
    if (faltung_randn(generator, &a.tensor, &message))
        status = refuse_message(s, &message);
    if (!status)
        status = output_open(s, output, path, o->force, true);
    if (!status && (status = array_write_to(s, &a.tensor, output)))
        output_abandon(output);
    array_free(&a);
    return status;
}

// All outputs are written before the first of them appears.
static int write_all(session *s, const array_shape *shapes, const options *o)
{
    output_file output[MAX_OPERANDS];
    faltung_generator generator;
    int status = EXIT_DONE, written = 0;
    faltung_manual_seed(&generator, o->seed, NULL);
    for (; !status && written < o->operands; written += !status)
        status =
            write_numbers(s, &generator, &shapes[written], &output[written], o->output[written], o);
    for (int i = 0; i < written; i++) {
        if (status)
            output_abandon(&output[i]);
        else
            status = output_commit(s, &output[i]);
    }
    return status;
}

int run_randn(session *s, const command *c, const options *o)
{
    (void)c;
    array_shape shapes[MAX_OPERANDS];
    if (o->outputs != o->operands)
        return refuse(s, EXIT_USAGE, "-o is needed once for each shape: shapes are %d, -o are %d",
                      o->operands, o->outputs);
    if (o->dtype != FALTUNG_F32 && o->dtype != FALTUNG_F64)
        return refuse(s, EXIT_REFUSED, "--dtype %s: random numbers are f32 or f64",
                      faltung_dtype_name(o->dtype));
    int status = read_shapes(s, o, shapes);
    if (!status)
        status = check_outputs(s, shapes, o);
    return status ? status : write_all(s, shapes, o);
}
