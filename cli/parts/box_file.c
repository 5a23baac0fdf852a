// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for st_mtim

#include "parts/box_file.h"
#include "files/input.h"
#include "files/npy.h"
#include "files/shape.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

// ----------------------------------------------------------------------------------------- opening

static bool find_version(const char *path, file_version *version)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    *version = (file_version){(int64_t)status.st_size, (int64_t)status.st_mtim.tv_sec,
                              (int64_t)status.st_mtim.tv_nsec};
    return true;
}

static int cannot_open(session *s, const char *path, const store_reason *why)
{
    return refuse(s, EXIT_REFUSED, "cannot open '%s': %s", path, why->text);
}

// The bytes of all elements; refuses an array that is larger than a file can be.
static int count_bytes(session *s, const box_file *f, size_t *bytes)
{
    int64_t strides[FALTUNG_MAX_RANK];
    shape_text text;
    if (shape_lay_out(f->header.rank, f->header.shape, faltung_dtype_size(f->header.dtype),
                      f->header.fortran_order, strides, bytes))
        return EXIT_DONE;
    return refuse(s, EXIT_BAD_FILE, "%s: its shape %s is larger than any file", f->path,
                  shape_write(&text, f->header.rank, f->header.shape));
}

// The file holds the array that its header promises, and nothing else.
static int check_size(session *s, const box_file *f)
{
    size_t bytes = 0;
    int status = count_bytes(s, f, &bytes);
    if (status)
        return status;
    const int64_t there = f->version.bytes - f->data;
    if (there < (int64_t)bytes)
        return refuse(s, EXIT_BAD_FILE,
                      "%s: truncated: %zu bytes of data were expected, %lld are there", f->path,
                      bytes, (long long)there);
    if (there > (int64_t)bytes)
        return refuse(s, EXIT_BAD_FILE, "%s: goes on after the end of its array", f->path);
    return EXIT_DONE;
}

static int read_header(session *s, box_file *f)
{
    input in;
    int status = input_open(s, &in, f->path);
    if (status)
        return status;
    struct stat file;
    if (fstat(fileno(in.file), &file) != 0 || !S_ISREG(file.st_mode))
        status = refuse(s, EXIT_REFUSED, "cannot read '%s' part by part: it is no regular file",
                        f->path);
    if (!status)
        status = npy_read_header(s, &in, &f->header);
    if (!status)
        f->data = (int64_t)ftello(in.file);
    input_close(&in);
    return status;
}

int box_file_open(session *s, box_file *f, const char *path, const store_kind *kind)
{
    store_reason why;
    *f = (box_file){.path = path, .kind = kind};
    int status = read_header(s, f);
    if (!status && !find_version(path, &f->version))
        status = refuse(s, EXIT_REFUSED, "cannot open '%s': %s", path, strerror(errno));
    if (!status)
        status = check_size(s, f);
    if (status)
        return status;
    f->file = kind->open(path, false, &why);
    return f->file ? EXIT_DONE : cannot_open(s, path, &why);
}

int box_file_create(session *s, box_file *f, const char *path, const store_kind *kind,
                    faltung_dtype dtype, int rank, const int64_t *shape)
{
    store_reason why;
    char header[NPY_HEADER_ROOM];
    size_t bytes = 0;
    *f = (box_file){.path = path, .kind = kind, .header = {.dtype = dtype, .rank = rank}};
    memcpy(f->header.shape, shape, (size_t)rank * sizeof *shape);
    int status = count_bytes(s, f, &bytes);
    if (status)
        return status;
    const size_t length = npy_header_write(header, dtype, rank, shape);
    f->data = (int64_t)length;
    f->file = kind->open(path, true, &why);
    if (!f->file)
        return cannot_open(s, path, &why);
    if (kind->resize(f->file, (int64_t)(length + bytes), &why) &&
        store_write(kind, f->file, 0, header, length, &why))
        return EXIT_DONE;
    box_file_close(f);
    return refuse(s, EXIT_REFUSED, "cannot write '%s': %s", path, why.text);
}

faltung_tensor box_file_tensor(const box_file *f)
{
    return (faltung_tensor){NULL, f->header.dtype, f->header.rank, f->header.shape, NULL};
}

int box_file_check(session *s, const box_file *f)
{
    file_version now;
    if (find_version(f->path, &now) && memcmp(&now, &f->version, sizeof now) == 0)
        return EXIT_DONE;
    return refuse(s, EXIT_REFUSED, "'%s' has been changed while it was read", f->path);
}

void box_file_close(box_file *f)
{
    if (f->file)
        f->kind->close(f->file);
    f->file = NULL;
}

// ------------------------------------------------------------------------------------------- boxes

// The i-th axis from the slowest on, as the elements follow each other in the file.
static int axis_at(const box_file *f, int i)
{
    return f->header.fortran_order ? f->header.rank - 1 - i : i;
}

size_t box_bytes(const box_file *f, const faltung_part *box)
{
    size_t bytes = faltung_dtype_size(f->header.dtype);
    for (int i = 0; i < f->header.rank; i++)
        if (__builtin_mul_overflow(bytes, (size_t)(box->end[i] - box->begin[i]), &bytes) ||
            bytes > PTRDIFF_MAX)
            return SIZE_MAX;
    return bytes;
}

void slab_shape(slab *to, const box_file *f, const faltung_part *box)
{
    int64_t step = 1;
    for (int i = f->header.rank - 1; i >= 0; i--) {
        const int axis = axis_at(f, i);
        to->shape[axis] = box->end[axis] - box->begin[axis];
        to->strides[axis] = step;
        step *= to->shape[axis];
    }
    to->tensor =
        (faltung_tensor){to->tensor.data, f->header.dtype, f->header.rank, to->shape, to->strides};
}

