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

static size_t at_once(size_t count)
{
    return count < MOST_AT_ONCE ? count : MOST_AT_ONCE;
}

static int64_t read_bytes(store *file, int64_t offset, void *bytes, size_t count, store_reason *why)
{
    ssize_t got;
    do
        got = pread(file->descriptor, bytes, at_once(count), (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        fail(why, errno);
    return got;
}

static int64_t write_bytes(store *file, int64_t offset, const void *bytes, size_t count,
                           store_reason *why)
{
    ssize_t put;
    do
        put = pwrite(file->descriptor, bytes, at_once(count), (off_t)offset);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        fail(why, errno);
    return put;
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

bool store_read(const store_kind *kind, store *file, int64_t offset, void *bytes, size_t count,
                store_reason *why)
{
    for (int64_t done = 0, got; (size_t)done < count; done += got) {
        got = kind->read(file, offset + done, (char *)bytes + done, count - (size_t)done, why);
        if (got == 0)
            *why = (store_reason){.ended = true};
        if (got <= 0)
            return false;
    }
    return true;
}

bool store_write(const store_kind *kind, store *file, int64_t offset, const void *bytes,
                 size_t count, store_reason *why)
{
    for (int64_t done = 0, put; (size_t)done < count; done += put) {
        put =
            kind->write(file, offset + done, (const char *)bytes + done, count - (size_t)done, why);
        if (put == 0)
            fail(why, ENOSPC);
        if (put <= 0)
            return false;
    }
    return true;
}
