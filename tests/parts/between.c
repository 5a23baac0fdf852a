// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // for memmem

#include "between.h"

#include "files/npy_header.h"
#include "files/shape.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t number_between(numbers *n, int64_t least, int64_t most)
{
    n->state ^= n->state >> 12;
    n->state ^= n->state << 25;
    n->state ^= n->state >> 27;
    uint64_t drawn = n->state * UINT64_C(0x2545f4914f6cdd1d);
    return least + (int64_t)((drawn >> 11) % (uint64_t)(most - least + 1));
}

static const faltung_dtype types[] = {FALTUNG_F32, FALTUNG_F32, FALTUNG_F32, FALTUNG_F64,
                                      FALTUNG_F16, FALTUNG_I8,  FALTUNG_C64};

// Writes bytes as a .npy file whose header says that they are in another order than they are: it is
// an array like any other.
static void write_npy(const char *path, const array *a, bool fortran, bool swapped)
{
    char header[NPY_HEADER_ROOM];
    int64_t strides[FALTUNG_MAX_RANK];
    size_t bytes;
    size_t length = npy_header_write(header, a->tensor.dtype, a->tensor.rank, a->shape);
    char *order = memmem(header, length, "False", 5), *type = memmem(header, length, "'<", 2);
    assert_true(shape_lay_out(a->tensor.rank, a->shape, faltung_dtype_size(a->tensor.dtype), false,
                              strides, &bytes));
    if (fortran)
        memcpy(order, "True ", 5);
    if (swapped && type)
        type[1] = '>';
    char *all = malloc(length + bytes);
    assert_non_null(all);
    memcpy(all, header, length);
    memcpy(all + length, a->memory, bytes);
    write_file(path, all, length + bytes);
    free(all);
}

// Small numbers, so that other byte orders are numbers, too.
static void make_numbers(scratch *t, array *a, faltung_dtype dtype, int rank, const int64_t *shape,
                         numbers *n)
{
    array drawn;
    assert_int_equal(array_make(&t->session, &drawn, FALTUNG_F32, rank, shape), EXIT_DONE);
    int64_t count;
    assert_int_equal(faltung_tensor_count(&drawn.tensor, &count, NULL), FALTUNG_OK);
    for (int64_t i = 0; i < count; i++)
        ((float *)drawn.memory)[i] = (float)number_between(n, -1000, 1000) / 61;
    assert_int_equal(array_copy(&t->session, a, &drawn.tensor, dtype), EXIT_DONE);
    array_free(&drawn);
}

static void draw_conv(faltung_conv *conv, numbers *n)
{
    static const faltung_operation operations[] = {FALTUNG_CONV, FALTUNG_CONV,
                                                   FALTUNG_CONV_TRANSPOSE, FALTUNG_CONV_INPUT,
                                                   FALTUNG_CONV_TRANSPOSE_INPUT};
    const faltung_operation operation = operations[number_between(n, 0, COUNT(operations) - 1)];
    const int axes = (int)number_between(n, 1, 3);
    *conv = (faltung_conv)FALTUNG_DEFAULTS(operation, axes);
    const bool plain = operation == FALTUNG_CONV;
    for (int i = 0; i < axes; i++) {
        conv->stride[i] = number_between(n, 1, 3);
        conv->dilation[i] = number_between(n, 1, 2);
        conv->padding[i].begin = number_between(n, plain ? -1 : 0, 3);
        conv->padding[i].end = number_between(n, plain ? -1 : 0, 3);
    }
    if (plain)
        conv->padding_mode = (faltung_padding_mode)number_between(n, 0, 3);
    if (number_between(n, 0, 2) == 0) // for transforms
        for (int i = 0; i < axes; i++)
            conv->stride[i] = conv->dilation[i] = 1;
    conv->groups = number_between(n, 1, 2);
    conv->threads = (int)number_between(n, 1, 3);
    if (operation <= FALTUNG_CONV_TRANSPOSE)
        conv->activation =
            number_between(n, 0, 1) ? FALTUNG_ACTIVATION_RELU : FALTUNG_ACTIVATION_NONE;
}

// Shapes for it; most do not fit together.
static void draw_shapes(const faltung_conv *conv, numbers *n, int64_t *input, int64_t *weight)
{
    const int64_t most = conv->axes == 1 ? 400 : conv->axes == 2 ? 30 : 10;
    const bool many = number_between(n, 0, 3) == 0;
    const int64_t in = number_between(n, 1, many ? 20 : 3) * conv->groups;
    const int64_t out = number_between(n, 1, many ? 20 : 3) * conv->groups;
    const bool transposed =
        conv->operation == FALTUNG_CONV_TRANSPOSE || conv->operation == FALTUNG_CONV_INPUT;
    input[0] = number_between(n, 1, 3);
    input[1] = in;
    weight[0] = transposed ? in : out;
    weight[1] = (transposed ? out : in) / conv->groups;
    for (int i = 0; i < conv->axes; i++) {
        input[2 + i] = number_between(n, 1, most);
        weight[2 + i] = many ? 3 : number_between(n, 1, 4);
    }
}

