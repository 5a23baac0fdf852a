// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_FAR_H
#define FAL_ALGORITHMS_FAR_H

#include "algorithms/algorithm.h"

// Whether pictures are so large that they hardly stay in a cache from one run to the next: then
// what is read or written soon is worth bringing near, where no processor sees by itself what that
// is.
bool fal_are_far(const fal_task *task);

#endif
