// SPDX-License-Identifier: Apache-2.0
//
// Operands of any strides give the bits that contiguous copies of them give.
#include "guarded.h"
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

// An array and a view of its elements in another layout.
typedef struct strided {
    array block;
    faltung_tensor tensor; // what the library is given
    int64_t strides[FALTUNG_MAX_RANK];
} strided;

// Lays the elements of a contiguous array out anew: axes in a random order in memory, some walked
// backwards, some with room between their elements. What lies between is NaN.
static void lay_out(strided *view, const array *from, prng *random)
{
    int rank = from->tensor.rank;
    int order[FALTUNG_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int j = (int)random_between(random, 0, i);
        order[i] = order[j];
        order[j] = i;
    }
    int64_t extent = 1;
    int64_t first = 0;
    for (int i = 0; i < rank; i++) {
        int64_t size = from->shape[order[i]];
        int64_t step = extent * random_between(random, 1, 2);
        bool backwards = random_between(random, 0, 2) == 0 && size > 0;
        view->strides[order[i]] = backwards ? -step : step;
        first += backwards ? step * (size - 1) : 0;
        extent = step * size;
    }
    array_make(&view->block, from->tensor.dtype, 1, &extent);
    array_fill_bytes(&view->block, 0xff);
    char *data = view->block.memory;
    view->tensor = from->tensor;
    view->tensor.data = data + (size_t)first * faltung_dtype_size(from->tensor.dtype);
    view->tensor.shape = from->shape;
    view->tensor.strides = view->strides;
}

// Where the i-th element of the view lies in its block.
static int64_t place(const strided *view, const array *like, int64_t i)
{
    size_t size = faltung_dtype_size(view->tensor.dtype);
    int64_t at = ((char *)view->tensor.data - (char *)view->block.memory) / (int64_t)size;
    for (int a = 0; a < like->tensor.rank; a++)
        at += i / like->strides[a] % like->shape[a] * view->strides[a];
    return at;
}

static void scatter_into(strided *view, const array *from)
{
    for (int64_t i = 0; i < from->count; i++)
        array_set(&view->block, place(view, from, i), array_get(from, i));
}

static void gather_from(const strided *view, array *to)
{
    for (int64_t i = 0; i < to->count; i++)
        array_set(to, i, array_get(&view->block, place(view, to, i)));
}

static void check_strided(const sample *s, faltung_dtype dtype, prng *random)
{
    faltung_message message = {""};
    operands o;
    operands_make(&o, s, dtype);
    operands_fill_reals(&o, random);
    faltung_conv conv = sample_conv(s);
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &o.output.tensor, &message),
              &message);
    strided input, weight, bias, output;
    lay_out(&input, &o.input, random);
    lay_out(&weight, &o.weight, random);
    lay_out(&bias, &o.bias, random);
    lay_out(&output, &o.output, random);
    scatter_into(&input, &o.input);
    scatter_into(&weight, &o.weight);
    scatter_into(&bias, &o.bias);
    assert_ok(faltung_convolve(&conv, &input.tensor, &weight.tensor, &bias.tensor, &output.tensor,
                               &message),
              &message);
    array gathered;
    array_make(&gathered, dtype, o.output.tensor.rank, o.output.shape);
    gather_from(&output, &gathered);
    assert_true(array_same_bits(&gathered, &o.output));
    array_free(&gathered);
    array_free(&input.block);
    array_free(&weight.block);
    array_free(&bias.block);
    array_free(&output.block);
    operands_free(&o);
}

