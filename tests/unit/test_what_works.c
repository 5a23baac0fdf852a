// SPDX-License-Identifier: Apache-2.0
//
// The table of docs/semantics.md that says what works with what, cell by cell: what it names gives
// the numbers of f64 in the plainest layout, whole, small and not negative, so that every type
// holds them; what it does not name is refused. And there is a cell for everything: every
// operation, border and type.
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char heading[] = "## What works with what";

// ------------------------------------------------------------------------------------ operations

typedef enum result { OUTPUT, OF_INPUT, OF_WEIGHT, COLUMNS, PICTURE } result;

static const struct {
    const char *before, *behind; // the number of axes, in the operation's name
    faltung_operation operation;
    result result;
} operations[] = {
    {"conv", "d", FALTUNG_CONV, OUTPUT},
    {"conv_transpose", "d", FALTUNG_CONV_TRANSPOSE, OUTPUT},
    {"conv", "d_input", FALTUNG_CONV_INPUT, OF_INPUT},
    {"conv", "d_weight", FALTUNG_CONV_WEIGHT, OF_WEIGHT},
    {"conv_transpose", "d_input", FALTUNG_CONV_TRANSPOSE_INPUT, OF_INPUT},
    {"conv_transpose", "d_weight", FALTUNG_CONV_TRANSPOSE_WEIGHT, OF_WEIGHT},
    {"unfold", "d", FALTUNG_CONV, COLUMNS},
    {"fold", "d", FALTUNG_CONV, PICTURE},
};

static const char *const layouts[] = {"nchw", "nhwc", "strided"};
static const char *const borders[] = {"zeros",    "reflect", "replicate",
                                      "circular", "cropped", "dilated"};

typedef struct trial {
    int operation, axes;
    faltung_conv conv;
    int64_t kernel[3];
    array first, second, result; // contiguous, f64; second: not of blocks
    bool has_second;
} trial;

static void set_border(faltung_conv *conv, const char *border)
{
    for (int i = 0; i < conv->axes; i++) {
        bool crops = strcmp(border, "cropped") == 0;
        conv->padding[i] = crops ? (faltung_padding){-1, 2} : (faltung_padding){1, 2};
        conv->input_dilation[i] = strcmp(border, "dilated") == 0 ? 2 : 1;
    }
    for (int mode = FALTUNG_PADDING_REFLECT; mode <= FALTUNG_PADDING_CIRCULAR; mode++)
        if (strcmp(border, faltung_padding_mode_name((faltung_padding_mode)mode)) == 0)
            conv->padding_mode = (faltung_padding_mode)mode;
}

// (2, channels, sizes...)
static void make(array *a, int axes, int64_t channels, const int64_t *sizes)
{
    prng random = {17 + (uint64_t)channels};
    int64_t shape[5] = {2, channels};
    memcpy(shape + 2, sizes, (size_t)axes * sizeof *shape);
    array_make(a, FALTUNG_F64, axes + 2, shape);
    array_fill_integers(a, &random, 0, 2);
}

// What the convolution itself gives, with zeros around: the size of grad_output, or a picture's.
static void find_output(const trial *t, bool transposed, const int64_t *input, int64_t *output)
{
    for (int i = 0; i < t->axes; i++) {
        faltung_axis axis = FALTUNG_AXIS(input[i], t->kernel[i]);
        axis.padding = t->conv.padding[i];
        axis.stride = t->conv.stride[i];
        axis.transposed = transposed;
        assert_int_equal(faltung_output_size(&axis, &output[i], NULL), FALTUNG_OK);
    }
}

// Operands as if the border were zeros: then what does not support another one refuses just that.
static void set_up(trial *t, int operation, int axes, const char *border)
{
    static const int64_t sizes[] = {7, 8, 6};
    int64_t output[3], shape[5] = {4, 2}; // of the weight: 4 channels to 2*2 in 2 groups, or back
    const faltung_operation o = operations[operation].operation;
    const bool transposed = o == FALTUNG_CONV_TRANSPOSE || o == FALTUNG_CONV_TRANSPOSE_INPUT ||
                            o == FALTUNG_CONV_TRANSPOSE_WEIGHT;
    *t = (trial){operation, axes, FALTUNG_DEFAULTS(o, axes), {3, 2, 3}, .has_second = true};
    set_border(&t->conv, border);
    t->conv.stride[0] = 2;
    find_output(t, transposed, sizes, output);
    memcpy(shape + 2, t->kernel, (size_t)axes * sizeof *shape);
    switch (operations[operation].result) {
    case OUTPUT:
        t->conv.groups = 2;
        make(&t->first, axes, 4, sizes);
        break;
    case OF_INPUT:
        t->conv.groups = 2;
        make(&t->first, axes, 4, output);
        t->conv.has_output_size = true;
        memcpy(t->conv.output_size, sizes, sizeof sizes);
        break;
    case OF_WEIGHT:
        t->conv.groups = 2;
        make(&t->first, axes, 4, sizes);
        make(&t->second, axes, 4, output);
        t->conv.has_output_size = true;
        memcpy(t->conv.output_size, t->kernel, sizeof t->kernel);
        return;
    case COLUMNS:
    case PICTURE:
        t->has_second = false;
        make(&t->first, axes, 4, sizes);
        t->conv.has_output_size = true;
        memcpy(t->conv.output_size, sizes, sizeof sizes);
        return;
    }
    prng random = {3};
    array_make(&t->second, FALTUNG_F64, axes + 2, shape);
    array_fill_integers(&t->second, &random, 0, 2);
}

