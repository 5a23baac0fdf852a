// SPDX-License-Identifier: Apache-2.0
//
// A system that does not cooperate: full disks, streams that are closed, memory that is short,
// signals. Never a crash, never half a file.
#include "arrays.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static long signals; // that ended a process, over all tests

typedef struct refusal {
    const char *line;
    const char *words;
} refusal;

// x.npy of 1x1x8x8 and w.npy of 1x1x3x3.
static void given_operands(void)
{
    grid x = given_npy("x.npy", "1x1x8x8", 1), w = given_npy("w.npy", "1x1x3x3", 2);
    grid_free(&x);
    grid_free(&w);
}

static void several_outputs_appear_together_or_not_at_all(void **state)
{
    (void)state;
    assert_refuses(REFUSED, "faltung randn 4 4 -o y.npy -o /dev/full", "'/dev/full'");
    assert_refuses(REFUSED, "faltung randn 4 99999999999x99999999 -o y.npy -o z.npy", "too large");
    assert_refuses(REFUSED, "faltung randn 4 30 -o y.npy -o z.ppm", "z.ppm");
    assert_refuses(REFUSED, "ulimit -f 1; faltung randn 4 400 -o y.npy -o z.npy",
                   "'z.npy': File too large");
}

static void a_full_standard_output_is_a_failure(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "faltung conv2d x.npy w.npy -o - >/dev/full",
        "faltung array 1 -o - >/dev/full",
        "faltung size --input 16 --kernel 3 >/dev/full",
        "faltung size --input 16:9000 --kernel 3 >/dev/full",
        "faltung padding --input 16:9000 --kernel 3 --stride 2 --unique >/dev/full",
        "faltung show x.npy >/dev/full",
        "faltung compare x.npy x.npy >/dev/full",
        "faltung explain conv2d:1x1x8x8,1x1x3x3 --json >/dev/full",
        "faltung draw --input 5 --kernel 3 >/dev/full",
        "faltung draw --input 5 --kernel 3 -o - >/dev/full",
        "faltung --help >/dev/full",
        "faltung conv2d --help >/dev/full",
        "faltung --version >/dev/full",
        "faltung man >/dev/full",
        "faltung completion bash >/dev/full",
    };
    given_operands();
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_refuses(REFUSED, lines[i], "standard output: No space left on device");
    assert_refuses(REFUSED, "faltung size --input 16 --kernel 3 >&-",
                   "standard output: Bad file descriptor");
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy -o - >&-",
                   "standard output: Bad file descriptor");
}

static void closed_standard_streams_do_no_harm(void **state)
{
    (void)state;
    given_operands();
    succeed("faltung conv2d x.npy w.npy -o expected.npy");
    succeed("faltung conv2d x.npy w.npy -o y.npy <&- >&- 2>&-; cmp y.npy expected.npy");
    run("faltung conv2d x.npy w.npy -o y.npy 2>&-");
    assert_int_equal(ran.status, REFUSED);
    succeed("cmp y.npy expected.npy");
    run("faltung conv2d x.npy w.npy -o /dev/full <&- >&- 2>&-");
    assert_int_equal(ran.status, REFUSED);
    assert_folder("expected.npy w.npy x.npy y.npy");
}

static void a_reader_that_leaves_early_ends_the_program_without_a_word(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "faltung size --input 1:1000000000000 --kernel 1",
        "faltung padding --input 1:1000000000000 --kernel 3 --stride 2 --json",
        "faltung randn 1000x1000 -o -",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        // The status goes where the pipe's does not hide it.
        succeed("(%s; echo $? >status) | true", lines[i]);
        size_t count;
        char *status = read_bytes("status", &count);
        assert_string_equal(status, "1\n");
        free(status);
    }
    succeed("faltung size --input 1:1000000000000 --kernel 1 | head -n 2");
    assert_string_equal(ran.out, "1 1\n2 2\n");
}

static void an_endless_header_takes_no_memory(void **state)
{
    (void)state;
    skip_if_sanitized();
    write_bytes("x.npy", "\x93NUMPY\x02\x00\xf0\xff\xff\xff", 12);
    assert_refuses(BAD_FILE, "ulimit -v 100000; faltung info x.npy", "x.npy: ");
    assert_refuses(BAD_FILE, "ulimit -v 100000; cat x.npy | faltung info -", "standard input: ");
    write_raw_npy("x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
                  "", 0);
    assert_refuses(BAD_FILE, "ulimit -v 100000; cat x.npy | faltung info -", "truncated");
}

