// SPDX-License-Identifier: Apache-2.0
//
// .npy files, whole: what is read from them, what is refused, what is written.
#define _XOPEN_SOURCE 700

#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

// A file in memory.
typedef struct bytes {
    unsigned char at[1024];
    size_t count;
} bytes;

static void put_prefix(bytes *file, int major, size_t length)
{
    memcpy(file->at, "\x93NUMPY", 6);
    file->at[6] = (unsigned char)major;
    file->at[7] = 0;
    file->count = 8;
    for (int i = 0; i < (major == 1 ? 2 : 4); i++)
        file->at[file->count++] = (unsigned char)(length >> 8 * i);
}

// Everything before the data, as long as it has to be and no longer.
static void put_header(bytes *file, int major, const char *dictionary)
{
    put_prefix(file, major, strlen(dictionary));
    memcpy(file->at + file->count, dictionary, strlen(dictionary));
    file->count += strlen(dictionary);
}

static void put_data(bytes *file, const void *data, size_t count)
{
    memcpy(file->at + file->count, data, count);
    file->count += count;
}

// An f4 file of this shape with as many bytes of data.
static void put_small(bytes *file, const char *shape, size_t count)
{
    static const unsigned char zeros[256];
    char dictionary[256];
    snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': %s}",
             shape);
    put_header(file, 1, dictionary);
    put_data(file, zeros, count);
}

static int read_bytes(scratch *t, array *a, const bytes *file)
{
    write_file("x.npy", file->at, file->count);
    return array_read(&t->session, a, "x.npy");
}

// One of the numbers 1 to 6, by its index, as it stands in memory of either order.
static void put_number(bytes *file, int width, bool big, int index)
{
    static const uint64_t f2[] = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
    static const uint64_t f4[] = {0x3f800000, 0x40000000, 0x40400000,
                                  0x40800000, 0x40a00000, 0x40c00000};
    static const uint64_t f8[] = {0x3ff0000000000000, 0x4000000000000000, 0x4008000000000000,
                                  0x4010000000000000, 0x4014000000000000, 0x4018000000000000};
    uint64_t pattern = (width == 2 ? f2 : width == 4 ? f4 : f8)[index];
    for (int i = 0; i < width; i++)
        file->at[file->count++] = (unsigned char)(pattern >> 8 * (big ? width - 1 - i : i));
}

// A file of shape (2, 3) whose numbers are 1 to 6 in the order of the indices.
static void put_numbers(bytes *file, int major, int width, bool big, bool fortran)
{
    static const int c_order[] = {0, 1, 2, 3, 4, 5};
    static const int fortran_order[] = {0, 3, 1, 4, 2, 5};
    char dictionary[256];
    snprintf(dictionary, sizeof dictionary,
             "{'descr': '%cf%d', 'fortran_order': %s, 'shape': (2, 3), }", big ? '>' : '<', width,
             fortran ? "True" : "False");
    put_header(file, major, dictionary);
    for (int i = 0; i < 6; i++)
        put_number(file, width, big, (fortran ? fortran_order : c_order)[i]);
}

static void assert_numbers(scratch *t, const array *a, faltung_dtype dtype)
{
    assert_int_equal(a->tensor.dtype, dtype);
    assert_int_equal(a->tensor.rank, 2);
    assert_int_equal(a->shape[0], 2);
    assert_int_equal(a->shape[1], 3);
    array wide;
    assert_int_equal(array_copy(&t->session, &wide, &a->tensor, FALTUNG_F64), EXIT_DONE);
    for (int i = 0; i < 6; i++)
        assert_true(((double *)wide.memory)[i] == i + 1);
    array_free(&wide);
}

