// SPDX-License-Identifier: Apache-2.0
//
// Files that cannot be read or written, or hold what they should not: a refusal says why in one
// line, leaves what was there, and leaves nothing behind.
#include "arrays.h"

#include <unistd.h>

typedef struct refusal {
    const char *line;
    const char *words;
} refusal;

static void assert_refusals(int status, const refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refuses(status, cases[i].line, cases[i].words);
}

// x.npy of 1x1x8x8 and w.npy of 1x1x3x3.
static void given_operands(void)
{
    grid x = given_npy("x.npy", "1x1x8x8", 1), w = given_npy("w.npy", "1x1x3x3", 2);
    grid_free(&x);
    grid_free(&w);
}

static void inputs_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung conv2d none.npy w.npy -o y.npy", "'none.npy': No such file or directory"},
        {"faltung conv2d x.npy none.npy -o y.npy", "'none.npy': No such file or directory"},
        {"faltung conv2d x.npy w.npy none.npy -o y.npy", "'none.npy': No such file"},
        {"faltung show x.npy/x", "'x.npy/x': Not a directory"},
        {"faltung show ''", "'': No such file"},
        {"faltung show .", "'.': it is a folder"},
        {"faltung info /", "'/': it is a folder"},
        {"faltung compare x.npy none.npy", "'none.npy': No such file"},
        {"faltung conv2d - w.npy -o y.npy <&-", "standard input: Bad file descriptor"},
        {"faltung show - <.", "standard input: Is a directory"},
    };
    given_operands();
    assert_refusals(REFUSED, cases, COUNT(cases));
}

static void inputs_that_may_not_be_read_are_refused(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); // root may read anything
    given_operands();
    succeed("chmod 0 x.npy");
    assert_refuses(REFUSED, "faltung show x.npy", "'x.npy': Permission denied");
    succeed("chmod 600 x.npy; mkdir closed; chmod 500 closed");
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy -o closed/y.npy", "Permission denied");
}

static void outputs_that_cannot_be_written_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung conv2d x.npy w.npy -o ''", "name is empty"},
        {"faltung conv2d x.npy w.npy -o .", "'.': it is a folder"},
        {"faltung conv2d x.npy w.npy -o folder", "'folder': it is a folder"},
        {"faltung conv2d x.npy w.npy -o folder --force", "'folder': it is a folder"},
        {"faltung conv2d x.npy w.npy -o none/y.npy", "'none/y.npy'"},
        {"faltung conv2d x.npy w.npy -o new/", "'new/'"},
        {"faltung conv2d x.npy w.npy -o x.npy", "'x.npy' exists; --force replaces it"},
        {"faltung conv2d x.npy w.npy -o /dev/full", "'/dev/full': No space left on device"},
        {"faltung randn 4 4 -o y.npy -o none/y.npy", "'none/y.npy'"},
        {"faltung randn 4 4 -o y.npy -o x.npy", "'x.npy' exists"},
        {"faltung array 1 -o /dev/full", "'/dev/full': No space left on device"},
        {"faltung draw --input 5 --kernel 3 -o none/a.svg", "'none/a.svg'"},
    };
    given_operands();
    succeed("mkdir folder");
    assert_refusals(REFUSED, cases, COUNT(cases));
}

static void control_characters_in_names_are_escaped(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung show 'a\nb'", "'a\\nb'"},
        {"faltung show 'a\033[31mb'", "'a\\x1b[31mb'"},
        {"faltung show 'a\tb\177'", "'a\\tb\\x7f'"},
        {"faltung show 'a\302\233b'", "'a\\xc2\\x9bb'"},
        {"faltung show 'ä\303\266'", "'ä\303\266'"},
        {"faltung conv2d x.npy w.npy -o 'none\n/y'", "none\\n/y"},
    };
    static const refusal words[] = {
        {"faltung size --kernel '3\n' --input 8", "'3\\n'"},
        {"faltung 'a\033b'", "'a\\x1bb'"},
        {"faltung size '--bogus\n'", "--bogus\\n"},
        {"faltung explain 'conv2d\033'", "'conv2d?'"},
        {"faltung array '1\033' -o y", "'1\\x1b'"},
    };
    given_operands();
    assert_refusals(REFUSED, cases, COUNT(cases));
    assert_refusals(USAGE, words, COUNT(words));
    write_text("new\nline.npy", "no array");
    assert_refuses(BAD_FILE, "faltung show 'new\nline.npy'", "new\\nline.npy");
}

static void malformed_files_are_told_from_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t bytes; // of data
        const char *words;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7, "truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, "after the end"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", 8, "<i8"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, "shape"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }", 8, "fortran_order"},
        {"{'descr': '<f4', 'shape': (2,), }", 8, "fortran_order"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4), }", 8, ""},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8, ""},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", 8, "truncated"},
        {"no dictionary", 8, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_raw_npy("x.npy", cases[i].header, "123456789", cases[i].bytes);
        assert_refuses(BAD_FILE, "faltung info x.npy", cases[i].words);
        assert_refuses(BAD_FILE, "faltung info - <x.npy", "standard input: ");
        assert_refuses(BAD_FILE, "cat x.npy | faltung conv1d - x.npy -o y.npy", "standard input: ");
    }
    static const refusal files[] = {
        {"", "x.npy: empty"},
        {"\x93NUMP", "x.npy: "},
        {"\x93NUMPY\x07", "x.npy: "},
        {"#!/bin/sh\n", "x.npy: neither a .npy file nor a PGM or PPM picture"},
        {"P5\n3 2\n255\n12345", "x.npy: "},
        {"P5\n3 2\n65535\n123456", "x.npy: "},
        {"P5\n99999999999 99999999999\n255\n123456", "x.npy: "},
        {"P5\n0 2\n255\n", "x.npy: "},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        write_text("x.npy", files[i].line);
        assert_refuses(BAD_FILE, "faltung show x.npy", files[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(inputs_that_cannot_be_read_are_refused),
        program_test(inputs_that_may_not_be_read_are_refused),
        program_test(outputs_that_cannot_be_written_are_refused),
        program_test(control_characters_in_names_are_escaped),
        program_test(malformed_files_are_told_from_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
