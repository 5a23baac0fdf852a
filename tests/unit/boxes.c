// SPDX-License-Identifier: Apache-2.0
#include "boxes.h"

#include <stdlib.h>
#include <string.h>

const char *const cut_problems[] = {
    "conv1d:2x3x50,5x3x4,stride=2,padding=1",
    "conv1d:7x40,5x7x4,padding=same",
    "conv2d:3x7x19x21,37x7x3x3,padding=1",
    "conv2d:16x3x16x16,10x3x3x3",
    "conv2d:5x64x7x7,48x64x3x3,padding=1",
    "conv2d:2x33x13x61,37x33x3x3,padding=1",
    "conv2d:5x32x9x14,70x32x3x3,padding=1:2+0:3",
    "conv2d:2x20x41x33,18x20x7x7,padding=3",
    "conv2d:2x32x41x33,36x32x3x3,padding=3,dilation=3+2",
    "conv2d:1x2x130x140,3x2x31x29",
    "conv1d:2x16x900,18x16x60",
    "conv_transpose2d:2x64x11x18,64x32x3x3,padding=1,groups=2",
    "conv2d:2x40x13x17,70x40x1x1",
    "conv2d:5x40x7x7,3x40x1x1",
    "conv2d:2x24x15x15,40x24x1x1,stride=2",
    // Images as the columns of one.
    "conv2d:19x40x1x1,33x40x1x1",
    "conv2d:21x24x3x1,6x4x1x1,stride=3+1,groups=6",
    "conv_transpose1d:17x24x1,24x20x1,stride=2",
    "conv3d:5x40x1x1x1,33x40x1x1x1,dtype=bf16",
    "conv2d:19x5x4x3,37x5x4x3",
    "conv2d:19x6x7x6,4x3x3x2,dilation=3+4,groups=2,layout=nhwc",
    "conv3d:5x3x4x5x1,18x3x4x5x1",
    "conv2d:2x18x30x61,18x1x3x3,padding=1,groups=18",
    "conv2d:2x18x30x31,18x1x5x5,padding=2,stride=2,groups=18",
    "conv2d:1x24x20x20,24x4x3x3,padding=1,groups=6",
    "conv2d:1x300x14x40,50x300x3x3,padding=1,dilation=2",
    "conv3d:2x5x6x9x11,20x5x3x3x3,padding=1,stride=1+2+1",
    "conv_transpose2d:2x9x11x12,9x20x4x4,stride=2,padding=1",
    "conv_transpose2d:1x12x9x9,12x2x3x3,stride=3,groups=4,output_padding=1",
    "conv_transpose2d:2x10x9x11,10x1x3x3,stride=2,padding=1,groups=10",
    "conv2d:2x7x19x21,37x7x3x3,padding=1,dtype=f64",
    "conv2d:2x3x9x9,4x3x3x3,padding=1,dtype=f16",
};

const size_t cut_problem_count = COUNT_OF(cut_problems);

bool is_within(const box *b, int64_t i)
{
    for (int a = b->rank - 1; a >= 0; a--) {
        int64_t at = i % b->shape[a];
        i /= b->shape[a];
        if (at < b->part.begin[a] || at >= b->part.end[a])
            return false;
    }
    return true;
}

void cut(prng *random, box b, int depth, void (*each)(void *, const faltung_part *), void *context)
{
    int axis = (int)random_between(random, 0, b.rank - 1);
    int64_t begin = b.part.begin[axis], end = b.part.end[axis];
    if (depth == 0) {
        each(context, &b.part);
        return;
    }
    int64_t at = random_between(random, begin, end); // one of the two may be empty
    box after = b;
    b.part.end[axis] = after.part.begin[axis] = at;
    bool first = random_between(random, 0, 1);
    cut(random, first ? b : after, depth - 1, each, context);
    cut(random, first ? after : b, depth - 1, each, context);
}

box whole(const setting *s)
{
    box b = {.rank = s->output.tensor.rank, .shape = s->output.shape};
    memcpy(b.part.end, s->output.shape, (size_t)b.rank * sizeof *b.shape);
    return b;
}

bool same_bytes(const setting *s, const void *expected)
{
    size_t bytes = (size_t)s->output.count * faltung_dtype_size(s->problem.dtype);
    return memcmp(s->output.memory, expected, bytes) == 0;
}

void *copy_output(const setting *s)
{
    size_t bytes = (size_t)s->output.count * faltung_dtype_size(s->problem.dtype);
    void *copy = malloc(bytes);
    assert_non_null(copy);
    return memcpy(copy, s->output.memory, bytes);
}