static void any_strides_give_the_same_bits(void **state)
{
    (void)state;
    prng random = {11};
    static const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64, FALTUNG_F16};
    for (int i = 0; i < 2 * 3 * 3 * 50; i++) {
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        check_strided(&s, dtypes[i / 6 % 3], &random);
    }
    for (int i = 0; i < 60; i++) { // of enough channels for what is read to be kept
        sample s = sample_make(i % 2, 2);
        s.channels_in = 200, s.channels_out = 50;
        for (int k = 0; k < 2; k++)
            *sample_axis(&s, k) = (faltung_axis){
                random_between(&random, 2, 24), i % 2 + 1, i % 2 + 1, 1, {0, 0}, i % 2, 0, 1};
        assert_true(sample_measure(&s));
        check_strided(&s, FALTUNG_F32, &random);
    }
    for (int i = 0; i < 20; i++) { // of enough channels to be transformed
        sample s = sample_make(i % 2, 2);
        s.batch = i % 3 + 1;
        s.groups = i % 2 + 1;
        s.channels_in = s.groups * 32;
        s.channels_out = s.groups * 33;
        for (int k = 0; k < 2; k++)
            *sample_axis(&s, k) =
                (faltung_axis){random_between(&random, 11, 30), 3, 1, 1, {1, i % 2}, i % 2, 0, 1};
        assert_true(sample_measure(&s));
        check_strided(&s, FALTUNG_F32, &random);
    }
}

// ------------------------------------------------------------------------------- chosen layouts

// A convolution, unless told otherwise of (2, 3, 8, 10) by (4, 3, 3, 3), and its output from
// contiguous operands.
typedef struct fixture {
    operands o;
    faltung_conv conv;
} fixture;

static void make_fixture(fixture *f, sample *s)
{
    prng random = {12};
    assert_true(sample_measure(s));
    operands_make(&f->o, s, FALTUNG_F32);
    operands_fill_reals(&f->o, &random);
    f->conv = sample_conv(s);
}

static void set_up(fixture *f)
{
    sample s = sample_make(false, 2);
    s.batch = 2, s.channels_in = 3, s.channels_out = 4;
    *sample_axis(&s, 0) = (faltung_axis){8, 3, 1, 1, {1, 1}, false, 0, 1};
    *sample_axis(&s, 1) = (faltung_axis){10, 3, 2, 1, {1, 1}, false, 0, 1};
    make_fixture(f, &s);
}

// Convolves an input view, and the same elements made contiguous, into equal bits.
static void assert_same_as_copy(const fixture *f, const faltung_tensor *input)
{
    faltung_message message = {""};
    array copied, expected, output;
    array_make(&copied, FALTUNG_F32, input->rank, input->shape);
    assert_ok(faltung_tensor_copy(input, &copied.tensor, &message), &message);
    int64_t shape[FALTUNG_MAX_AXES + 2];
    assert_ok(faltung_output_shape(&f->conv, input, &f->o.weight.tensor, shape, &message),
              &message);
    array_make(&expected, FALTUNG_F32, input->rank, shape);
    array_make(&output, FALTUNG_F32, input->rank, shape);
    array_fill_bytes(&output, 0xff);
    assert_ok(faltung_convolve(&f->conv, &copied.tensor, &f->o.weight.tensor, &f->o.bias.tensor,
                               &expected.tensor, &message),
              &message);
    assert_ok(faltung_convolve(&f->conv, input, &f->o.weight.tensor, &f->o.bias.tensor,
                               &output.tensor, &message),
              &message);
    assert_true(array_same_bits(&output, &expected));
    array_free(&copied);
    array_free(&expected);
    array_free(&output);
}

static void channels_last_input(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    const int64_t strides[] = {240, 1, 30, 3};
    faltung_tensor input = f.o.input.tensor;
    input.strides = strides;
    assert_same_as_copy(&f, &input);
    operands_free(&f.o);
}

