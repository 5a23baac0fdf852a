// SPDX-License-Identifier: Apache-2.0
#include "files/input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Where a file does not tell its size: what is taken at first, and doubled as data arrives.
#define FIRST_PIECE ((size_t)1 << 20)

static int cannot_read(session *s, const input *in, int error)
{
    return refuse(s, EXIT_REFUSED, "cannot read %s: %s", in->name,
                  error ? strerror(error) : "some of it was lost");
}

int input_open(session *s, input *in, const char *path)
{
    if (strcmp(path, "-") == 0) {
        *in = (input){stdin, "standard input"};
        return EXIT_DONE;
    }
    *in = (input){fopen(path, "rb"), path};
    if (!in->file)
        return refuse(s, EXIT_REFUSED, "cannot open '%s': %s", path, strerror(errno));
    struct stat status;
    if (fstat(fileno(in->file), &status) != 0 || !S_ISDIR(status.st_mode))
        return EXIT_DONE;
    input_close(in);
    return refuse(s, EXIT_REFUSED, "cannot read '%s': it is a folder", path);
}

void input_close(input *in)
{
    if (in->file != stdin)
        fclose(in->file);
    in->file = NULL;
}

// The bytes that a regular file still has; -1 where that cannot be known. Files of size 0 are
// taken to be unknown, because those under /proc say so of themselves.
static int64_t bytes_left(const input *in)
{
    struct stat status;
    off_t position = ftello(in->file);
    if (position < 0 || fstat(fileno(in->file), &status) != 0)
        return -1;
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return -1;
    return status.st_size > position ? (int64_t)(status.st_size - position) : 0;
}

int input_short(session *s, const input *in, const char *part)
{
    if (ferror(in->file))
        return cannot_read(s, in, errno);
    return refuse(s, EXIT_BAD_FILE, "%s: ends within %s", in->name, part);
}

int input_read(session *s, input *in, void *bytes, size_t count, const char *part)
{
    errno = 0;
    if (fread(bytes, 1, count, in->file) == count)
        return EXIT_DONE;
    return input_short(s, in, part);
}

static int too_short(session *s, const input *in, size_t count, size_t there)
{
    return refuse(s, EXIT_BAD_FILE, "%s: truncated: %zu bytes of data were expected, %zu are there",
                  in->name, count, there);
}

static int no_memory(session *s, const input *in, size_t count)
{
    return refuse(s, EXIT_REFUSED, "%s: its %zu bytes of data do not fit into memory", in->name,
                  count);
}

// Reads `count` bytes into memory that begins with `room` bytes and is doubled when it is full.
static int take_growing(session *s, input *in, size_t count, size_t room, char **memory)
{
    for (size_t filled = 0; filled < count;) {
        if (filled == room) {
            room = room < count / 2 ? 2 * room : count;
            char *larger = realloc(*memory, room);
            if (!larger)
                return no_memory(s, in, count);
            *memory = larger;
        }
        errno = 0;
        size_t got = fread(*memory + filled, 1, room - filled, in->file);
        filled += got;
        if (filled == room)
            continue;
        return ferror(in->file) ? cannot_read(s, in, errno) : too_short(s, in, count, filled);
    }
    return EXIT_DONE;
}

int input_take(session *s, input *in, size_t count, void **memory)
{
    int64_t left = bytes_left(in);
    if (left >= 0 && (uint64_t)left < count)
        return too_short(s, in, count, (size_t)left);
    size_t room = left >= 0 || count < FIRST_PIECE ? count : FIRST_PIECE;
    char *taken = malloc(room ? room : 1);
    if (!taken)
        return no_memory(s, in, count);
    int status = take_growing(s, in, count, room, &taken);
    if (status)
        free(taken);
    else
        *memory = taken;
    return status;
}

int input_expect_end(session *s, input *in)
{
    errno = 0;
    if (getc(in->file) == EOF)
        return ferror(in->file) ? cannot_read(s, in, errno) : EXIT_DONE;
    return refuse(s, EXIT_BAD_FILE, "%s: goes on after the end of its array", in->name);
}
