// SPDX-License-Identifier: Apache-2.0
//
// Gradients of a weight in units: exact on small integers, near on others, and the same bytes for
// all bounds and shards.
#include "between.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

// A gradient, its operands in x.npy and g.npy, and what it is in memory.
typedef struct gradient {
    faltung_conv conv;
    array input, grad_output, expected;
} gradient;

static void fill(array *a, numbers *n, bool integers)
{
    int64_t count;
    assert_int_equal(faltung_tensor_count(&a->tensor, &count, NULL), FALTUNG_OK);
    for (int64_t i = 0; i < count; i++) {
        const double value = (double)number_between(n, -8, 8) / (integers ? 1 : 7);
        if (a->tensor.dtype == FALTUNG_F32)
            ((float *)a->memory)[i] = (float)value;
        else
            ((double *)a->memory)[i] = value;
    }
}

// The shape of the forward output of a random convolution.
static void draw(gradient *g, numbers *n, int64_t *input, int64_t *weight, int64_t *output)
{
    faltung_status status;
    do {
        const int axes = (int)number_between(n, 1, 3);
        const bool transposed = number_between(n, 0, 2) == 0;
        faltung_conv conv =
            FALTUNG_DEFAULTS(transposed ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV, axes);
        conv.groups = number_between(n, 1, 2);
        input[0] = number_between(n, 1, 3);
        input[1] = conv.groups * number_between(n, 1, 3);
        const int64_t out = conv.groups * number_between(n, 1, 3);
        weight[0] = transposed ? input[1] : out;
        weight[1] = (transposed ? out : input[1]) / conv.groups;
        for (int i = 0; i < axes; i++) {
            input[2 + i] = number_between(n, 1, axes == 1 ? 300 : axes == 2 ? 30 : 9);
            weight[2 + i] = number_between(n, 1, 4);
            conv.stride[i] = number_between(n, 1, 3);
            conv.dilation[i] = number_between(n, 1, 2);
            conv.padding[i].begin = number_between(n, transposed ? 0 : -1, 4);
            conv.padding[i].end = number_between(n, transposed ? 0 : -1, 4);
        }
        const faltung_tensor x = {NULL, FALTUNG_F32, axes + 2, input, NULL};
        const faltung_tensor w = {NULL, FALTUNG_F32, axes + 2, weight, NULL};
        status = faltung_output_shape(&conv, &x, &w, output, NULL);
        g->conv = conv;
        g->conv.operation = transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT;
        g->conv.has_output_size = true;
        memcpy(g->conv.output_size, weight + 2, (size_t)axes * sizeof *weight);
        g->conv.threads = 1;
    } while (status);
}

static void make(scratch *t, gradient *g, numbers *n, bool integers)
{
    int64_t input[5], weight[5], output[5];
    faltung_message message;
    const faltung_dtype dtype = number_between(n, 0, 2) ? FALTUNG_F32 : FALTUNG_F64;
    draw(g, n, input, weight, output);
    const int rank = g->conv.axes + 2, first = number_between(n, 0, 3) == 0; // unbatched
    assert_int_equal(array_make(&t->session, &g->input, dtype, rank - first, input + first), 0);
    assert_int_equal(array_make(&t->session, &g->grad_output, dtype, rank - first, output + first),
                     0);
    assert_int_equal(array_make(&t->session, &g->expected, dtype, rank, weight), 0);
    fill(&g->input, n, integers);
    fill(&g->grad_output, n, integers);
    assert_int_equal(array_write(&t->session, &g->input.tensor, "x.npy", false), 0);
    assert_int_equal(array_write(&t->session, &g->grad_output.tensor, "g.npy", false), 0);
    if (faltung_convolve(&g->conv, &g->input.tensor, &g->grad_output.tensor, NULL,
                         &g->expected.tensor, &message))
        fail_msg("%s", message.text);
}

static void release(gradient *g)
{
    array_free(&g->input);
    array_free(&g->grad_output);
    array_free(&g->expected);
    unlink("x.npy");
    unlink("g.npy");
    unlink("y.npy");
}

static parts_request request_of(const gradient *g, size_t unit)
{
    return (parts_request){.conv = &g->conv,
                           .input = "x.npy",
                           .grad_output = "g.npy",
                           .output = "y.npy",
                           .rank = g->expected.tensor.rank,
                           .shape = g->expected.shape,
                           .memory = SIZE_MAX,
                           .unit = unit,
                           .kind = &posix_store};
}

static int64_t count_of(const array *a)
{
    int64_t count;
    assert_int_equal(faltung_tensor_count(&a->tensor, &count, NULL), FALTUNG_OK);
    return count;
}

static double number_of(const array *a, int64_t i)
{
    return a->tensor.dtype == FALTUNG_F32 ? (double)((const float *)a->memory)[i]
                                          : ((const double *)a->memory)[i];
}

// The result in y.npy, beside what is computed in memory, within a share of its size.
static void assert_near(scratch *t, const gradient *g, double share)
{
    array found;
    assert_int_equal(array_read(&t->session, &found, "y.npy"), EXIT_DONE);
    assert_int_equal(found.tensor.rank, g->expected.tensor.rank);
    assert_memory_equal(found.shape, g->expected.shape,
                        sizeof(int64_t) * (size_t)found.tensor.rank);
    double largest = 1;
    for (int64_t i = 0; i < count_of(&found); i++)
        largest = fmax(largest, fabs(number_of(&g->expected, i)));
    for (int64_t i = 0; i < count_of(&found); i++)
        assert_true(fabs(number_of(&found, i) - number_of(&g->expected, i)) <= share * largest);
    array_free(&found);
    assert_int_equal(count_files(), 3);
}

static void gradients_of_integers_are_exact(void **state)
{
    scratch *t = *state;
    numbers n = {21};
    for (int time = 0; time < 100; time++) {
        gradient g;
        make(t, &g, &n, true);
        const parts_request r = request_of(&g, (size_t)number_between(&n, 1, 20000));
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_near(t, &g, 0);
        release(&g);
    }
}

static void shards_give_the_same_bytes(void **state)
{
    scratch *t = *state;
    numbers n = {22};
    for (int time = 0; time < 20; time++) {
        gradient g;
        array once, parted;
        make(t, &g, &n, false);
        parts_request r = request_of(&g, 2000);
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_near(t, &g, 1e-5);
        assert_int_equal(array_read(&t->session, &once, "y.npy"), EXIT_DONE);
        unlink("y.npy");
        r.part.count = number_between(&n, 1, 4);
        for (int64_t i = r.part.count - 1; i >= 0; i--) {
            r.part.index = i;
            assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        }
        assert_int_equal(parts_finish(&t->session, "y.npy", false), EXIT_DONE);
        assert_int_equal(array_read(&t->session, &parted, "y.npy"), EXIT_DONE);
        assert_memory_equal(once.memory, parted.memory,
                            (size_t)count_of(&once) * faltung_dtype_size(once.tensor.dtype));
        array_free(&once);
        array_free(&parted);
        release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(gradients_of_integers_are_exact),
        scratch_test(shards_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
