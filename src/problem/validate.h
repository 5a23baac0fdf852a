// SPDX-License-Identifier: Apache-2.0
//
// From what the caller described to what is known to be right.
#ifndef FAL_PROBLEM_VALIDATE_H
#define FAL_PROBLEM_VALIDATE_H

#include <faltung.h>

// A convolution all of whose arguments fit together. Nothing after validation checks them again.
typedef struct fal_valid {
    faltung_dtype dtype;
    bool transposed;
    bool batched; // whether the input has a batch axis; without one, batch is 1
    int axes;
    int64_t batch, groups, input_channels, output_channels; // channels of all groups
    faltung_axis axis[FALTUNG_MAX_AXES];                    // padding and output_padding resolved
    int64_t output[FALTUNG_MAX_AXES];
} fal_valid;

// Checks everything that needs no data, in the order that docs/semantics.md gives; bias may be
// NULL. Errors: every status from NULL to OVERFLOW, with a message.
faltung_status fal_validate(const faltung_conv *conv, const faltung_tensor *input,
                            const faltung_tensor *weight, const faltung_tensor *bias,
                            fal_valid *valid, faltung_message *message);

// The output's shape; returns its rank.
int fal_output_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2]);

// Checks tensors against what was validated: an input of the same shape, and an output of the right
// one that overlaps neither itself nor an operand (NULL: there is none). Their data must be there.
// Errors: NULL, DTYPE, RANK, SHAPE, OVERFLOW, OVERLAP.
faltung_status fal_validate_run(const fal_valid *valid, const faltung_tensor *input,
                                const faltung_tensor *output, faltung_message *message);

// Checks that a part lies within the output. Errors: SHAPE.
faltung_status fal_validate_part(const fal_valid *valid, const faltung_part *part,
                                 faltung_message *message);

// Errors: OVERLAP.
faltung_status fal_validate_apart(const faltung_tensor *output, const faltung_tensor *weight,
                                  const faltung_tensor *bias, faltung_message *message);

#endif