// Of rows so long that all groups go through a few of them before they go on.
static void groups_of_long_rows_with_channels_last(void **state)
{
    (void)state;
    static const struct {
        int64_t in, out, groups, rows, columns, kernel;
    } some[] = {{2048, 4096, 256, 10, 10, 1}, {512, 32, 32, 20, 64, 3}, {1024, 16, 16, 7, 130, 1}};
    for (size_t i = 0; i < COUNT_OF(some); i++) {
        fixture f;
        sample s = sample_make(false, 2);
        s.batch = 2, s.groups = some[i].groups;
        s.channels_in = some[i].in, s.channels_out = some[i].out;
        for (int k = 0; k < 2; k++) {
            *sample_axis(&s, k) =
                (faltung_axis)FALTUNG_AXIS(k ? some[i].columns : some[i].rows, some[i].kernel);
            sample_axis(&s, k)->padding.begin = some[i].kernel / 2;
        }
        make_fixture(&f, &s);
        const int64_t row = some[i].columns * some[i].in;
        const int64_t strides[] = {some[i].rows * row, 1, row, some[i].in};
        faltung_tensor input = f.o.input.tensor;
        input.strides = strides;
        assert_same_as_copy(&f, &input);
        operands_free(&f.o);
    }
}

// Channels that are all the same lie together; rows of fewer pixels than a vector, far apart, are
// read in place, and nothing before them is.
static void short_rows_far_apart_with_channels_together(void **state)
{
    (void)state;
    const int64_t far = 1 << 20, rows = 3;
    const size_t bytes = (size_t)((rows - 1) * far + 32) * sizeof(float);
    arena memory;
    arena_make(&memory, bytes);
    for (int64_t columns = 1; columns < 20; columns++) {
        prng random = {(uint64_t)columns};
        fixture f;
        sample s = sample_make(false, 2);
        s.channels_in = s.channels_out = 4;
        s.groups = 2;
        *sample_axis(&s, 0) = (faltung_axis)FALTUNG_AXIS(rows, 1);
        *sample_axis(&s, 1) = (faltung_axis)FALTUNG_AXIS(columns, 1);
        make_fixture(&f, &s);
        const size_t reach = (size_t)((rows - 1) * far + columns) * sizeof(float);
        const int64_t strides[] = {0, 0, far, 1};
        faltung_tensor input = f.o.input.tensor;
        input.strides = strides;
        input.data = arena_place(&memory, reach, sizeof(float), (edge)(columns % EDGES));
        for (int64_t i = 0; i < rows * columns; i++)
            ((float *)input.data)[i / columns * far + i % columns] = (float)random_real(&random);
        assert_same_as_copy(&f, &input);
        operands_free(&f.o);
    }
    arena_free(&memory);
}

static void every_second_column_of_an_input(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    const int64_t shape[] = {2, 3, 8, 5};
    const int64_t strides[] = {240, 80, 10, 2};
    faltung_tensor input = {(float *)f.o.input.memory + 1, FALTUNG_F32, 4, shape, strides};
    assert_same_as_copy(&f, &input);
    operands_free(&f.o);
}

static void input_upside_down(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    const int64_t strides[] = {-240, -80, -10, -1};
    faltung_tensor input = f.o.input.tensor;
    input.data = (float *)f.o.input.memory + 479;
    input.strides = strides;
    assert_same_as_copy(&f, &input);
    operands_free(&f.o);
}

static void broadcast_inputs(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    for (int axis = 0; axis < 4; axis++) {
        int64_t strides[] = {240, 80, 10, 1};
        strides[axis] = 0;
        faltung_tensor input = f.o.input.tensor;
        input.strides = strides;
        assert_same_as_copy(&f, &input);
    }
    const int64_t all[] = {0, 0, 0, 0};
    faltung_tensor input = f.o.input.tensor;
    input.strides = all;
    assert_same_as_copy(&f, &input);
    operands_free(&f.o);
}

