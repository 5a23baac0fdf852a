// SPDX-License-Identifier: Apache-2.0
//
// Memory for results. Where it is large, a page that is first written to costs more than the
// numbers on it take to compute, so some blocks are kept for the next result when they are freed,
// and the pages of new ones are to be large, as those of NumPy's arrays are. All is guarded by the
// interpreter's lock.
#include "module.h"

#include <stdlib.h>
#include <sys/mman.h>

// Bytes of a block that is worth keeping: what the C library's malloc asks the system for by
// itself, until such a block is freed for the first time; bytes of all that are kept at most; and
// bytes that large pages are worth.
enum { LEAST = 128 << 10, MOST = 128 << 20, LARGE = 4 << 20, BLOCKS = 32 };

static struct {
    void *data[BLOCKS]; // the oldest first
    size_t bytes[BLOCKS];
    int count;
    size_t total;
} kept;

static void *take(int i)
{
    void *data = kept.data[i];
    kept.total -= kept.bytes[i];
    kept.count--;
    for (; i < kept.count; i++) {
        kept.data[i] = kept.data[i + 1];
        kept.bytes[i] = kept.bytes[i + 1];
    }
    return data;
}

// The newest one that is large enough, and not twice as large.
static void *take_kept(size_t bytes, size_t *capacity)
{
    for (int i = kept.count - 1; i >= 0; i--)
        if (kept.bytes[i] >= bytes && kept.bytes[i] / 2 < bytes) {
            *capacity = kept.bytes[i];
            return take(i);
        }
    return NULL;
}

// It is not aligned to large pages: the C library would ask the system for such a block every time.
void *memory_new(size_t bytes, size_t *capacity)
{
    enum { LINE = 64, PAGE = 4096 };
    void *data = bytes >= LEAST ? take_kept(bytes, capacity) : NULL;
    if (data)
        return data;
    *capacity = (bytes + LINE) / LINE * LINE;
    data = aligned_alloc(LINE, *capacity);
#ifdef MADV_HUGEPAGE
    const size_t before = data ? -(uintptr_t)data % PAGE : 0; // the first whole page
    if (data && bytes >= LARGE)
        madvise((char *)data + before, bytes - before, MADV_HUGEPAGE); // which may be ignored
#endif
    return data;
}

void memory_free(void *data, size_t capacity)
{
    if (!data || capacity < LEAST || capacity > MOST) {
        free(data);
        return;
    }
    while (kept.count == BLOCKS || kept.total + capacity > MOST)
        free(take(0));
    kept.data[kept.count] = data;
    kept.bytes[kept.count++] = capacity;
    kept.total += capacity;
}