static void compute(scratch *t, between *b, const int64_t *shape)
{
    faltung_message message;
    const faltung_dtype dtype = faltung_result_dtype(b->input.tensor.dtype);
    assert_int_equal(array_make(&t->session, &b->expected, dtype, b->input.tensor.rank, shape),
                     EXIT_DONE);
    faltung_status status = faltung_convolve_residual(
        &b->conv, &b->input.tensor, &b->weight.tensor, b->has_bias ? &b->bias.tensor : NULL,
        b->has_residual ? &b->residual.tensor : NULL, &b->expected.tensor, &message);
    if (status)
        print_error("%s: %s\n", b->text, message.text);
    assert_int_equal(status, FALTUNG_OK);
}

static void write_text(between *b)
{
    faltung_problem p = {.conv = b->conv, .dtype = b->input.tensor.dtype};
    p.input_rank = b->input.tensor.rank;
    p.weight_rank = b->weight.tensor.rank;
    memcpy(p.input_shape, b->input.shape, sizeof(int64_t) * (size_t)p.input_rank);
    memcpy(p.weight_shape, b->weight.shape, sizeof(int64_t) * (size_t)p.weight_rank);
    assert_int_equal(faltung_problem_format(&p, b->text, sizeof b->text, NULL), FALTUNG_OK);
}

// A residual in the order of the output, which the one call asks for.
static void make_addends(scratch *t, between *b, const int64_t *shape, numbers *n)
{
    const bool forward = b->conv.operation <= FALTUNG_CONV_TRANSPOSE;
    const faltung_dtype dtype = faltung_result_dtype(b->input.tensor.dtype);
    const int rank = b->input.tensor.rank;
    b->has_bias = forward && number_between(n, 0, 1);
    b->has_residual = forward && number_between(n, 0, 2) == 0;
    const int64_t channels = shape[rank - b->conv.axes - 1];
    if (b->has_bias)
        make_numbers(t, &b->bias, dtype, 1, &channels, n);
    if (!b->has_residual)
        return;
    make_numbers(t, &b->residual, dtype, rank, shape, n);
    write_npy("r.npy", &b->residual, false, false);
}

void between_make(scratch *t, between *b, numbers *n)
{
    int64_t input[5], weight[5], shape[5];
    const faltung_dtype type = types[number_between(n, 0, COUNT(types) - 1)];
    const bool batched = number_between(n, 0, 4) > 0;
    faltung_tensor x, w;
    *b = (between){.has_bias = false};
    do {
        draw_conv(&b->conv, n);
        draw_shapes(&b->conv, n, input, weight);
        const int rank = b->conv.axes + (batched ? 2 : 1);
        x = (faltung_tensor){NULL, type, rank, batched ? input : input + 1, NULL};
        w = (faltung_tensor){NULL, type, b->conv.axes + 2, weight, NULL};
        if (type == FALTUNG_I8 || type == FALTUNG_C64)
            b->conv.activation = FALTUNG_ACTIVATION_NONE;
    } while (faltung_output_shape(&b->conv, &x, &w, shape, NULL) != FALTUNG_OK);
    array drawn;
    make_numbers(t, &drawn, type, x.rank, x.shape, n);
    make_numbers(t, &b->weight, type, w.rank, w.shape, n);
    write_npy("x.npy", &drawn, number_between(n, 0, 3) == 0, number_between(n, 0, 3) == 0);
    array_free(&drawn);
    assert_int_equal(array_read(&t->session, &b->input, "x.npy"), EXIT_DONE);
    make_addends(t, b, shape, n);
    write_text(b);
    compute(t, b, shape);
}

void between_free(between *b)
{
    array_free(&b->input);
    array_free(&b->weight);
    array_free(&b->expected);
    if (b->has_bias)
        array_free(&b->bias);
    if (b->has_residual)
        array_free(&b->residual);
    unlink("x.npy");
    unlink("r.npy");
    unlink("y.npy");
}

parts_request between_request(const between *b, size_t piece)
{
    return (parts_request){
        .conv = &b->conv,
        .input = "x.npy",
        .residual = b->has_residual ? "r.npy" : NULL,
        .output = "y.npy",
        .weight = &b->weight,
        .bias = b->has_bias ? &b->bias : NULL,
        .rank = b->expected.tensor.rank,
        .shape = b->expected.shape,
        .memory = SIZE_MAX,
        .piece = piece,
        .kind = &posix_store,
    };
}

void assert_computed(scratch *t, const between *b)
{
    array found;
    int64_t count;
    assert_int_equal(array_read(&t->session, &found, "y.npy"), EXIT_DONE);
    assert_int_equal(found.tensor.dtype, b->expected.tensor.dtype);
    assert_int_equal(found.tensor.rank, b->expected.tensor.rank);
    assert_int_equal(faltung_tensor_count(&found.tensor, &count, NULL), FALTUNG_OK);
    const size_t bytes = (size_t)count * faltung_dtype_size(found.tensor.dtype);
    if (memcmp(found.memory, b->expected.memory, bytes) != 0) {
        print_error("%s: other bytes\n", b->text);
        fail();
    }
    array_free(&found);
    assert_int_equal(count_files(), 2 + b->has_residual);
}