static void what_does_not_fit_into_memory_is_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung randn 100000x100000 -o y.npy", "(100000, 100000) does not fit into memory"},
        {"faltung conv2d x.npy w.npy -o y.npy --padding 100000", "does not fit into memory"},
        {"faltung conv_transpose2d x.npy w.npy -o y.npy --stride 10000",
         "does not fit into memory"},
        {"head -c 200000000 /dev/zero | cat big.npy - | faltung info -", "do not fit into memory"},
        {"faltung plot padding --input 1:9223372036854775807 --kernel 3 --stride 2", ""},
        {"faltung draw --input 9000000000000000000 --kernel 3", ""},
    };
    skip_if_sanitized();
    given_operands();
    write_raw_npy("big.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (50000000,), }", "",
                  0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[256];
        snprintf(line, sizeof line, "ulimit -v 100000; %s", cases[i].line);
        assert_refuses(REFUSED, line, cases[i].words);
    }
}

static void a_file_beyond_the_limit_is_a_failure_and_no_signal(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung randn 1000x1000 -o y.npy", "'y.npy': File too large"},
        {"faltung randn 1000x1000 -o old.npy --force", "'old.npy': File too large"},
        {"faltung randn 1000x1000 -o - >>old.npy", "standard output: File too large"},
        {"faltung size --input 1:9999 --kernel 1 >>old.npy", "standard output: File too large"},
        {"faltung man >>old.npy", "standard output: File too large"},
    };
    char filler[1024] = "old";
    write_bytes("old.npy", filler, sizeof filler);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[256];
        // In blocks of 512 bytes: the old file is as large as a file may be.
        snprintf(line, sizeof line, "ulimit -f 2; %s", cases[i].line);
        assert_refuses(REFUSED, line, cases[i].words);
    }
}

// Runs a line in the background until a partial file appears, and sends it a signal. Returns the
// signal that has ended it.
static int interrupt(const char *const words[], int number)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(number, SIG_DFL); // what runs in the background may have been told to ignore it
        execvp("faltung", (char *const *)words);
        _exit(127);
    }
    do
        run("ls -A | grep -q partial");
    while (ran.status);
    int status;
    assert_int_equal(kill(child, number), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_signal_in_the_middle_leaves_nothing(void **state)
{
    (void)state;
    // The first output is there, under a name of its own, while the second is being drawn.
    static const char *const words[] = {"faltung", "randn", "4",       "20000x10000", "-o",
                                        "y.npy",   "-o",    "new.npy", "--force",     NULL};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    write_text("y.npy", "old");
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_int_equal(interrupt(words, numbers[i]), numbers[i]);
        signals++;
        assert_folder("y.npy");
        assert_refuses(REFUSED, "faltung array 1 -o y.npy", "exists");
    }
}

// What cannot be caught may leave the partial file, which is in nobody's way.
static void a_signal_at_any_moment_leaves_the_old_output_or_the_new(void **state)
{
    (void)state;
    static const char *const words[] = {"faltung", "randn",   "200x200", "-o",
                                        "y.npy",   "--force", NULL};
    static const int numbers[] = {SIGKILL, SIGINT, SIGTERM};
    uint32_t random = 1;
    run("faltung randn 200x200 -o new.npy && faltung array 1 -o old.npy");
    assert_int_equal(ran.status, 0);
    for (int i = 0; i < 90; i++) {
        random = random * 1664525 + 1013904223;
        run("cp old.npy y.npy");
        signals += disturb(words, numbers[i % 3], random >> 8 & 0xfff);
        run("cmp -s y.npy old.npy || cmp -s y.npy new.npy");
        assert_int_equal(ran.status, 0);
        if (numbers[i % 3] != SIGKILL)
            assert_folder("new.npy old.npy y.npy");
        run("rm -f .*partial*");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(several_outputs_appear_together_or_not_at_all),
        program_test(a_full_standard_output_is_a_failure),
        program_test(closed_standard_streams_do_no_harm),
        program_test(a_reader_that_leaves_early_ends_the_program_without_a_word),
        program_test(an_endless_header_takes_no_memory),
        program_test(what_does_not_fit_into_memory_is_refused),
        program_test(a_file_beyond_the_limit_is_a_failure_and_no_signal),
        program_test(a_signal_in_the_middle_leaves_nothing),
        program_test(a_signal_at_any_moment_leaves_the_old_output_or_the_new),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    print_message("counted: %ld signals amid the work\n", signals);
    return status;
}
