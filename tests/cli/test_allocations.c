// SPDX-License-Identifier: Apache-2.0
//
// Every command, with the n-th allocation failing, for every n: it says so in one line and leaves
// no file, or it could do without and its answer is the usual one.
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Writes to y or to standard output.
static const char *const lines[] = {
    "faltung conv2d x.npy w.npy -o y --padding 1 --activation relu",
    "faltung conv2d x.npy w.npy -o - --threads 1",
    "faltung conv2d - w.npy -o y <x.npy",
    "faltung conv2d x.npy w.npy -o y --padding 1 --residual x.npy",
    "faltung conv x.npy w.npy -o y --input-dilation 2 --padding 1:0",
    "faltung conv_transpose2d x.npy w.npy -o y --stride 2",
    "faltung conv2d_input x.npy w.npy -o y --input-size 1x1x10x10",
    "faltung conv2d_weight x.npy x.npy -o y --weight-size 1x1x1x1",
    "faltung conv2d_bias x.npy -o y",
    "faltung unfold x.npy -o y --kernel 3",
    "faltung fold columns.npy -o y --output-size 8 --kernel 3",
    "faltung randn 4x5 3 -o y -o -",
    "faltung array '1,2;3,4' -o y",
    "faltung show x.npy",
    "faltung info x.npy",
    "faltung compare x.npy x.npy",
    "faltung size --input 16:20 --kernel 3",
    "faltung size --input 16:20 --kernel 3 --json",
    "faltung padding --input 90 --kernel 15 --stride 10 --explain",
    "faltung plot padding --input 20:30 --kernel 3 --stride 2",
    "faltung draw --input 5 --kernel 3 -o -",
    "faltung draw --input 5 --kernel 3",
    "faltung explain conv2d:1x64x56x56,64x64x3x3,padding=1",
    "faltung explain conv2d:1x64x56x56,64x64x3x3,padding=1 --json",
    "faltung bench conv2d:1x1x8x8,1x1x3x3 --list",
    "faltung errors conv2d:1x1x8x8,1x1x3x3",
    "faltung help",
    "faltung conv2d --help",
    "faltung man",
    "faltung completion bash",
};

static long count_allocations(const char *line)
{
    size_t size;
    succeed("FAIL_AT=0 COUNT_FILE=count LD_PRELOAD=" FAILING_ALLOCATIONS " %s >out", line);
    char *text = read_bytes("count", &size);
    long count = atol(text);
    free(text);
    assert_true(count > 0); // the library is in the program's way
    return count;
}

static void assert_says_why(const char *line, long n)
{
    const char *end = strchr(ran.err, '\n');
    if (ran.status != REFUSED || !end || end[1])
        fail_msg("allocation %ld of %s: status %d, \"%s\"", n, line, ran.status, ran.err);
}

static void check_refusal(const char *line, long n)
{
    assert_says_why(line, n);
    succeed("! test -e y && test -z \"$(ls -A | grep partial)\"");
}

static void check_answer(const char *line, long n)
{
    run("touch y; cmp y expected && cmp out expected.out && rm y");
    if (ran.status != DONE)
        fail_msg("allocation %ld of %s: done, but differently: %s", n, line, ran.err);
}

static long failures; // of allocations, over all commands

static void check_line(const char *line)
{
    const long count = count_allocations(line);
    succeed("touch y; mv y expected; mv out expected.out");
    for (long n = 1; n <= count; n++) {
        run("FAIL_AT=%ld LD_PRELOAD=" FAILING_ALLOCATIONS " %s >out", n, line);
        if (ran.status == DONE)
            check_answer(line, n);
        else
            check_refusal(line, n);
    }
    failures += count;
}

static void every_failing_allocation_of_every_command_is_reported(void **state)
{
    (void)state;
    skip_if_sanitized();
    grid x = given_npy("x.npy", "1x1x8x8", 1), w = given_npy("w.npy", "1x1x3x3", 2);
    grid_free(&x);
    grid_free(&w);
    succeed("faltung unfold x.npy -o columns.npy --kernel 3");
    for (size_t i = 0; i < COUNT(lines); i++)
        check_line(lines[i]);
}

// What has been computed is kept for the next run.
static void a_run_in_parts_goes_on_after_any_failing_allocation(void **state)
{
    (void)state;
    static const char line[] = "faltung conv2d x.npy w.npy -o y --memory 9M";
    skip_if_sanitized();
    grid x = given_npy("x.npy", "1x1x1000x600", 1), w = given_npy("w.npy", "1x1x3x3", 2);
    grid_free(&x);
    grid_free(&w);
    succeed("faltung conv2d x.npy w.npy -o expected");
    const long count = count_allocations(line);
    for (long n = 1; n <= count; n++) {
        run("rm -f y; FAIL_AT=%ld LD_PRELOAD=" FAILING_ALLOCATIONS " %s", n, line);
        if (ran.status != DONE) {
            assert_says_why(line, n);
            assert_true(access("y", F_OK) != 0);
            succeed("%s", line);
        }
        succeed("cmp y expected");
    }
    assert_folder("count expected out w.npy x.npy y");
    failures += count;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(every_failing_allocation_of_every_command_is_reported),
        program_test(a_run_in_parts_goes_on_after_any_failing_allocation),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    print_message("counted: %ld failing allocations of commands\n", failures);
    return status;
}
