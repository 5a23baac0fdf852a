// SPDX-License-Identifier: Apache-2.0
//
// The built program as its user meets it: shell lines, run in an empty folder of the test's own.
#ifndef TESTS_CLI_PROGRAM_H
#define TESTS_CLI_PROGRAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

// Exit statuses of the program.
enum { DONE = 0, REFUSED = 1, USAGE = 2, BAD_FILE = 3 };

// Setup and teardown of a test: an empty working folder, which goes away with all that is in it.
int program_begin(void **state);
int program_end(void **state);

// A test that has such a folder.
#define program_test(function) cmocka_unit_test_setup_teardown(function, program_begin, program_end)

// What the last line that was run has left.
typedef struct ran_line {
    int status;        // the shell's: 128 and a signal's number if it was one that ended the line
    char *out;         // standard output, followed by a zero
    size_t out_length; // without the zero
    char *err;         // standard error, followed by a zero
} ran_line;
extern ran_line ran;

// Runs a line by sh, as made from a format, with nothing on standard input. `faltung` is the built
// program, and FALTUNG in the environment is its path.
void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Runs a line; asserts that it succeeds without a word on standard error.
void succeed(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Runs a line; asserts that it succeeds and prints exactly this.
void assert_prints(const char *line, const char *expected);

// Runs a line; asserts that it succeeds and prints these words somewhere.
void assert_says(const char *line, const char *words);

// Runs a line; asserts that it is refused: with this exit status, one line on standard error that
// holds these words (and perhaps a second that points to --help), nothing on standard output, and
// the folder as it was, byte for byte.
void assert_refuses(int status, const char *line, const char *words);

// Starts the program, which words[0] names, and sends it a signal after so many microseconds, if it
// has not ended by then. Asserts that it has ended by that signal, and returns true, or well.
bool disturb(const char *const words[], int number, long microseconds);

// Asserts that the working folder holds just these names, in order and joined by blanks.
void assert_folder(const char *names);

void write_bytes(const char *path, const void *bytes, size_t count);
void write_text(const char *path, const char *text);

// All of a file, followed by a zero; to be freed.
char *read_bytes(const char *path, size_t *count);

// Ends the test where AddressSanitizer watches: it takes terabytes of address space for itself, and
// has words of its own when memory is refused.
void skip_if_sanitized(void);

// Whether the program `name` can be found by the shell.
bool has_program(const char *name);

#endif