static void every_version_type_and_order_is_read(void **state)
{
    static const struct {
        faltung_dtype dtype;
        int width;
    } types[] = {{FALTUNG_F16, 2}, {FALTUNG_F32, 4}, {FALTUNG_F64, 8}};
    for (int i = 0; i < 3 * 3 * 2 * 2; i++) {
        int type = i % 3;
        bytes file;
        put_numbers(&file, 1 + i / 3 % 3, types[type].width, i / 9 % 2, i / 18);
        array a;
        assert_int_equal(read_bytes(*state, &a, &file), EXIT_DONE);
        assert_numbers(*state, &a, types[type].dtype);
        array_free(&a);
        assert_int_equal(read_piped(*state, &a, file.at, file.count), EXIT_DONE);
        assert_numbers(*state, &a, types[type].dtype);
        array_free(&a);
    }
}

static void what_is_written_is_read_again(void **state)
{
    scratch *t = *state;
    for (int dtype = FALTUNG_F32; dtype <= FALTUNG_F16; dtype++)
        for (int fortran = 0; fortran < 2; fortran++) {
            bytes file;
            put_numbers(&file, 1, (int)faltung_dtype_size(dtype), false, fortran);
            array a, b;
            assert_int_equal(read_bytes(t, &a, &file), EXIT_DONE);
            assert_int_equal(array_write(&t->session, &a.tensor, "y.npy", true), EXIT_DONE);
            assert_int_equal(array_read(&t->session, &b, "y.npy"), EXIT_DONE);
            assert_numbers(t, &b, dtype);
            assert_int_equal(b.strides[0], 3);
            array_free(&a);
            array_free(&b);
        }
}

static void empty_arrays_and_single_numbers_go_both_ways(void **state)
{
    scratch *t = *state;
    static const struct {
        int rank;
        int64_t shape[3];
        int64_t count;
    } cases[] = {{0, {0}, 1}, {1, {0}, 0}, {1, {1}, 1}, {3, {2, 0, 3}, 0}, {3, {0, 0, 0}, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        array a, b;
        assert_int_equal(array_make(&t->session, &a, FALTUNG_F64, cases[i].rank, cases[i].shape),
                         EXIT_DONE);
        assert_int_equal(array_write(&t->session, &a.tensor, "x.npy", true), EXIT_DONE);
        struct stat status;
        assert_int_equal(stat("x.npy", &status), 0);
        assert_int_equal(status.st_size, 128 + cases[i].count * (int64_t)sizeof(double));
        assert_int_equal(array_read(&t->session, &b, "x.npy"), EXIT_DONE);
        assert_int_equal(b.tensor.rank, cases[i].rank);
        assert_non_null(b.tensor.data);
        assert_memory_equal(b.shape, cases[i].shape, (size_t)cases[i].rank * sizeof *b.shape);
        array_free(&a);
        array_free(&b);
    }
}

static void standard_output_and_input_take_an_array(void **state)
{
    scratch *t = *state;
    array a;
    bytes file;
    put_numbers(&file, 1, 4, false, false);
    assert_int_equal(read_bytes(t, &a, &file), EXIT_DONE);
    assert_int_equal(array_write(&t->session, &a.tensor, "-", false), EXIT_DONE);
    array_free(&a);
    assert_int_equal(t->out_length, 128 + 24);
    write_file("y.npy", t->out, t->out_length);
    int before = dup(0);
    assert_non_null(freopen("y.npy", "rb", stdin));
    assert_int_equal(array_read(&t->session, &a, "-"), EXIT_DONE);
    assert_numbers(t, &a, FALTUNG_F32);
    array_free(&a);
    assert_refusal(t, array_read(&t->session, &a, "-"), EXIT_BAD_FILE, "standard input: empty");
    dup2(before, 0);
    close(before);
    clearerr(stdin);
}

static void a_file_cut_anywhere_is_malformed(void **state)
{
    scratch *t = *state;
    for (int major = 1; major <= 2; major++) {
        bytes file;
        put_numbers(&file, major, 4, true, false);
        for (size_t count = 0; count < file.count; count++) {
            array a;
            write_file("x.npy", file.at, count);
            const char *words = count == 0                ? "empty"
                                : count < file.count - 24 ? "ends"
                                                          : "24 bytes";
            assert_refusal(t, array_read(&t->session, &a, "x.npy"), EXIT_BAD_FILE, words);
            assert_refusal(t, read_piped(t, &a, file.at, count), EXIT_BAD_FILE, words);
        }
    }
}

static void anything_behind_the_array_is_malformed(void **state)
{
    scratch *t = *state;
    bytes file;
    put_numbers(&file, 1, 4, true, false);
    file.at[file.count++] = 0;
    array a;
    assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, "x.npy: goes on after");
    assert_refusal(t, read_piped(t, &a, file.at, file.count), EXIT_BAD_FILE, "goes on after");
}

