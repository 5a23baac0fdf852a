// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_BIAS_H
#define FAL_ALGORITHMS_BIAS_H

#include "algorithms/algorithm.h"

// Writes the biases of `count` output channels, counted over all groups from `first` on, one behind
// the other; zeros where there is no bias. A bias of -0 becomes +0: then no sum of zeros shows how
// many of them there were, and products with a border may be left out.
void fal_pack_biases(const fal_task *task, const fal_operands *operands, int64_t first,
                     int64_t count, void *to);

#endif
