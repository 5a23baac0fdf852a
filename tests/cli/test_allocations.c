// SPDX-License-Identifier: Apache-2.0
//
// Every command, with the n-th allocation failing, for every n: it says so in one line and leaves
// no file, or it could do without and its answer is the usual one.
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    "faltung unfold x.npy -o y --kernel 3",
    "faltung randn 4x5 3 -o y -o -",
    "faltung array '1,2;3,4' -o y",
    "faltung show x.npy",
    "faltung info x.npy",
    "faltung compare x.npy x.npy",
    "faltung size --input 16:20 --kernel 3",
    "faltung size --input 16:20 --kernel 3 --json",
    "faltung padding --input 90 --kernel 15 --stride 10 --explain",
    "faltung draw --input 5 --kernel 3 -o -",
    "faltung draw --input 5 --kernel 3",
    "faltung explain conv2d:1x64x56x56,64x64x3x3,padding=1",
    "faltung explain conv2d:1x64x56x56,64x64x3x3,padding=1 --json",
    "faltung bench conv2d:1x1x8x8,1x1x3x3 --list",
    "faltung --help",
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

static void check_refusal(const char *line, long n)
{
    const char *end = strchr(ran.err, '\n');
    if (ran.status != REFUSED || !end || end[1])
        fail_msg("allocation %ld of %s: status %d, \"%s\"", n, line, ran.status, ran.err);
    succeed("! test -e y && test -z \"$(ls -A | grep partial)\"");
}

static void check_answer(const char *line, long n)
{
    run("touch y; cmp y expected && cmp out expected.out && rm y");
    if (ran.status != DONE)
        fail_msg("allocation %ld of %s: done, but differently: %s", n, line, ran.err);
}

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
}

static void every_failing_allocation_of_every_command_is_reported(void **state)
{
    (void)state;
    skip_if_sanitized();
    grid x = given_npy("x.npy", "1x1x8x8", 1), w = given_npy("w.npy", "1x1x3x3", 2);
    grid_free(&x);
    grid_free(&w);
    for (size_t i = 0; i < COUNT(lines); i++)
        check_line(lines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(every_failing_allocation_of_every_command_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
