// SPDX-License-Identifier: Apache-2.0
//
// What the convolutions of one command line have in common, at once and part by part.
#ifndef CLI_COMMANDS_CONVOLVE_H
#define CLI_COMMANDS_CONVOLVE_H

#include "files/array.h"
#include "options.h"

// The operands: input, weight and perhaps bias; the residual, if there is one, is last.
enum { INPUT, WEIGHT, BIAS, RESIDUAL, OPERANDS };

bool is_of_weight(const faltung_conv *conv);

// Refuses a shape that was given for a gradient and is not the one that follows from its operands.
int check_result_shape(session *s, const options *o, const faltung_conv *conv, int rank,
                       const int64_t *shape);

// Whether the output is to be computed part by part.
bool is_in_parts(const session *s, const options *o);

// Reads what is in memory then: of the input, and of grad_output, the header only. *count operands
// are to be freed.
int read_for_parts(session *s, const options *o, const faltung_conv *conv, array *operand,
                   int *count);

// Computes the output, or one part of it.
int compute_parts(session *s, const options *o, const faltung_conv *conv, const array *operand);

#endif