// Columns to fold are those that a picture has between zeros.
static void make_columns(trial *t)
{
    faltung_message m;
    int64_t shape[3];
    faltung_conv plain = t->conv;
    array columns;
    set_border(&plain, "zeros");
    plain.padding_mode = FALTUNG_PADDING_ZEROS;
    assert_ok(faltung_unfold_shape(&plain, t->kernel, &t->first.tensor, shape, &m), &m);
    array_make(&columns, FALTUNG_F64, 3, shape);
    assert_ok(faltung_unfold(&plain, t->kernel, &t->first.tensor, &columns.tensor, &m), &m);
    array_free(&t->first);
    t->first = columns;
    t->first.tensor.shape = t->first.shape;
}

static faltung_status find_shape(const trial *t, const faltung_tensor *first,
                                 const faltung_tensor *second, int *rank, int64_t *shape)
{
    *rank = operations[t->operation].result == COLUMNS ? 3 : t->axes + 2;
    switch (operations[t->operation].result) {
    case COLUMNS:
        return faltung_unfold_shape(&t->conv, t->kernel, first, shape, NULL);
    case PICTURE:
        return faltung_fold_shape(&t->conv, t->kernel, first, shape, NULL);
    default:
        return faltung_output_shape(&t->conv, first, second, shape, NULL);
    }
}

static faltung_status compute(const trial *t, const faltung_tensor *first,
                              const faltung_tensor *second, const faltung_tensor *to)
{
    switch (operations[t->operation].result) {
    case COLUMNS:
        return faltung_unfold(&t->conv, t->kernel, first, to, NULL);
    case PICTURE:
        return faltung_fold(&t->conv, t->kernel, first, to, NULL);
    default:
        return faltung_convolve(&t->conv, first, second, NULL, to, NULL);
    }
}

// --------------------------------------------------------------------------------------- layouts

// A tensor of this type and layout.
static void lay_out(array *a, faltung_dtype dtype, int rank, const int64_t *shape, int layout)
{
    int64_t count = layout == 2 ? 3 : 1, step = count;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    array_make(a, dtype, 1, &count);
    array_fill_bytes(a, 0xff);
    memcpy(a->shape, shape, (size_t)rank * sizeof *shape);
    a->tensor.rank = rank;
    a->tensor.strides = a->strides;
    if (layout > 0) { // channels last
        a->strides[1] = step;
        step *= shape[1];
    }
    for (int i = rank - 1; i >= 0; i--)
        if (layout == 0 || i != 1) {
            a->strides[i] = step;
            step *= shape[i];
        }
    if (layout == 2) { // and backwards, in the last axis and the batch
        int64_t back =
            (shape[0] - 1) * a->strides[0] + (shape[rank - 1] - 1) * a->strides[rank - 1];
        a->tensor.data = (char *)a->memory + back * (int64_t)faltung_dtype_size(dtype);
        a->strides[0] = -a->strides[0];
        a->strides[rank - 1] = -a->strides[rank - 1];
    }
}

static void copy_to(array *a, faltung_dtype dtype, int layout, const array *from)
{
    faltung_message m;
    lay_out(a, dtype, from->tensor.rank, from->shape, layout);
    assert_ok(faltung_tensor_copy(&from->tensor, &a->tensor, &m), &m);
}

// The type of a result of operands of a type.
static faltung_dtype result_type(const trial *t, faltung_dtype dtype)
{
    bool convolves = operations[t->operation].result <= OF_WEIGHT;
    return convolves ? faltung_result_dtype(dtype) : dtype;
}

// Computes a trial in a type and layout, into a contiguous array; false if it is refused.
static bool try_cell(const trial *t, faltung_dtype dtype, int layout, array *found)
{
    array first, second, to;
    int rank;
    int64_t shape[5];
    faltung_message m;
    copy_to(&first, dtype, layout, &t->first);
    if (t->has_second)
        copy_to(&second, dtype, layout, &t->second);
    const faltung_tensor *other = t->has_second ? &second.tensor : NULL;
    bool works = find_shape(t, &first.tensor, other, &rank, shape) == FALTUNG_OK;
    if (works) {
        lay_out(&to, result_type(t, dtype), rank, shape, layout);
        works = compute(t, &first.tensor, other, &to.tensor) == FALTUNG_OK;
        array_make(found, result_type(t, dtype), rank, shape);
        if (works)
            assert_ok(faltung_tensor_copy(&to.tensor, &found->tensor, &m), &m);
        else
            array_free(found);
        array_free(&to);
    }
    array_free(&first);
    if (t->has_second)
        array_free(&second);
    return works;
}