// An axis of size 1 is never stepped along, whatever the phases of a transposed convolution do.
static void strides_that_are_never_taken(void **state)
{
    (void)state;
    static const int64_t any[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2};
    const int64_t shape[] = {1, 1, 1};
    float x = 3, w = 5, b = 7;
    const int64_t five[] = {1, 1, 5}, to_five[] = {INT64_MAX, INT64_MIN, 1};
    const faltung_tensor input = {&x, FALTUNG_F32, 3, shape, any};
    const faltung_tensor weight = {&w, FALTUNG_F32, 3, shape, any};
    const faltung_tensor bias = {&b, FALTUNG_F32, 1, shape, any};
    float y[5];
    const faltung_tensor output = {y, FALTUNG_F32, 3, shape, any};
    const faltung_tensor padded = {y, FALTUNG_F32, 3, five, to_five};
    faltung_message message = {""};
    faltung_conv conv = FALTUNG_CONV1D;
    assert_ok(faltung_convolve(&conv, &input, &weight, &bias, &output, &message), &message);
    assert_true(y[0] == 22);
    conv = (faltung_conv)FALTUNG_CONV_TRANSPOSE1D;
    conv.stride[0] = 5;
    assert_ok(faltung_convolve(&conv, &input, &weight, &bias, &output, &message), &message);
    assert_true(y[0] == 22);
    conv.output_padding[0] = 4;
    assert_ok(faltung_convolve(&conv, &input, &weight, &bias, &padded, &message), &message);
    assert_true(y[0] == 22 && y[1] == 7 && y[4] == 7);
}

static void windows_of_one_signal_overlap(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    // Rows that begin one element after each other, as im2col would have them.
    const int64_t strides[] = {240, 80, 1, 1};
    faltung_tensor input = f.o.input.tensor;
    input.strides = strides;
    assert_same_as_copy(&f, &input);
    operands_free(&f.o);
}

static void input_and_weight_may_share_memory(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    faltung_message message = {""};
    faltung_tensor weight = f.o.weight.tensor;
    weight.data = f.o.input.memory;
    array first, second;
    array_make(&first, FALTUNG_F32, 4, f.o.output.shape);
    array_make(&second, FALTUNG_F32, 4, f.o.output.shape);
    assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &weight, NULL, &first.tensor, &message),
              &message);
    memcpy(f.o.weight.memory, f.o.input.memory, (size_t)f.o.weight.count * sizeof(float));
    assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, NULL, &second.tensor,
                               &message),
              &message);
    assert_true(array_same_bits(&first, &second));
    array_free(&first);
    array_free(&second);
    operands_free(&f.o);
}

// An output whose rows lie apart: what lies between them stays as it was.
static void an_output_writes_its_elements_only(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    faltung_message message = {""};
    assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, &f.o.bias.tensor,
                               &f.o.output.tensor, &message),
              &message);
    // (2, 4, 8, 5) inside (2, 4, 8, 7)
    const int64_t count = 2 * 4 * 8 * 7;
    const int64_t strides[] = {224, 56, 7, 1};
    array block;
    array_make(&block, FALTUNG_F32, 1, &count);
    for (int64_t i = 0; i < count; i++)
        array_set(&block, i, 12345);
    faltung_tensor output = f.o.output.tensor;
    output.data = (float *)block.memory + 1;
    output.strides = strides;
    assert_ok(faltung_convolve(&f.conv, &f.o.input.tensor, &f.o.weight.tensor, &f.o.bias.tensor,
                               &output, &message),
              &message);
    for (int64_t i = 0; i < count; i++) {
        int64_t column = i % 7 - 1;
        bool inside = column >= 0 && column < 5;
        assert_true(array_get(&block, i) ==
                    (inside ? array_get(&f.o.output, i / 7 * 5 + column) : 12345));
    }
    array_free(&block);
    operands_free(&f.o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_strides_give_the_same_bits),
        cmocka_unit_test(channels_last_input),
        cmocka_unit_test(groups_of_long_rows_with_channels_last),
        cmocka_unit_test(short_rows_far_apart_with_channels_together),
        cmocka_unit_test(every_second_column_of_an_input),
        cmocka_unit_test(input_upside_down),
        cmocka_unit_test(broadcast_inputs),
        cmocka_unit_test(strides_that_are_never_taken),
        cmocka_unit_test(windows_of_one_signal_overlap),
        cmocka_unit_test(input_and_weight_may_share_memory),
        cmocka_unit_test(an_output_writes_its_elements_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
