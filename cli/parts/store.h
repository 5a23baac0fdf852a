// SPDX-License-Identifier: Apache-2.0
//
// Files that are read and written at any place, by whoever does it: the operating system, or
// another way to the same bytes.
#ifndef CLI_PARTS_STORE_H
#define CLI_PARTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Why something failed.
typedef struct store_reason {
    bool ended; // the file is shorter than it was
    char text[200];
} store_reason;

typedef struct store store;

// Several threads may use one store at once. Where there is a reason, a call says if it has failed,
// by false, NULL or -1.
typedef struct store_kind {
    // A file to read, or one to write, which is created where it is not there. NULL: a reason.
    store *(*open)(const char *path, bool to_write, store_reason *why);
    // How many bytes were moved, some of those asked for; 0: the file ends, or takes no more.
    int64_t (*read)(store *file, int64_t offset, void *bytes, size_t count, store_reason *why);
    int64_t (*write)(store *file, int64_t offset, const void *bytes, size_t count,
                     store_reason *why);
    bool (*resize)(store *file, int64_t size, store_reason *why);
    bool (*sync)(store *file, store_reason *why); // what was written survives a power cut
    void (*close)(store *file);
} store_kind;

// All of it, or false.
bool store_read(const store_kind *kind, store *file, int64_t offset, void *bytes, size_t count,
                store_reason *why);
bool store_write(const store_kind *kind, store *file, int64_t offset, const void *bytes,
                 size_t count, store_reason *why);

// By the operating system.
extern const store_kind posix_store;

#endif
