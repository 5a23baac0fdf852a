// SPDX-License-Identifier: Apache-2.0
//
// Feeds bytes to the readers of .npy files and of pictures. Whatever the bytes are, a file and a
// stream of unknown length, which take their memory in different ways, are answered alike; and what
// is accepted is written and read again to the same array.
#include "files/npy.h"
#include "files/pnm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static session *quiet_session(void)
{
    static session s = {.command = "fuzz"};
    if (!s.err)
        s.err = s.out = fopen("/dev/null", "w");
    require(s.err);
    return &s;
}

// The bytes as a file on the disk; always the same one, because making one is slow.
static FILE *file_of(const uint8_t *data, size_t size)
{
    static FILE *file;
    if (!file)
        file = tmpfile();
    require(file);
    rewind(file);
    require(fwrite(data, 1, size, file) == size && fflush(file) == 0);
    require(ftruncate(fileno(file), (off_t)size) == 0);
    rewind(file);
    return file;
}

static int read_from(FILE *file, uint8_t first, array *a)
{
    session *s = quiet_session();
    input in = {file, "input"};
    a->memory = NULL;
    int status = first == PNM_FIRST_BYTE ? pnm_read(s, a, &in) : npy_read(s, a, &in);
    if (!status)
        status = input_expect_end(s, &in);
    if (status)
        array_free(a);
    return status;
}

static int read_from_memory(const void *data, size_t size, array *a)
{
    FILE *file = fmemopen((void *)data, size, "rb");
    require(file);
    int status = read_from(file, *(const uint8_t *)data, a);
    fclose(file);
    return status;
}

// Compared by their bits, so that a NaN is the same as itself; in c128, which holds every number of
// the other types.
static void require_same(const array *a, const array *b)
{
    session *s = quiet_session();
    array x, y;
    int64_t count;
    require(a->tensor.rank == b->tensor.rank);
    require(memcmp(a->shape, b->shape, (size_t)a->tensor.rank * sizeof *a->shape) == 0);
    require(faltung_tensor_count(&a->tensor, &count, NULL) == FALTUNG_OK);
    require(array_copy(s, &x, &a->tensor, FALTUNG_C128) == EXIT_DONE);
    require(array_copy(s, &y, &b->tensor, FALTUNG_C128) == EXIT_DONE);
    require(memcmp(x.memory, y.memory, 2 * (size_t)count * sizeof(double)) == 0);
    array_free(&x);
    array_free(&y);
}

static void require_round_trip(const array *a)
{
    char *text;
    size_t length;
    output_file o = {.file = open_memstream(&text, &length), .path = "output"};
    require(o.file);
    require(npy_write(quiet_session(), &a->tensor, &o) == EXIT_DONE);
    require(fclose(o.file) == 0);
    array again;
    require(read_from_memory(text, length, &again) == EXIT_DONE);
    require_same(a, &again);
    array_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    array streamed, filed;
    int status = read_from_memory(data, size, &streamed);
    require(status == EXIT_DONE || status == EXIT_BAD_FILE);
    require(read_from(file_of(data, size), *data, &filed) == status);
    if (status)
        return 0;
    require_same(&streamed, &filed);
    require_round_trip(&filed);
    array_free(&streamed);
    array_free(&filed);
    return 0;
}
