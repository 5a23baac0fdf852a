// SPDX-License-Identifier: Apache-2.0
//
// From what the caller described to what is known to be right.
#ifndef FAL_PROBLEM_VALIDATE_H
#define FAL_PROBLEM_VALIDATE_H

#include "base/activation.h"

// A convolution all of whose arguments fit together. Nothing after validation checks them again.
typedef struct fal_valid {
    faltung_dtype dtype, weight_dtype, output_dtype;
    int input_zero_point, weight_zero_point;
    bool conjugates; // whether the operand that a gradient depends on is conjugated
    faltung_accuracy accuracy;
    bool transposed;
    bool of_weight; // whether the weight's gradient is wanted; everything else is said of the
                    // convolution that it is a gradient of. An input's gradient is a convolution
    bool batched;   // whether the input has a batch axis; without one, batch is 1
    int axes;
    int64_t batch, groups, input_channels, output_channels; // channels of all groups
    faltung_axis axis[FALTUNG_MAX_AXES];                    // padding and output_padding resolved
    int64_t output[FALTUNG_MAX_AXES];
    faltung_padding_mode padding_mode;
    fal_activation activation;
} fal_valid;

// Checks everything that needs no data, in the order that docs/semantics.md gives; bias may be
// NULL. Errors: every status from NULL to OVERFLOW, with a message.
faltung_status fal_validate(const faltung_conv *conv, const faltung_tensor *input,
                            const faltung_tensor *weight, const faltung_tensor *bias,
                            fal_valid *valid, faltung_message *message);

// Checks the number of axes. Errors: OPTION.
faltung_status fal_validate_axes(const faltung_conv *conv, faltung_message *message);

// Checks the activation and its numbers, none of which may be NaN. Errors: OPTION.
faltung_status fal_validate_activation(const faltung_conv *conv, faltung_message *message);

// Checks what is no tensor and no geometry: rule, accuracy, threads, allocator. Errors: OPTION,
// NULL.
faltung_status fal_validate_options(const faltung_conv *conv, faltung_message *message);

// The same for what is no gradient, with its operation and allocator known to be right.
faltung_status fal_validate_forward(const faltung_conv *conv, const faltung_tensor *input,
                                    const faltung_tensor *weight, const faltung_tensor *bias,
                                    fal_valid *valid, faltung_message *message);

// The shape of the convolution's input and output, as batched as the caller's; return the rank.
int fal_input_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2]);
int fal_forward_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2]);

// The shape of what is computed: the convolution's output, or its weight. Returns its rank.
int fal_output_shape(const fal_valid *valid, int64_t shape[FALTUNG_MAX_AXES + 2]);

// Checks tensors against what was validated: an input of the same shape, and an output of the right
// one that overlaps neither itself nor an operand (NULL: there is none). Their data must be there.
// Errors: NULL, DTYPE, RANK, SHAPE, OVERFLOW, OVERLAP.
faltung_status fal_validate_run(const fal_valid *valid, const faltung_tensor *input,
                                const faltung_tensor *output, faltung_message *message);

// The same for parts of them, which have these shapes.
faltung_status fal_validate_slab(const fal_valid *valid, const faltung_tensor *input,
                                 const int64_t *input_shape, const faltung_tensor *output,
                                 const int64_t *output_shape, faltung_message *message);

// The same as fal_validate_run for a weight gradient: its three tensors.
faltung_status fal_validate_weight_run(const fal_valid *valid, const faltung_tensor *input,
                                       const faltung_tensor *grad_output,
                                       const faltung_tensor *grad_weight, faltung_message *message);

// Checks a residual (NULL: there is none) against a validated output: the same shape and strides,
// and the same memory or none of it. Errors: NULL, OPTION, DTYPE, RANK, SHAPE, OVERFLOW, OVERLAP.
faltung_status fal_validate_residual(const fal_valid *valid, const faltung_tensor *residual,
                                     const faltung_tensor *output, faltung_message *message);

// Checks that a part lies within the output. Errors: SHAPE.
faltung_status fal_validate_part(const fal_valid *valid, const faltung_part *part,
                                 faltung_message *message);

// Errors: OVERLAP.
faltung_status fal_validate_apart(const faltung_tensor *output, const faltung_tensor *weight,
                                  const faltung_tensor *bias, faltung_message *message);

// Checks the operands of a bias' gradient, data and all. Errors: NULL, OPTION, DTYPE, RANK, SHAPE,
// EMPTY, OVERFLOW, OVERLAP.
faltung_status fal_validate_bias_gradient(const faltung_conv *conv,
                                          const faltung_tensor *grad_output,
                                          const faltung_tensor *grad_bias,
                                          faltung_message *message);

#endif
