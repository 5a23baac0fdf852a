// SPDX-License-Identifier: Apache-2.0
#include "arrays.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ----------------------------------------------------------------------------------------- grids

static grid grid_zeros(int rank, const int64_t *size)
{
    grid g = {.rank = rank, .count = 1};
    for (int i = 0; i < rank; i++) {
        g.size[i] = size[i];
        g.count *= size[i];
    }
    g.value = calloc(g.count ? (size_t)g.count : 1, sizeof *g.value);
    assert_non_null(g.value);
    return g;
}

grid grid_make(const char *shape, unsigned seed)
{
    int rank = 0;
    int64_t size[MAX_RANK];
    for (const char *at = shape; *at; rank++) {
        char *end;
        assert_true(rank < MAX_RANK);
        size[rank] = strtoll(at, &end, 10);
        at = *end == 'x' ? end + 1 : end;
    }
    grid g = grid_zeros(rank, size);
    uint32_t random = seed * 2654435761u + 1;
    for (int64_t i = 0; i < g.count; i++) {
        random = random * 1664525u + 1013904223u;
        g.value[i] = (double)(random >> 16) - 9 * floor((random >> 16) / 9.0) - 4;
    }
    return g;
}

void grid_free(grid *g)
{
    free(g->value);
    g->value = NULL;
}

// ------------------------------------------------------------------------------------------ .npy

static uint64_t encode_f16(double number)
{
    int exponent;
    double fraction = frexp(fabs(number), &exponent); // 0.5 <= fraction < 1
    uint64_t sign = number < 0 ? 0x8000 : 0;
    if (number == 0)
        return 0;
    return sign | (uint64_t)(exponent + 14) << 10 | ((uint64_t)ldexp(fraction, 11) & 0x3ff);
}

static double decode_f16(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 0x3ff);
    double magnitude = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static uint64_t encode(double number, int size)
{
    uint64_t bits = 0;
    float single = (float)number;
    if (size == 2)
        return encode_f16(number);
    memcpy(&bits, size == 4 ? (const void *)&single : &number, (size_t)size);
    return bits;
}

static double decode(uint64_t bits, int size)
{
    float single;
    double number;
    uint32_t low = (uint32_t)bits;
    if (size == 2)
        return decode_f16(bits);
    memcpy(&single, &low, sizeof single);
    memcpy(&number, &bits, sizeof number);
    return size == 4 ? (double)single : number;
}

// The offset in a file of the element that is the `at`th in C order.
static int64_t offset_of(const grid *g, int64_t at, bool fortran)
{
    int64_t offset = 0, step = 1, index[MAX_RANK];
    if (!fortran)
        return at;
    for (int i = g->rank - 1; i >= 0; i--) {
        index[i] = at % g->size[i];
        at /= g->size[i];
    }
    for (int i = 0; i < g->rank; i++) {
        offset += index[i] * step;
        step *= g->size[i];
    }
    return offset;
}

static void describe(const grid *g, const char *descr, bool fortran, char *header, size_t room)
{
    char shape[MAX_RANK * 24] = "";
    for (int i = 0; i < g->rank; i++)
        sprintf(shape + strlen(shape), "%s%lld%s", i ? " " : "", (long long)g->size[i],
                i + 1 < g->rank || g->rank == 1 ? "," : "");
    snprintf(header, room, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr,
             fortran ? "True" : "False", shape);
}

void write_raw_npy(const char *path, const char *header, const void *bytes, size_t count)
{
    size_t length = (strlen(header) + 1 + 10 + 63) / 64 * 64 - 10;
    char *text = malloc(10 + length + count);
    assert_non_null(text);
    memset(text, ' ', 10 + length);
    memcpy(text, "\x93NUMPY\x01\x00", 8);
    text[8] = (char)(length & 255);
    text[9] = (char)(length >> 8);
    memcpy(text + 10, header, strlen(header));
    text[10 + length - 1] = '\n';
    if (count)
        memcpy(text + 10 + length, bytes, count);
    write_bytes(path, text, 10 + length + count);
    free(text);
}

void write_npy(const char *path, const grid *g, const char *descr, bool fortran)
{
    char header[256];
    int size = descr[2] - '0';
    unsigned char *bytes = calloc(g->count ? (size_t)g->count : 1, (size_t)size);
    assert_non_null(bytes);
    for (int64_t i = 0; i < g->count; i++) {
        uint64_t bits = encode(g->value[i], size);
        unsigned char *element = bytes + offset_of(g, i, fortran) * size;
        for (int k = 0; k < size; k++)
            element[descr[0] == '<' ? k : size - 1 - k] = (unsigned char)(bits >> 8 * k & 255);
    }
    describe(g, descr, fortran, header, sizeof header);
    write_raw_npy(path, header, bytes, (size_t)(g->count * size));
    free(bytes);
}

grid given_npy(const char *path, const char *shape, unsigned seed)
{
    grid g = grid_make(shape, seed);
    write_npy(path, &g, "<f4", false);
    return g;
}

