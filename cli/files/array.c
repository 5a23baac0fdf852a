// SPDX-License-Identifier: Apache-2.0
#include "files/array.h"
#include "files/npy.h"
#include "files/pnm.h"
#include "files/shape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_make(session *s, array *a, faltung_dtype dtype, int rank, const int64_t *shape)
{
    const faltung_tensor wanted = {.dtype = dtype, .rank = rank, .shape = shape};
    faltung_message message;
    int64_t count;
    a->memory = NULL;
    if (faltung_tensor_count(&wanted, &count, &message) != FALTUNG_OK)
        return refuse(s, EXIT_REFUSED, "%s", message.text);
    size_t bytes;
    if (shape_lay_out(rank, shape, faltung_dtype_size(dtype), false, a->strides, &bytes))
        a->memory = calloc(bytes ? bytes : 1, 1);
    if (!a->memory) {
        shape_text text;
        return refuse(s, EXIT_REFUSED, "an array of shape %s does not fit into memory",
                      shape_write(&text, rank, shape));
    }
    for (int i = 0; i < rank; i++)
        a->shape[i] = shape[i];
    a->tensor = (faltung_tensor){a->memory, dtype, rank, a->shape, a->strides};
    return EXIT_DONE;
}

int array_copy(session *s, array *a, const faltung_tensor *source, faltung_dtype dtype)
{
    int status = array_make(s, a, dtype, source->rank, source->shape);
    if (status)
        return status;
    faltung_message message;
    if (faltung_tensor_copy(source, &a->tensor, &message) == FALTUNG_OK)
        return EXIT_DONE;
    array_free(a);
    return refuse(s, EXIT_REFUSED, "%s", message.text);
}

// Reads the kind of file that the first byte tells.
static int read_any(session *s, array *a, input *in)
{
    errno = 0;
    int first = getc(in->file);
    if (first == EOF && !ferror(in->file))
        return refuse(s, EXIT_BAD_FILE, "%s: empty where an array was expected", in->name);
    if (first == EOF)
        return input_short(s, in, "its header");
    ungetc(first, in->file);
    if (first == NPY_FIRST_BYTE)
        return npy_read(s, a, in);
    if (first == PNM_FIRST_BYTE)
        return pnm_read(s, a, in);
    return refuse(s, EXIT_BAD_FILE, "%s: neither a .npy file nor a PGM or PPM picture", in->name);
}

int array_read(session *s, array *a, const char *path)
{
    input in;
    int status = input_open(s, &in, path);
    if (status)
        return status;
    a->memory = NULL;
    status = read_any(s, a, &in);
    if (!status)
        status = input_expect_end(s, &in);
    if (status)
        array_free(a);
    input_close(&in);
    return status;
}

// Whether the name promises a picture of another kind: an array in it would open nowhere.
static bool is_other_picture(const char *path)
{
    static const char *const endings[] = {".png", ".jpg",  ".jpeg", ".gif", ".bmp",
                                          ".tif", ".tiff", ".webp", ".pnm", ".svg"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (output_name_ends(path, endings[i]))
            return true;
    return false;
}

bool array_is_picture(const char *path)
{
    return pnm_is_name(path);
}

int array_check(session *s, const char *path, int rank, const int64_t *shape)
{
    pnm_picture picture;
    if (is_other_picture(path))
        return refuse(
            s, EXIT_USAGE,
            "-o '%s': a picture's name ends in .pgm or .ppm, any other holds a .npy array", path);
    return pnm_is_name(path) ? pnm_check(s, path, rank, shape, &picture) : EXIT_DONE;
}

int array_write_to(session *s, const faltung_tensor *tensor, output_file *o)
{
    int status = pnm_is_name(o->path) ? pnm_write(s, tensor, o) : npy_write(s, tensor, o);
    return status ? status : output_complete(s, o);
}

int array_write(session *s, const faltung_tensor *tensor, const char *path, bool force)
{
    int status = array_check(s, path, tensor->rank, tensor->shape);
    if (status)
        return status;
    output_file o;
    status = output_open(s, &o, path, force, true);
    if (status)
        return status;
    status = array_write_to(s, tensor, &o);
    if (status == EXIT_DONE)
        return output_commit(s, &o);
    output_abandon(&o);
    return status;
}

void array_free(array *a)
{
    free(a->memory);
    a->memory = NULL;
}
