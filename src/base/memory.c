// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <stdlib.h>

void *fal_allocate(const faltung_allocator *allocator, size_t size)
{
    if (size > PTRDIFF_MAX - FAL_ALIGNMENT)
        return NULL;
    // aligned_alloc wants a multiple of the alignment, and 0 bytes would be its own business.
    size_t rounded = (size + FAL_ALIGNMENT) / FAL_ALIGNMENT * FAL_ALIGNMENT;
    if (allocator)
        return allocator->allocate(allocator->context, rounded, FAL_ALIGNMENT);
    return aligned_alloc(FAL_ALIGNMENT, rounded);
}

void fal_release(const faltung_allocator *allocator, void *memory)
{
    if (!memory)
        return;
    if (allocator)
        allocator->release(allocator->context, memory);
    else
        free(memory);
}
