// SPDX-License-Identifier: Apache-2.0
//
// The dictionary before the data of a .npy file.
#include "scratch.h"

#include "files/npy_header.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool parse(const char *text, npy_header *header, npy_reason *reason)
{
    memset(header, 0, sizeof *header);
    return npy_header_parse(text, strlen(text), header, reason);
}

// Whatever NumPy has written, or reads, of the types that can be read.
static void every_spelling_of_numpy_is_read(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n",
        "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 3)}\n",
        " \t{ 'descr' : '<f4' ,\n'fortran_order':False,'shape':( 2 ,3 , ) , } \n \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",
    };
    for (size_t i = 0; i < COUNT(spellings); i++) {
        npy_header header;
        npy_reason reason;
        if (!parse(spellings[i], &header, &reason))
            fail_msg("%s: %s", spellings[i], reason.text);
        assert_int_equal(header.dtype, FALTUNG_F32);
        assert_false(header.fortran_order);
        assert_int_equal(header.rank, 2);
        assert_int_equal(header.shape[0], 2);
        assert_int_equal(header.shape[1], 3);
    }
}

static void malformed_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"", "not a dictionary"},
        {"[]", "not a dictionary"},
        {"{", "a key is not a string"},
        {"{}", "'descr' is missing"},
        {"{'descr': '<f4'", "no ',' or '}'"},
        {"{'descr': '<f4', 'shape': ()}", "'fortran_order' is missing"},
        {"{'descr': '<f4', 'fortran_order': False}", "'shape' is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", "goes on after"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}}", "goes on after"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': ()}", "'descr' is there twice"},
        {"{'shape': (), 'shape': ()}", "'shape' is there twice"},
        {"{'color': 'red'}", "the key 'color' is not known"},
        {"{descr: '<f4'}", "a key is not a string"},
        {"{'descr' '<f4'}", "'descr' has no value"},
        {"{'descr': <f4}", "'descr' is not a string"},
        {"{'descr': '<f4}", "without an end"},
        {"{'descr': '<f4\"}", "without an end"},
        {"{'descr': '<f\\x34'}", "without an end"},
        {"{,}", "a key is not a string"},
        {"{'descr': '<f4',, 'shape': ()}", "a key is not a string"},
        {"{'descr': '<f4' 'shape': ()}", "no ',' or '}'"},
        {"{'fortran_order': 0}", "neither True nor False"},
        {"{'fortran_order': Fals", "neither True nor False"},
        {"{'fortran_order': Falsely}", "no ',' or '}'"},
        {"{'shape': 3}", "not a tuple"},
        {"{'shape': (3)}", "not a tuple"},
        {"{'shape': [3]}", "not a tuple"},
        {"{'shape': (,)}", "not a tuple of numbers"},
        {"{'shape': (2 3)}", "'shape' has no ',' or ')'"},
        {"{'shape': (2,,3)}", "not a tuple of numbers"},
        {"{'shape': (2, -1)}", "negative size"},
        {"{'shape': (2.0,)}", "'shape' has no ',' or ')'"},
        {"{'shape': (None,)}", "not a tuple of numbers"},
        {"{'shape': (2, 3", "'shape' has no ',' or ')'"},
        {"{'shape': (2, 3,", "not a tuple of numbers"},
        {"{'shape': (9223372036854775808,)}", "beyond 64 bits"},
        {"{'shape': (99999999999999999999999999,)}", "beyond 64 bits"},
        {"{'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
         "more than 32 axes"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        npy_header header;
        npy_reason reason = {""};
        if (parse(cases[i].text, &header, &reason))
            fail_msg("%s was accepted", cases[i].text);
        if (!strstr(reason.text, cases[i].reason))
            fail_msg("%s: \"%s\"", cases[i].text, reason.text);
    }
}

static void types_that_are_not_read_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        const char *reason;
    } cases[] = {
        {"'<i8'", "'<i8' (integers of another width)"},
        {"'<i2'", "'<i2' (integers of another width)"},
        {"'<u4'", "'<u4' (unsigned integers of another width)"},
        {"'|b1'", "'|b1' (truth values)"},
        {"'<c32'", "'<c32' (complex numbers of another width)"},
        {"'|O'", "'|O' (Python objects)"},
        {"'|V4'", "'|V4' (raw bytes, but not the two"},
        {"'|V1'", "'|V1' (raw bytes, but not the two"},
        {"'<f16'", "'<f16' (floating-point numbers of another width)"},
        {"'f'", "'f' (floating-point"},
        {"'<'", "'<' (not known)"},
        {"''", "'' (not known)"},
        {"'<<f4'", "(not known)"},
        {"[('a', '<f4')]", "structured"},
        {"('<f4', (2,))", "structured"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[100];
        snprintf(text, sizeof text, "{'descr': %s, 'fortran_order': True, 'shape': ()}",
                 cases[i].descr);
        npy_header header;
        npy_reason reason = {""};
        if (parse(text, &header, &reason))
            fail_msg("%s was accepted", text);
        if (!strstr(reason.text, cases[i].reason) || !strstr(reason.text, "only f2, f4, f8, i1"))
            fail_msg("%s: \"%s\"", text, reason.text);
    }
}