static void a_prefix_that_is_not_numpys_is_malformed(void **state)
{
    scratch *t = *state;
    static const struct {
        unsigned char at;
        unsigned char value;
        const char *words;
    } cases[] = {
        {0, 'N', "neither a .npy file nor"},
        {5, 'Z', "does not begin with \\x93NUMPY"},
        {6, 0, "version 0.0"},
        {6, 4, "version 4.0"},
        {7, 1, "version 1.1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bytes file;
        put_numbers(&file, 1, 4, true, false);
        file.at[cases[i].at] = cases[i].value;
        array a;
        assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, cases[i].words);
    }
}

static void a_header_length_out_of_all_measure_is_malformed(void **state)
{
    scratch *t = *state;
    static const size_t lengths[] = {10001, 65536, 0x7fffffff, 0xfffffff0, 0xffffffff};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        bytes file;
        put_prefix(&file, 2, lengths[i]);
        array a;
        assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, "at most 10000 are read");
    }
}

static void a_malformed_dictionary_is_told_with_the_file(void **state)
{
    scratch *t = *state;
    bytes file;
    array a;
    put_header(&file, 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}");
    assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, "x.npy: ");
    put_header(&file, 3, "{'descr': '\x1b[31m', 'fortran_order': False, 'shape': (1,)}");
    assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, "'\\x1b[31m' (not known)");
}

static void a_shape_whose_product_wraps_is_malformed(void **state)
{
    scratch *t = *state;
    static const char *const shapes[] = {
        "(4294967296, 4294967296)",    "(4611686018427387904, 4)", "(2305843009213693952,)",
        "(9223372036854775807,)",      "(3, 6148914691236517206)", "(65536, 65536, 65536, 65536)",
        "(0, 4294967296, 4294967296)",
    };
    for (size_t i = 0; i < COUNT(shapes); i++) {
        bytes file;
        put_small(&file, shapes[i], 0);
        array a;
        assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE, "larger than any memory");
    }
}

// 256 TiB: were memory taken on the header's word, it would fail in other words.
static void memory_is_not_taken_for_data_that_is_not_there(void **state)
{
    scratch *t = *state;
    bytes file;
    put_small(&file, "(70368744177664,)", 100);
    array a;
    assert_refusal(t, read_bytes(t, &a, &file), EXIT_BAD_FILE,
                   "281474976710656 bytes of data were expected, 100 are there");
    assert_refusal(t, read_piped(t, &a, file.at, file.count), EXIT_BAD_FILE,
                   "281474976710656 bytes of data were expected, 100 are there");
}

// More than is taken at first, from a pipe: memory grows on the way.
static void a_large_array_comes_through_a_pipe(void **state)
{
    scratch *t = *state;
    const int64_t count = 700001;
    array a, b;
    assert_int_equal(array_make(&t->session, &a, FALTUNG_F64, 1, &count), EXIT_DONE);
    for (int64_t i = 0; i < count; i++)
        ((double *)a.memory)[i] = (double)i;
    assert_int_equal(array_write(&t->session, &a.tensor, "x.npy", false), EXIT_DONE);
    FILE *pipe = popen("cat x.npy", "r");
    assert_non_null(pipe);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fileno(pipe));
    assert_int_equal(array_read(&t->session, &b, path), EXIT_DONE);
    assert_int_equal(b.shape[0], count);
    assert_memory_equal(a.memory, b.memory, (size_t)count * sizeof(double));
    assert_int_equal(pclose(pipe), 0);
    array_free(&a);
    array_free(&b);
}

