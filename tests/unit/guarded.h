// SPDX-License-Identifier: Apache-2.0
//
// Memory that ends where an access beyond it crashes, and what a crash is to be blamed on.
#ifndef FALTUNG_TESTS_GUARDED_H
#define FALTUNG_TESTS_GUARDED_H

#include <stddef.h>

// Memory between two pages that may not be accessed. Pages that nobody touches cost nothing, so it
// may be as large as the largest thing that is ever placed in it.
typedef struct arena {
    char *memory;
    size_t size; // whole pages
} arena;

// Which of the two pages a thing stands against.
typedef enum edge {
    AT_BEGIN,
    AT_END,
} edge;

enum { EDGES = 2 };

// How many of them long tests try for each problem: with AddressSanitizer, which takes long, one
// that chance chooses.
#ifdef __SANITIZE_ADDRESS__
enum { TRY_EDGES = 1 };
#else
enum { TRY_EDGES = EDGES };
#endif

// Both fail the running test if they cannot do their work.
void arena_make(arena *a, size_t bytes);
void arena_free(arena *a);

// Where `bytes` lie that begin at the arena's first byte, or end at its last: there as near to it
// as the alignment, a power of two, allows. Whatever was placed before is lost.
void *arena_place(const arena *a, size_t bytes, size_t alignment, edge at);

// From the first to the second, a crash says what was noted last on standard error before it is
// handled as ever. To be called by a test itself, since cmocka handles crashes test by test.
void blame_begin(void);
void blame_end(void);

// Notes what is done from here on: one line, without its end.
void blame(const char *format, ...) __attribute__((format(printf, 1, 2)));

// What was noted last.
const char *blamed(void);

#endif