void assert_npy(const char *path, const char *descr, const grid *expected)
{
    char header[256];
    size_t count;
    int size = descr[2] - '0';
    unsigned char *bytes = (unsigned char *)read_bytes(path, &count);
    assert_true(count > 10);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    size_t data = 10 + bytes[8] + 256u * bytes[9];
    describe(expected, descr, false, header, sizeof header);
    if (strncmp((char *)bytes + 10, header, strlen(header)) != 0)
        fail_msg("%s: the header is %.100s, not %s", path, (char *)bytes + 10, header);
    assert_int_equal(data % 64, 0);
    assert_int_equal(count - data, expected->count * size);
    for (int64_t i = 0; i < expected->count; i++) {
        uint64_t bits = 0;
        for (int k = 0; k < size; k++)
            bits |= (uint64_t)bytes[data + (size_t)(i * size + k)] << 8 * k;
        if (decode(bits, size) != expected->value[i])
            fail_msg("%s: element %lld is %g, not %g", path, (long long)i, decode(bits, size),
                     expected->value[i]);
    }
    free(bytes);
}

// ---------------------------------------------------------------------------------- convolutions

geometry geometry_make(int axes)
{
    geometry g = {.axes = axes, .groups = 1};
    for (int i = 0; i < 3; i++)
        g.stride[i] = g.dilation[i] = 1;
    return g;
}

// One axis of three: missing ones come first and have size 1.
typedef struct axis {
    int64_t input, kernel, output, stride, begin, dilation;
} axis;

// The sizes of one convolution, all with three axes.
typedef struct sizes {
    int64_t batch, inputs, outputs; // channels, of all groups
    axis at[3];
} sizes;

static sizes measure(const geometry *g, const grid *input, const grid *weight)
{
    bool batched = input->rank == g->axes + 2;
    sizes s = {.batch = batched ? input->size[0] : 1, .inputs = input->size[batched]};
    s.outputs = g->transposed ? weight->size[1] * g->groups : weight->size[0];
    for (int i = 0; i < 3; i++)
        s.at[i] = (axis){1, 1, 1, 1, 0, 1};
    for (int i = 0; i < g->axes; i++) {
        axis *a = &s.at[3 - g->axes + i];
        *a = (axis){.input = input->size[i + 1 + batched],
                    .kernel = weight->size[i + 2],
                    .stride = g->stride[i],
                    .begin = g->begin[i],
                    .dilation = g->dilation[i]};
        int64_t reach = a->dilation * (a->kernel - 1) + 1, sides = g->begin[i] + g->end[i];
        a->output = g->transposed
                        ? (a->input - 1) * a->stride - sides + reach + g->output_padding[i]
                        : (a->input + sides - reach) / a->stride + 1;
    }
    return s;
}

// Where on axis `a` kernel element `k` at output position `o` reads: an input position, or -1.
// Transposed: input position i adds to the outputs i*S - begin + k*D.
static int64_t source(const axis *a, bool transposed, int64_t o, int64_t k)
{
    int64_t i =
        transposed ? o + a->begin - k * a->dilation : o * a->stride - a->begin + k * a->dilation;
    if (transposed) {
        if (i < 0 || i % a->stride)
            return -1;
        i /= a->stride;
    }
    return i < a->input ? i : -1;
}

// One product of a sum: of channel `c` within the group and kernel element k, or 0.
static double product(const geometry *g, const sizes *s, const grid *input, const grid *weight,
                      const int64_t at[5], int64_t c, const int64_t k[3])
{
    int64_t per_group = s->inputs / g->groups, group = at[1] / (s->outputs / g->groups);
    int64_t channel = group * per_group + c;
    int64_t x = at[0] * s->inputs + channel;
    int64_t w = g->transposed
                    ? channel * (s->outputs / g->groups) + at[1] % (s->outputs / g->groups)
                    : at[1] * per_group + c;
    for (int i = 0; i < 3; i++) {
        int64_t from = source(&s->at[i], g->transposed, at[2 + i], k[i]);
        if (from < 0)
            return 0;
        x = x * s->at[i].input + from;
        w = w * s->at[i].kernel + k[i];
    }
    return input->value[x] * weight->value[w];
}

static double sum_at(const geometry *g, const sizes *s, const grid *input, const grid *weight,
                     const int64_t at[5])
{
    double sum = 0;
    int64_t k[3];
    for (int64_t c = 0; c < s->inputs / g->groups; c++)
        for (k[0] = 0; k[0] < s->at[0].kernel; k[0]++)
            for (k[1] = 0; k[1] < s->at[1].kernel; k[1]++)
                for (k[2] = 0; k[2] < s->at[2].kernel; k[2]++)
                    sum += product(g, s, input, weight, at, c, k);
    return sum;
}

grid convolve(const geometry *g, const grid *input, const grid *weight, const grid *bias)
{
    sizes s = measure(g, input, weight);
    const int64_t all[] = {s.batch, s.outputs, s.at[0].output, s.at[1].output, s.at[2].output};
    int64_t shape[MAX_RANK] = {s.batch, s.outputs};
    bool batched = input->rank == g->axes + 2;
    for (int i = 0; i < g->axes; i++)
        shape[2 + i] = s.at[3 - g->axes + i].output;
    grid output = grid_zeros(input->rank, shape + !batched);
    for (int64_t i = 0; i < output.count; i++) {
        int64_t at[5], rest = i;
        for (int k = 4; k >= 0; k--) {
            at[k] = rest % all[k];
            rest /= all[k];
        }
        output.value[i] = sum_at(g, &s, input, weight, at) + (bias ? bias->value[at[1]] : 0);
    }
    return output;
}