static void views_are_written_in_the_order_of_their_indices(void **state)
{
    scratch *t = *state;
    float numbers[] = {6, 3, 5, 2, 4, 1};
    const int64_t shape[] = {2, 3};
    const int64_t strides[] = {-1, -2};
    const faltung_tensor view = {numbers + 5, FALTUNG_F32, 2, shape, strides};
    assert_int_equal(array_write(&t->session, &view, "x.npy", false), EXIT_DONE);
    array a;
    assert_int_equal(array_read(&t->session, &a, "x.npy"), EXIT_DONE);
    assert_numbers(t, &a, FALTUNG_F32);
    array_free(&a);
}

static void what_cannot_be_opened_is_no_bad_file(void **state)
{
    scratch *t = *state;
    array a;
    assert_refusal(t, array_read(&t->session, &a, "none.npy"), EXIT_REFUSED,
                   "cannot open 'none.npy': No such file");
    assert_refusal(t, array_read(&t->session, &a, "."), EXIT_REFUSED, "'.': it is a folder");
    write_file("x.npy", "", 0);
    assert_refusal(t, array_read(&t->session, &a, "x.npy"), EXIT_BAD_FILE, "x.npy: empty");
    write_file("x.npy", "hello", 5);
    assert_refusal(t, array_read(&t->session, &a, "x.npy"), EXIT_BAD_FILE, "neither a .npy");
}

static void control_characters_of_a_name_are_shown_escaped(void **state)
{
    scratch *t = *state;
    array a;
    assert_refusal(t, array_read(&t->session, &a, "a\n\x1b[2J.npy"), EXIT_REFUSED,
                   "'a\\n\\x1b[2J.npy'");
    write_file("b\r.npy", "x", 1);
    assert_refusal(t, array_read(&t->session, &a, "b\r.npy"), EXIT_BAD_FILE, "b\\x0d.npy: ");
}

static void arrays_that_cannot_be_are_not_made(void **state)
{
    scratch *t = *state;
    const int64_t negative[] = {2, -1};
    const int64_t wraps[] = {INT64_C(1) << 32, INT64_C(1) << 32};
    const int64_t empty_but_wraps[] = {0, INT64_C(1) << 32, INT64_C(1) << 32};
    int64_t many[FALTUNG_MAX_RANK + 1] = {0};
    array a;
    assert_refusal(t, array_make(&t->session, &a, FALTUNG_F32, 2, negative), EXIT_REFUSED, "-1");
    assert_refusal(t, array_make(&t->session, &a, FALTUNG_F32, 2, wraps), EXIT_REFUSED,
                   "4294967296");
    assert_refusal(t, array_make(&t->session, &a, FALTUNG_F32, 3, empty_but_wraps), EXIT_REFUSED,
                   "(0, 4294967296, 4294967296) does not fit into memory");
    assert_refusal(t, array_make(&t->session, &a, FALTUNG_F32, FALTUNG_MAX_RANK + 1, many),
                   EXIT_REFUSED, "33");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(every_version_type_and_order_is_read),
        scratch_test(what_is_written_is_read_again),
        scratch_test(empty_arrays_and_single_numbers_go_both_ways),
        scratch_test(standard_output_and_input_take_an_array),
        scratch_test(a_file_cut_anywhere_is_malformed),
        scratch_test(anything_behind_the_array_is_malformed),
        scratch_test(a_prefix_that_is_not_numpys_is_malformed),
        scratch_test(a_header_length_out_of_all_measure_is_malformed),
        scratch_test(a_malformed_dictionary_is_told_with_the_file),
        scratch_test(a_shape_whose_product_wraps_is_malformed),
        scratch_test(memory_is_not_taken_for_data_that_is_not_there),
        scratch_test(a_large_array_comes_through_a_pipe),
        scratch_test(views_are_written_in_the_order_of_their_indices),
        scratch_test(what_cannot_be_opened_is_no_bad_file),
        scratch_test(control_characters_of_a_name_are_shown_escaped),
        scratch_test(arrays_that_cannot_be_are_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
