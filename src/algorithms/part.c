// SPDX-License-Identifier: Apache-2.0
#include "algorithms/algorithm.h"

bool fal_part_is_empty(const fal_part *part)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        if (part->begin[i] >= part->end[i])
            return true;
    return false;
}
