// SPDX-License-Identifier: Apache-2.0
//
// Input files, whose words are not trusted: memory is taken for what is there, not for what a
// header says is there.
#ifndef CLI_FILES_INPUT_H
#define CLI_FILES_INPUT_H

#include "session.h"

typedef struct input {
    FILE *file;
    const char *name; // for messages: the path, or "standard input"; borrowed
} input;

// Opens a file, or standard input if `path` is "-". A folder is refused. What cannot be opened or
// read is EXIT_REFUSED; what is read and makes no sense, EXIT_BAD_FILE.
int input_open(session *s, input *in, const char *path);

// Standard input stays open.
void input_close(input *in);

// Reads exactly `count` bytes. `part` says in the message what they belong to, as in "its header".
int input_read(session *s, input *in, void *bytes, size_t count, const char *part);

// Refuses an input that has just given fewer bytes than it was asked for, because it could not be
// read, with the cause in errno, or because it ends.
int input_short(session *s, const input *in, const char *part);

// Reads exactly `count` bytes of data into memory of its own, which the caller frees; it is never
// NULL after a success. A file that is too short is refused before memory is taken; where that
// cannot be known, memory grows with the data that arrives.
int input_take(session *s, input *in, size_t count, void **memory);

// Refuses anything that follows. A file that holds more than its header says is two arrays joined,
// or was written over a longer one: either way part of it would be lost in silence.
int input_expect_end(session *s, input *in);

#endif
