// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_BASE_MEMORY_H
#define FAL_BASE_MEMORY_H

#include <faltung.h>

// What every block is aligned to: a cache line, and the widest vector there is.
#define FAL_ALIGNMENT 64

// As many bytes, or a few more: a multiple of FAL_ALIGNMENT.
static inline size_t fal_align(size_t bytes)
{
    return (bytes + FAL_ALIGNMENT - 1) / FAL_ALIGNMENT * FAL_ALIGNMENT;
}

// `size` bytes from `allocator`, or from the C library if it is NULL; NULL if there are none. A
// size of 0 gives a block of its own, too.
void *fal_allocate(const faltung_allocator *allocator, size_t size);

// Gives back what fal_allocate gave, to the same allocator. NULL is allowed.
void fal_release(const faltung_allocator *allocator, void *memory);

#endif
