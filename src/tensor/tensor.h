// SPDX-License-Identifier: Apache-2.0
//
// Checking tensors before anything is read through them.
#ifndef FAL_TENSOR_TENSOR_H
#define FAL_TENSOR_TENSOR_H

#include <faltung.h>

// faltung_tensor_count with a name for the messages. On success the tensor's shape, its count and
// every offset between two of its elements, in bytes, are known to fit.
faltung_status fal_tensor_check(const faltung_tensor *tensor, const char *name, int64_t *count,
                                faltung_message *message);

// Fails with FALTUNG_ERROR_NULL if the (checked) tensor has elements but no data.
faltung_status fal_tensor_check_data(const faltung_tensor *tensor, const char *name,
                                     faltung_message *message);

// The strides of a checked tensor, written out: one per axis, contiguous ones included.
void fal_tensor_strides(const faltung_tensor *tensor, int64_t *strides);

// Fails with FALTUNG_ERROR_OVERLAP unless the (checked) output can be written without disturbing
// the (checked) operand, or, for fal_tensor_check_self, itself. Both tests err on the side of
// refusing: an operand is taken to fill the whole range of memory between its first and its last
// element, and the axes of an output must nest.
faltung_status fal_tensor_check_apart(const faltung_tensor *output, const char *output_name,
                                      const faltung_tensor *operand, const char *name,
                                      faltung_message *message);
faltung_status fal_tensor_check_self(const faltung_tensor *output, const char *name,
                                     faltung_message *message);

// Steps `index` to the next one of `shape` in row-major order, and `offset` by `strides` with it;
// returns false after the last. A rank of 0 has one index.
bool fal_tensor_next(int rank, const int64_t *shape, const int64_t *strides, int64_t *index,
                     int64_t *offset);

#endif
