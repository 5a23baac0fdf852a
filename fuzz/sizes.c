// SPDX-License-Identifier: Apache-2.0
//
// Output sizes and paddings of any axis, against the model of the tests, which cannot overflow.
#include "size_checks.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct reader {
    const uint8_t *at, *end;
} reader;

static uint8_t read_byte(reader *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

// A small number, one near a power of two or an end, or any.
static int64_t read_number(reader *r)
{
    const uint8_t kind = read_byte(r);
    uint64_t number = 0;
    if (kind < 128)
        return kind % 16;
    if (kind < 192)
        return (int64_t)((UINT64_C(1) << kind % 64) + read_byte(r) - 128);
    for (int i = 0; i < 8; i++)
        number = number << 8 | read_byte(r);
    return (int64_t)number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, data + size};
    const uint8_t flags = read_byte(&r);
    faltung_axis axis = FALTUNG_AXIS(0, 0);
    axis.input = read_number(&r);
    axis.kernel = read_number(&r);
    axis.stride = read_number(&r);
    axis.dilation = read_number(&r);
    axis.padding.begin = read_number(&r);
    axis.padding.end = read_number(&r);
    axis.transposed = flags & 1;
    if (flags & 2)
        axis.output_padding = read_number(&r);
    if (flags & 4)
        axis.input_dilation = read_number(&r);
    size_check_all(&axis);
    return 0;
}
