// SPDX-License-Identifier: Apache-2.0
#include "files/shape.h"

#include <inttypes.h>
#include <stdio.h>

const char *shape_write(shape_text *text, int rank, const int64_t *shape)
{
    int length = snprintf(text->text, sizeof text->text, "(");
    for (int i = 0; i < rank; i++)
        length += snprintf(text->text + length, sizeof text->text - (size_t)length, "%s%" PRId64,
                           i ? ", " : "", shape[i]);
    snprintf(text->text + length, sizeof text->text - (size_t)length, rank == 1 ? ",)" : ")");
    return text->text;
}

bool shape_lay_out(int rank, const int64_t *shape, size_t size, bool fortran, int64_t *strides,
                   size_t *bytes)
{
    int64_t most = PTRDIFF_MAX / (int64_t)size;
    int64_t step = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        int axis = fortran ? i : rank - 1 - i;
        strides[axis] = step;
        if (shape[axis] < 0 || shape[axis] > most / step)
            return false;
        empty |= shape[axis] == 0;
        step *= shape[axis] ? shape[axis] : 1;
    }
    *bytes = empty ? 0 : (size_t)step * size;
    return true;
}
