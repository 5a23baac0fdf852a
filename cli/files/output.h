// SPDX-License-Identifier: Apache-2.0
//
// Output files that appear under their name only when they are complete.
//
// What stands under the name decides what happens:
//  - nothing: a file is created, with the permissions that the umask leaves;
//  - a regular file: replaced with `force`, keeping its permissions, else refused;
//  - a symbolic link: as what it leads to, and it goes on leading there: with `force` the file at
//    its end is replaced, not the link. A link that leads nowhere is refused;
//  - a character device or a named pipe, such as /dev/null: written to directly;
//  - a folder or anything else: refused.
//
// SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE remove the partial files before they end the
// program.
#ifndef CLI_FILES_OUTPUT_H
#define CLI_FILES_OUTPUT_H

#include "session.h"

// A file being written beside its final name. Between output_open and the end of output_commit or
// output_abandon it stays where it is in memory.
typedef struct output_file {
    FILE *file;               // to be written to
    const char *path;         // the final name, as the user typed it; borrowed
    char *target;             // the final name, symbolic links followed; NULL if written directly
    char *partial;            // the name it has meanwhile; NULL if written directly
    bool standard;            // whether `file` is the session's out
    bool force;               // whether an existing file may be replaced
    struct output_file *next; // among the files that a signal removes
} output_file;

// Whether a name ends so, in either case of letters.
bool output_name_ends(const char *path, const char *ending);

// Refuses early if `path` could not be written in the end: it exists and `force` is not given, it
// is a folder, or its folder does not exist. Used before long work. "-" always passes.
int output_check(session *s, const char *path, bool force);

// Opens an output; "-" is the session's out. If `binary` is set, a terminal is refused. A file is
// created under a temporary name in the same folder. Nothing is open after a failure.
int output_open(session *s, output_file *o, const char *path, bool force, bool binary);

// Writes bytes, where a plain fwrite to o->file would leave a failure to be found by output_commit,
// without its cause. On failure the output is still to be abandoned.
int output_write(session *s, output_file *o, const void *bytes, size_t count);

// Sees that everything written has reached the disk, before the output is committed. Where several
// outputs belong together, all are completed before the first is committed: then only their names
// are left to go wrong. On failure the output is still to be abandoned.
int output_complete(session *s, output_file *o);

// Makes the output appear: completes it, and renames it to its name. Without `force` a file that
// has appeared there meanwhile is not replaced. On any failure the partial file is removed and
// whatever stood under the name is as it was. Afterwards there is nothing to abandon.
int output_commit(session *s, output_file *o);

// Gives a complete file its name, and sees that the name reaches the disk: `partial`, beside
// `target`. Without `force` an existing file is not replaced. Returns 0 or an error's number; then
// both are as they were.
int output_publish(const char *partial, const char *target, bool force);

// Gives the output up: removes the partial file.
void output_abandon(output_file *o);

#endif
