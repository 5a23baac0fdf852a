// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE // for madvise
#include "base/memory.h"

#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

// Large blocks had better be of few large pages: the system takes its time to give every page, and
// weights that are read once a run are found sooner. It may decline.
static void *allocate_large(size_t size)
{
    const size_t page = (size_t)2 << 20;
    void *memory = aligned_alloc(page, (size + page - 1) / page * page);
#if defined(MADV_HUGEPAGE)
    if (memory)
        (void)madvise(memory, (size + page - 1) / page * page, MADV_HUGEPAGE);
#endif
    return memory;
}

void *fal_allocate(const faltung_allocator *allocator, size_t size)
{
    const size_t large = (size_t)8 << 20;
    if (size > PTRDIFF_MAX / 2)
        return NULL;
    // aligned_alloc wants a multiple of the alignment, and 0 bytes would be its own business.
    size_t rounded = (size + FAL_ALIGNMENT) / FAL_ALIGNMENT * FAL_ALIGNMENT;
    if (allocator)
        return allocator->allocate(allocator->context, rounded, FAL_ALIGNMENT);
    return size >= large ? allocate_large(rounded) : aligned_alloc(FAL_ALIGNMENT, rounded);
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
