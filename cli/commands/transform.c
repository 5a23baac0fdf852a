// SPDX-License-Identifier: Apache-2.0
#include "commands/transform.h"

int need_output(session *s, const options *o)
{
    if (o->outputs)
        return EXIT_DONE;
    return refuse(s, EXIT_USAGE, "-o is needed: the file for the result, or - for standard output");
}

int make_result(session *s, const options *o, array *result, faltung_dtype dtype, int rank,
                const int64_t *shape)
{
    int status = array_check(s, o->output[0], rank, shape);
    return status ? status : array_make(s, result, dtype, rank, shape);
}

int run_transform(session *s, const command *c, const options *o, transform *make)
{
    array input, result;
    int status = need_output(s, o);
    if (!status)
        status = output_check(s, o->output[0], o->force);
    if (!status)
        status = array_read(s, &input, o->operand[0]);
    if (status)
        return status;
    status = make(s, c, o, &input.tensor, &result);
    if (!status) {
        status = array_write(s, &result.tensor, o->output[0], o->force);
        array_free(&result);
    }
    array_free(&input);
    return status;
}
