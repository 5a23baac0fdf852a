// SPDX-License-Identifier: Apache-2.0
//
// Elements of the weight and the bias one by one, as the numbers that kernels work on.
#ifndef FAL_ALGORITHMS_NUMBERS_H
#define FAL_ALGORITHMS_NUMBERS_H

#include "algorithms/algorithm.h"

#include "tensor/element.h"

// Two bytes as the halves of a number.
static inline int32_t fal_join_bytes(double first, double second)
{
    return (int32_t)((uint32_t)(int32_t)first & 0xffff) |
           (int32_t)((uint32_t)(int32_t)second << 16);
}

// A byte of the weight as a number, together with the second one if it is paired.
static inline int32_t fal_take_bytes(const fal_problem *p, const fal_view *weight, int64_t at,
                                     bool paired)
{
    double first = fal_load(p->weight_dtype, weight->data, at) - p->weight_zero, second = 0;
    if (paired)
        second = fal_load(p->weight_dtype, weight->data, at + weight->pair) - p->weight_zero;
    return fal_join_bytes(first, second);
}

// Elements of the weight, from `at` on, as numbers: a box without data or pairing of its own, whose
// distances may have any sign. Not for bytes.
void fal_take_weights(const fal_task *task, const fal_view *weight, int64_t at, const fal_box *box);

// How the elements of an input channel become numbers.
static inline fal_pairing fal_find_pairing(const fal_problem *p, const fal_view *input,
                                           int64_t channel)
{
    bool paired = fal_is_paired(p, channel);
    return (fal_pairing){paired, paired ? input->pair : 0, p->input_zero};
}

// Biases [first, first + count) to `to`; 0 where there are none, and +0 where they are -0, so that
// leaving out a product that is -0 cannot show.
void fal_pack_biases(const fal_task *task, const fal_operands *operands, int64_t first,
                     int64_t count, void *to);

#endif
