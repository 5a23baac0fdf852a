// SPDX-License-Identifier: Apache-2.0
#include "algorithms/workspace.h"

#include "base/memory.h"

size_t fal_divide_workspace(char *workspace, int count, const size_t *bytes, void **place)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        place[i] = workspace ? workspace + total : NULL;
        total += fal_align(bytes[i]);
    }
    return total;
}
