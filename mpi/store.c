// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

// MPI counts in int.
enum { MOST_AT_ONCE = 1 << 30 };

struct store {
    MPI_File file;
};

// Whether a call has succeeded; if not, the reason is MPI's.
static bool has_worked(int error, store_reason *why)
{
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (error == MPI_SUCCESS)
        return true;
    if (MPI_Error_string(error, text, &length) != MPI_SUCCESS)
        length = snprintf(text, sizeof text, "MPI's error %d", error);
    *why = (store_reason){.ended = false};
    snprintf(why->text, sizeof why->text, "%.*s", length, text);
    return false;
}

static store *open_file(const char *path, bool to_write, store_reason *why)
{
    store *file = malloc(sizeof *file);
    if (!file) {
        *why = (store_reason){.text = "out of memory"};
        return NULL;
    }
    const int mode = to_write ? MPI_MODE_RDWR | MPI_MODE_CREATE : MPI_MODE_RDONLY;
    if (has_worked(MPI_File_open(MPI_COMM_SELF, path, mode, MPI_INFO_NULL, &file->file), why))
        return file;
    free(file);
    return NULL;
}

// How many bytes of a transfer have been moved; -1 with a reason.
static int count_moved(int error, const MPI_Status *status, store_reason *why)
{
    int moved = 0;
    if (!has_worked(error, why) || !has_worked(MPI_Get_count(status, MPI_BYTE, &moved), why))
        return -1;
    return moved == MPI_UNDEFINED ? 0 : moved;
}

static int at_once(size_t count)
{
    return count < MOST_AT_ONCE ? (int)count : MOST_AT_ONCE;
}

static int64_t read_bytes(store *file, int64_t offset, void *bytes, size_t count, store_reason *why)
{
    MPI_Status status;
    const int error =
        MPI_File_read_at(file->file, (MPI_Offset)offset, bytes, at_once(count), MPI_BYTE, &status);
    return count_moved(error, &status, why);
}

static int64_t write_bytes(store *file, int64_t offset, const void *bytes, size_t count,
                           store_reason *why)
{
    MPI_Status status;
    const int error =
        MPI_File_write_at(file->file, (MPI_Offset)offset, bytes, at_once(count), MPI_BYTE, &status);
    return count_moved(error, &status, why);
}

static bool resize(store *file, int64_t size, store_reason *why)
{
    return has_worked(MPI_File_set_size(file->file, (MPI_Offset)size), why);
}

static bool sync_file(store *file, store_reason *why)
{
    return has_worked(MPI_File_sync(file->file), why);
}

// What was written has been synced before: nothing can be lost here.
static void close_file(store *file)
{
    (void)MPI_File_close(&file->file);
    free(file);
}

const store_kind mpi_store = {open_file, read_bytes, write_bytes, resize, sync_file, close_file};