// Where along the axes of a slab's box another box begins.
static int64_t offset_in(const slab *s, const faltung_part *of_slab, const faltung_part *box)
{
    int64_t offset = 0;
    for (int i = 0; i < s->tensor.rank; i++)
        offset += (box->begin[i] - of_slab->begin[i]) * s->strides[i];
    return offset * (int64_t)faltung_dtype_size(s->tensor.dtype);
}

static bool is_empty(const faltung_part *box, int rank)
{
    for (int i = 0; i < rank; i++)
        if (box->begin[i] >= box->end[i])
            return true;
    return false;
}

// One transfer of a box between a file and a slab.
typedef struct transfer {
    const box_file *f;
    const faltung_part *box;
    const faltung_plan *plan; // that knows what is at positions outside, along so many axes
    int axes;
    int whole;                          // behind so many axes of the file all are whole
    int64_t step[FALTUNG_MAX_RANK + 1]; // bytes of the file from one index to the next, and of
                                        // an element
    const slab *slab;
    bool to_file;
    store_reason *why;
} transfer;

static bool is_whole(const box_file *f, const faltung_part *box, int axis)
{
    return box->begin[axis] == 0 && box->end[axis] == f->header.shape[axis];
}

static transfer begin_transfer(const box_file *f, const faltung_part *box, const slab *s,
                               store_reason *why)
{
    transfer t = {.f = f, .box = box, .slab = s, .why = why};
    const int rank = f->header.rank;
    t.step[rank] = (int64_t)faltung_dtype_size(f->header.dtype);
    for (int i = rank; i-- > 0;)
        t.step[i] = (i + 1 < rank ? f->header.shape[axis_at(f, i + 1)] : 1) * t.step[i + 1];
    t.whole = rank;
    while (t.whole > 1 && is_whole(f, box, axis_at(f, t.whole - 1)))
        t.whole--;
    return t;
}

// The element at a position along an axis of the array, of which the last ones are spatial.
static int64_t find_element(const transfer *t, int axis, int64_t position)
{
    int64_t element = position;
    if (position < 0 || position >= t->f->header.shape[axis])
        (void)faltung_plan_find_input(t->plan, axis - (t->f->header.rank - t->axes), position,
                                      &element, NULL); // the plan itself has named the position
    return element;
}

// What lies in one piece in the file and in memory.
static bool move_bytes(const transfer *t, int64_t offset, char *memory, size_t count)
{
    const box_file *f = t->f;
    if (t->to_file)
        return store_write(f->kind, f->file, f->data + offset, memory, count, t->why);
    if (!store_read(f->kind, f->file, f->data + offset, memory, count, t->why))
        return false;
    if (f->header.swapped)
        npy_swap(memory, count, f->header.dtype);
    return true;
}

// All of the box from the i-th axis on.
static bool move_box(const transfer *t, int i, int64_t offset, char *memory)
{
    const int axis = axis_at(t->f, i);
    const int64_t begin = t->box->begin[axis], end = t->box->end[axis];
    const int64_t size = t->f->header.shape[axis],
                  apart = t->slab->strides[axis] * t->step[t->f->header.rank];
    for (int64_t p = begin, past; p < end; p = past) {
        const int64_t at = offset + find_element(t, axis, p) * t->step[i];
        char *to = memory + (p - begin) * apart;
        past = p + 1;
        if (i + 1 == t->whole) // up to where the input begins or ends, and positions jump
            past = p < 0 ? (end < 0 ? end : 0) : p < size ? (end < size ? end : size) : end;
        if (i + 1 == t->whole ? !move_bytes(t, at, to, (size_t)((past - p) * t->step[i]))
                              : !move_box(t, i + 1, at, to))
            return false;
    }
    return true;
}

bool box_file_read(const box_file *f, const faltung_part *box, const faltung_plan *plan, int axes,
                   const slab *to, const faltung_part *of_slab, store_reason *why)
{
    transfer t = begin_transfer(f, box, to, why);
    t.plan = plan;
    t.axes = axes;
    return is_empty(box, f->header.rank) ||
           move_box(&t, 0, 0, (char *)to->tensor.data + offset_in(to, of_slab, box));
}

bool box_file_write(const box_file *f, const faltung_part *box, const slab *from, store_reason *why)
{
    transfer t = begin_transfer(f, box, from, why);
    t.to_file = true;
    return is_empty(box, f->header.rank) || move_box(&t, 0, 0, from->tensor.data);
}

// From the i-th axis on.
static void copy_box(const box_file *f, const faltung_part *box, int i, const slab *from,
                     const char *source, const slab *to, char *target)
{
    const int axis = axis_at(f, i);
    const int64_t size = (int64_t)faltung_dtype_size(f->header.dtype);
    const int64_t count = box->end[axis] - box->begin[axis];
    if (i + 1 == f->header.rank) {
        memcpy(target, source, (size_t)(count * size));
        return;
    }
    for (int64_t n = 0; n < count; n++)
        copy_box(f, box, i + 1, from, source + n * from->strides[axis] * size, to,
                 target + n * to->strides[axis] * size);
}

void slab_copy(const box_file *f, const faltung_part *box, const slab *from,
               const faltung_part *of_from, const slab *to, const faltung_part *of_to)
{
    if (!is_empty(box, f->header.rank))
        copy_box(f, box, 0, from, (const char *)from->tensor.data + offset_in(from, of_from, box),
                 to, (char *)to->tensor.data + offset_in(to, of_to, box));
}
