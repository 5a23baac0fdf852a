// SPDX-License-Identifier: Apache-2.0
//
// To be loaded before the C library, glibc: of the allocations that a program asks for from main
// on, the one whose number is in FAIL_AT finds no memory. Where FAIL_AT is 0, all find some, and
// how many there were is written into the file of which COUNT_FILE is the name.
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool counts;
static atomic_long asked;
static long fail_at;

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("FAIL_AT");
    fail_at = number ? atol(number) : -1;
    atomic_store(&counts, fail_at >= 0);
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("COUNT_FILE");
    atomic_store(&counts, false);
    FILE *file = fail_at == 0 && name ? fopen(name, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld\n", atomic_load(&asked));
    fclose(file);
}

static bool fails(void)
{
    if (!atomic_load(&counts) || atomic_fetch_add(&asked, 1) + 1 != fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = fails() ? NULL : __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