// ----------------------------------------------------------------------------------------- the
// table

enum { COLUMN_COUNT = 16 };

// Whether a list such as "nchw, nhwc" holds a name.
static bool holds(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ' ' || at[-1] == ',') && strchr(", ", at[length]))
            return true;
    return false;
}

// Cuts "| a | b, c |" into its cells, without the blanks around them; returns how many there are.
static int cut(char *line, char *cell[COLUMN_COUNT])
{
    int count = 0;
    for (char *rest = NULL, *at = strtok_r(line, "|\n", &rest); at && count < COLUMN_COUNT;
         at = strtok_r(NULL, "|\n", &rest)) {
        at += strspn(at, " ");
        for (size_t n = strlen(at); n && at[n - 1] == ' ';)
            at[--n] = '\0';
        if (*at)
            cell[count++] = at;
    }
    return count;
}

typedef struct table {
    char line[64][1024];
    char *cell[64][COLUMN_COUNT]; // the first line: the names of the columns
    int columns, rows;            // rows with that line
} table;

static void read_table(table *t)
{
    char line[1024];
    bool found = false;
    FILE *file = fopen(SEMANTICS_FILE, "r");
    assert_non_null(file);
    t->rows = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, heading, strlen(heading)) == 0)
            found = true;
        else if (found && line[0] == '|' && strncmp(line, "| ---", 5) != 0) {
            assert_true(t->rows < 64);
            memcpy(t->line[t->rows], line, sizeof line);
            int columns = cut(t->line[t->rows], t->cell[t->rows]);
            assert_true(t->rows == 0 || columns == t->columns);
            t->columns = columns;
            t->rows++;
        } else if (t->rows && line[0] != '|')
            break;
    }
    fclose(file);
    assert_true(t->rows > 1);
}

// The cell for an operation, a border and a type, which there must be just once.
static const char *find_cell(const table *t, const char *operation, const char *border,
                             const char *type)
{
    const char *found = NULL;
    for (int row = 1; row < t->rows; row++)
        for (int column = 2; column < t->columns; column++)
            if (holds(t->cell[row][0], operation) && holds(t->cell[row][1], border) &&
                strcmp(t->cell[0][column], type) == 0) {
                if (found)
                    fail_msg("%s, %s, %s: two cells", operation, border, type);
                found = t->cell[row][column];
            }
    if (!found)
        fail_msg("%s, %s, %s: no cell", operation, border, type);
    return found;
}

static void assert_cell(const trial *t, const char *cell, faltung_dtype dtype, const char *what)
{
    array plain, found;
    const bool any = try_cell(t, FALTUNG_F64, 0, &plain);
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        const bool works = try_cell(t, dtype, (int)i, &found);
        if (works != holds(cell, layouts[i]))
            fail_msg("%s %s: %s", what, layouts[i], works ? "works" : "is refused");
        if (!works)
            continue;
        assert_true(any);
        array expected;
        copy_to(&expected, found.tensor.dtype, 0, &plain);
        if (!array_same_bits(&found, &expected))
            fail_msg("%s %s: other numbers", what, layouts[i]);
        array_free(&expected);
        array_free(&found);
    }
    if (any)
        array_free(&plain);
}

static void every_cell_of_the_table_is_true(void **state)
{
    (void)state;
    static table t;
    read_table(&t);
    for (size_t o = 0; o < COUNT_OF(operations); o++)
        for (int axes = 1; axes <= FALTUNG_MAX_AXES; axes++)
            for (size_t b = 0; b < COUNT_OF(borders); b++)
                for (int type = 1; faltung_dtype_size((faltung_dtype)type); type++) {
                    char operation[64], what[128];
                    const char *name = faltung_dtype_name((faltung_dtype)type);
                    trial tried;
                    snprintf(operation, sizeof operation, "%s%d%s", operations[o].before, axes,
                             operations[o].behind);
                    snprintf(what, sizeof what, "%s %s %s", operation, borders[b], name);
                    const char *cell = find_cell(&t, operation, borders[b], name);
                    set_up(&tried, (int)o, axes, borders[b]);
                    if (operations[o].result == PICTURE)
                        make_columns(&tried);
                    assert_cell(&tried, cell, (faltung_dtype)type, what);
                    array_free(&tried.first);
                    if (tried.has_second)
                        array_free(&tried.second);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_the_table_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