static void every_type_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        faltung_dtype dtype;
    } cases[] = {
        {"<f2", FALTUNG_F16},  {">f4", FALTUNG_F32},  {"=f8", FALTUNG_F64}, {"|i1", FALTUNG_I8},
        {"|u1", FALTUNG_U8},   {"<i4", FALTUNG_I32},  {"<c8", FALTUNG_C64}, {">c16", FALTUNG_C128},
        {"|V2", FALTUNG_BF16}, {"<V2", FALTUNG_BF16}, {"i1", FALTUNG_I8},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[100];
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (2,)}",
                 cases[i].descr);
        npy_header header = {.dtype = (faltung_dtype)0};
        npy_reason reason = {""};
        if (!parse(text, &header, &reason) || header.dtype != cases[i].dtype)
            fail_msg("%s: %s", text, reason.text);
    }
}

static void any_prefix_of_a_header_is_refused(void **state)
{
    (void)state;
    const char *whole = "{'descr': '>f8', 'fortran_order': True, 'shape': (16, 3, 5), }";
    npy_header header;
    npy_reason reason;
    assert_true(parse(whole, &header, &reason));
    for (size_t length = 0; length < strlen(whole); length++)
        assert_false(npy_header_parse(whole, length, &header, &reason));
}

// The bytes that numpy.save of NumPy 2.4 writes on a little-endian machine.
static void headers_are_written_as_numpy_writes_them(void **state)
{
    (void)state;
    static const struct {
        faltung_dtype dtype;
        int rank;
        int64_t shape[5];
        const char *dictionary;
        size_t length;
    } cases[] = {
        {FALTUNG_F32, 0, {0}, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 128},
        {FALTUNG_F64, 1, {3}, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_F16,
         2,
         {2, 0},
         "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 0), }",
         128},
        {FALTUNG_I8, 1, {3}, "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_U8, 1, {3}, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_I32, 1, {3}, "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_C64, 1, {3}, "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_C128, 1, {3}, "{'descr': '<c16', 'fortran_order': False, 'shape': (3,), }", 128},
        // Of ml_dtypes' bfloat16.
        {FALTUNG_BF16, 1, {3}, "{'descr': '<V2', 'fortran_order': False, 'shape': (3,), }", 128},
        {FALTUNG_F32,
         5,
         {1234567890123, 2, 1234567890123, 1234567890123, 1234567890123},
         "{'descr': '<f4', 'fortran_order': False, 'shape': (1234567890123, 2, 1234567890123, "
         "1234567890123, 1234567890123), }",
         192},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[NPY_HEADER_ROOM];
        size_t length = npy_header_write(text, cases[i].dtype, cases[i].rank, cases[i].shape);
        assert_int_equal(length, cases[i].length);
        assert_memory_equal(text, "\x93NUMPY\x01\x00", 8);
        assert_int_equal(text[8] & 0xff, length - 10);
        assert_int_equal(text[9], 0);
        // The order of bytes is this machine's; all else is as recorded.
        assert_true(text[21] == '<' || text[21] == '>' || text[21] == '|');
        if (text[21] != '|')
            text[21] = '<';
        size_t used = strlen(cases[i].dictionary);
        assert_memory_equal(text + 10, cases[i].dictionary, used);
        for (size_t j = 10 + used; j < length - 1; j++)
            assert_int_equal(text[j], ' ');
        assert_int_equal(text[length - 1], '\n');
    }
}

static void the_longest_header_fits(void **state)
{
    (void)state;
    int64_t shape[FALTUNG_MAX_RANK];
    for (int i = 0; i < FALTUNG_MAX_RANK; i++)
        shape[i] = INT64_MAX;
    char text[NPY_HEADER_ROOM];
    size_t length = npy_header_write(text, FALTUNG_F64, FALTUNG_MAX_RANK, shape);
    assert_in_range(length, 700, NPY_HEADER_ROOM);
    npy_header header;
    npy_reason reason;
    assert_true(npy_header_parse(text + 10, length - 10, &header, &reason));
    assert_int_equal(header.rank, FALTUNG_MAX_RANK);
    assert_int_equal(header.shape[FALTUNG_MAX_RANK - 1], INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_numpy_is_read),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(types_that_are_not_read_are_named),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(any_prefix_of_a_header_is_refused),
        cmocka_unit_test(headers_are_written_as_numpy_writes_them),
        cmocka_unit_test(the_longest_header_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
