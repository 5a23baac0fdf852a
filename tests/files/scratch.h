// SPDX-License-Identifier: Apache-2.0
//
// An empty folder to work in, and a session whose words are kept, for one test.
#ifndef TESTS_FILES_SCRATCH_H
#define TESTS_FILES_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "files/array.h"

typedef struct scratch {
    session session; // out and err go to memory
    char *out;       // what was written to out, once it has been flushed
    size_t out_length;
    char *said; // what was written to err
    size_t said_length;
    char folder[32]; // the working folder until the end of the test
} scratch;

// Setup and teardown of a test, whose state is a scratch.
int scratch_begin(void **state);
int scratch_end(void **state);

// A test that has a scratch.
#define scratch_test(function) cmocka_unit_test_setup_teardown(function, scratch_begin, scratch_end)

// Asserts that `status` is the one expected, not EXIT_DONE, and that one line was said with these
// words in it; then forgets the line.
void assert_refusal(scratch *t, int status, int expected, const char *words);

// Asserts that a file holds these bytes and no others.
void assert_file(const char *path, const void *bytes, size_t count);

// How many files of any kind there are in the working folder.
int count_files(void);

void write_file(const char *path, const void *bytes, size_t count);

// Reads an array from a pipe that holds these bytes, at most as many as a pipe can hold at once.
int read_piped(scratch *t, array *a, const void *bytes, size_t count);

#endif
