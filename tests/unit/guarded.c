// SPDX-License-Identifier: Apache-2.0
#include "guarded.h"

#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void arena_make(arena *a, size_t bytes)
{
    size_t page = page_size();
    size_t size = (bytes + page - 1) / page * page;
    int zeros = open("/dev/zero", O_RDWR);
    assert_true(zeros >= 0);
    char *all = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE, zeros, 0);
    close(zeros);
    assert_true(all != MAP_FAILED);
    assert_int_equal(mprotect(all + page, size, PROT_READ | PROT_WRITE), 0);
    *a = (arena){all + page, size};
}

void arena_free(arena *a)
{
    size_t page = page_size();
    assert_int_equal(munmap(a->memory - page, a->size + 2 * page), 0);
    *a = (arena){0};
}

void *arena_place(const arena *a, size_t bytes, size_t alignment, edge at)
{
    assert_true(bytes <= a->size);
    return at == AT_BEGIN ? a->memory : a->memory + (a->size - bytes) / alignment * alignment;
}

static char noted[512];
static const int crashes[] = {SIGSEGV, SIGBUS};
static struct sigaction handled[COUNT_OF(crashes)]; // before blame_begin

// What crashed does so again when this returns, before who handled that so far.
static void say_noted(int number)
{
    ssize_t written = write(STDERR_FILENO, noted, strlen(noted));
    written += write(STDERR_FILENO, "\n", 1);
    (void)written;
    for (size_t i = 0; i < COUNT_OF(crashes); i++)
        if (crashes[i] == number)
            sigaction(number, &handled[i], NULL);
}

void blame_begin(void)
{
    struct sigaction action = {.sa_handler = say_noted};
    for (size_t i = 0; i < COUNT_OF(crashes); i++)
        assert_int_equal(sigaction(crashes[i], &action, &handled[i]), 0);
}

void blame_end(void)
{
    for (size_t i = 0; i < COUNT_OF(crashes); i++)
        assert_int_equal(sigaction(crashes[i], &handled[i], NULL), 0);
}

void blame(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(noted, sizeof noted, format, arguments);
    va_end(arguments);
}

const char *blamed(void)
{
    return noted;
}
