// SPDX-License-Identifier: Apache-2.0
//
// What commands share that make one array of another.
#ifndef CLI_COMMANDS_TRANSFORM_H
#define CLI_COMMANDS_TRANSFORM_H

#include "commands.h"
#include "files/array.h"

// Makes the result of an operand; on failure there is nothing to free.
typedef int transform(session *s, const command *c, const options *o, const faltung_tensor *input,
                      array *result);

// Refuses if there is no -o.
int need_output(session *s, const options *o);

// Makes an array for what is to be written, and refuses before the work what cannot be.
int make_result(session *s, const options *o, array *result, faltung_dtype dtype, int rank,
                const int64_t *shape);

// From the file of the operand to that of the result.
int run_transform(session *s, const command *c, const options *o, transform *make);

#endif
