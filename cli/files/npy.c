// SPDX-License-Identifier: Apache-2.0
#include "files/npy.h"
#include "files/shape.h"

#include <string.h>

// The longest header that NumPy reads unless told otherwise; ours take less than 800 bytes.
enum { LONGEST_HEADER = 10000 };

static int malformed(session *s, const input *in, const char *reason)
{
    return refuse(s, EXIT_BAD_FILE, "%s: not a .npy file that can be read: %s", in->name, reason);
}

// Reads what stands before the dictionary: magic, version, and the dictionary's length in 2 or 4
// bytes, the lowest first.
static int read_prefix(session *s, input *in, size_t *length)
{
    unsigned char prefix[12];
    int status = input_read(s, in, prefix, 10, "its header");
    if (status)
        return status;
    if (memcmp(prefix, "\x93NUMPY", 6) != 0)
        return malformed(s, in, "it does not begin with \\x93NUMPY");
    int major = prefix[6];
    if (major < 1 || major > 3 || prefix[7] != 0)
        return refuse(s, EXIT_BAD_FILE, "%s: .npy version %d.%d; only 1.0, 2.0 and 3.0 are read",
                      in->name, major, prefix[7]);
    prefix[10] = prefix[11] = 0;
    if (major > 1 && (status = input_read(s, in, prefix + 10, 2, "its header")) != EXIT_DONE)
        return status;
    *length = (size_t)prefix[8] | (size_t)prefix[9] << 8 | (size_t)prefix[10] << 16 |
              (size_t)prefix[11] << 24;
    if (*length > LONGEST_HEADER)
        return refuse(s, EXIT_BAD_FILE,
                      "%s: its header is said to take %zu bytes; at most %d are read", in->name,
                      *length, LONGEST_HEADER);
    return EXIT_DONE;
}

int npy_read_header(session *s, input *in, npy_header *header)
{
    char text[LONGEST_HEADER];
    size_t length = 0;
    int status = read_prefix(s, in, &length);
    if (status)
        return status;
    status = input_read(s, in, text, length, "its header");
    if (status)
        return status;
    npy_reason reason;
    return npy_header_parse(text, length, header, &reason) ? EXIT_DONE
                                                           : malformed(s, in, reason.text);
}

void npy_swap(void *elements, size_t bytes, faltung_dtype dtype)
{
    const size_t size = faltung_dtype_size(dtype) / (is_complex(dtype) ? 2 : 1);
    unsigned char *first = elements;
    for (unsigned char *e = first; e < first + bytes; e += size)
        for (size_t i = 0; i < size / 2; i++) {
            unsigned char byte = e[i];
            e[i] = e[size - 1 - i];
            e[size - 1 - i] = byte;
        }
}

int npy_read(session *s, array *a, input *in)
{
    npy_header header = {0};
    int status = npy_read_header(s, in, &header);
    if (status)
        return status;
    size_t size = faltung_dtype_size(header.dtype);
    size_t bytes;
    if (!shape_lay_out(header.rank, header.shape, size, header.fortran_order, a->strides, &bytes)) {
        shape_text text;
        return refuse(s, EXIT_BAD_FILE, "%s: its shape %s is larger than any memory", in->name,
                      shape_write(&text, header.rank, header.shape));
    }
    status = input_take(s, in, bytes, &a->memory);
    if (status)
        return status;
    if (header.swapped)
        npy_swap(a->memory, bytes, header.dtype);
    memcpy(a->shape, header.shape, sizeof a->shape);
    a->tensor = (faltung_tensor){a->memory, header.dtype, header.rank, a->shape, a->strides};
    return EXIT_DONE;
}

// Whether a tensor lies in memory as a file has it; either way, how many bytes a file takes.
static bool is_contiguous(const faltung_tensor *tensor, size_t *bytes)
{
    int64_t strides[FALTUNG_MAX_RANK];
    if (!shape_lay_out(tensor->rank, tensor->shape, faltung_dtype_size(tensor->dtype), false,
                       strides, bytes))
        return false;
    for (int i = 0; tensor->strides && i < tensor->rank; i++)
        if (tensor->shape[i] > 1 && tensor->strides[i] != strides[i])
            return false;
    return true;
}

int npy_write(session *s, const faltung_tensor *tensor, output_file *o)
{
    char header[NPY_HEADER_ROOM];
    size_t length = npy_header_write(header, tensor->dtype, tensor->rank, tensor->shape);
    int status = output_write(s, o, header, length);
    if (status)
        return status;
    size_t bytes = 0;
    if (is_contiguous(tensor, &bytes))
        return output_write(s, o, tensor->data, bytes);
    array copy;
    status = array_copy(s, &copy, tensor, tensor->dtype);
    if (status)
        return status;
    status = output_write(s, o, copy.memory, bytes);
    array_free(&copy);
    return status;
}
