// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for pread, pwrite

#include "parts/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What no system transfers more of at once.
enum { MOST_AT_ONCE = 1 << 30 };

struct store {
    int descriptor;
};

static bool fail(store_reason *why, int error)
{
    why->ended = false;
    snprintf(why->text, sizeof why->text, "%s", strerror(error));
    return false;
}

static store *open_file(const char *path, bool to_write, store_reason *why)
{
    store *file = malloc(sizeof *file);
    if (!file) {
        fail(why, ENOMEM);
        return NULL;
    }
    file->descriptor = to_write ? open(path, O_RDWR | O_CREAT, 0666) : open(path, O_RDONLY);
    if (file->descriptor >= 0)
        return file;
    fail(why, errno);
    free(file);
    return NULL;
}

static bool read_bytes(store *file, int64_t offset, void *bytes, size_t count, store_reason *why)
{
    for (char *to = bytes; count > 0;) {
        ssize_t got =
            pread(file->descriptor, to, count < MOST_AT_ONCE ? count : MOST_AT_ONCE, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(why, errno);
        if (got == 0) {
            *why = (store_reason){.ended = true};
            return false;
        }
        to += got;
        offset += got;
        count -= (size_t)got;
    }
    return true;
}

static bool write_bytes(store *file, int64_t offset, const void *bytes, size_t count,
                        store_reason *why)
{
    for (const char *from = bytes; count > 0;) {
        ssize_t put = pwrite(file->descriptor, from, count < MOST_AT_ONCE ? count : MOST_AT_ONCE,
                             (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(why, put < 0 ? errno : ENOSPC);
        from += put;
        offset += put;
        count -= (size_t)put;
    }
    return true;
}

static bool resize(store *file, int64_t size, store_reason *why)
{
    return ftruncate(file->descriptor, (off_t)size) == 0 || fail(why, errno);
}

// Some file systems know no fsync; that is no failure.
static bool sync_file(store *file, store_reason *why)
{
    bool done = fsync(file->descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
    return done || fail(why, errno);
}

static void close_file(store *file)
{
    close(file->descriptor);
    free(file);
}

const store_kind posix_store = {open_file, read_bytes, write_bytes, resize, sync_file, close_file};
