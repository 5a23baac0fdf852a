// SPDX-License-Identifier: Apache-2.0
//
// Output files that appear under their name only when they are complete.
#ifndef CLI_FILES_OUTPUT_H
#define CLI_FILES_OUTPUT_H

#include "session.h"

// A file being written beside its final name.
typedef struct output {
    FILE *file;       // to be written to
    const char *path; // the final name, as the user typed it; borrowed
    char *partial;    // the name it has meanwhile; NULL for standard output
    bool force;       // whether an existing file may be replaced
} output;

// Refuses early if `path` could not be written in the end: it exists and `force` is not given, it
// is a folder, or its folder does not exist. Used before long work. "-" always passes.
int output_check(session *s, const char *path, bool force);

// Opens an output; "-" is the session's out (refused if that is a terminal and `binary` is set).
// A file is created under a temporary name in the same folder. Nothing is open after a failure.
int output_open(session *s, output *o, const char *path, bool force, bool binary);

// Makes the output complete: flush, fsync, and rename to its name. Without `force` a file that has
// appeared there meanwhile is not replaced. On any failure the partial file is removed and whatever
// stood under the name is as it was.
int output_commit(session *s, output *o);

// Gives the output up: removes the partial file.
void output_abandon(output *o);

#endif
