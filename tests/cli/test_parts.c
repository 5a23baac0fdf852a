// SPDX-License-Identifier: Apache-2.0
//
// Convolutions larger than the memory that they are given: bounds that hold, runs that are killed
// and go on, and what is refused.
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONVOLVE "faltung conv2d x.npy k.npy -o y.npy --padding 2"

// x.npy, k.npy, and what comes out in expected.npy. Pieces of a few rows take some time.
static void make_operands(const char *shape, const char *kernel)
{
    run("faltung randn %s %s -o x.npy -o k.npy && "
        "faltung conv2d x.npy k.npy -o expected.npy --padding 2",
        shape, kernel);
    assert_int_equal(ran.status, DONE);
}

// The least memory that a run asks for.
static long find_least(void)
{
    long least = 0;
    run(CONVOLVE " --memory 1");
    assert_int_equal(ran.status, REFUSED);
    const char *words = strstr(ran.err, "the least that would do is ");
    assert_non_null(words);
    assert_int_equal(sscanf(words, "the least that would do is %ld", &least), 1);
    return least + least / 8; // it differs from run to run
}

// The most memory that any program has had which this one has waited for.
static long most_kilobytes(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss;
}

// A file of zeros, most of which is nowhere. It has to be the first test.
static void the_bound_holds(void **state)
{
    (void)state;
    skip_if_sanitized();
    char header[129] = "\x93NUMPY\x01";
    header[8] = 118;
    snprintf(header + 10, sizeof header - 10, "%-117s\n",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 8000, 8000), }");
    write_bytes("x.npy", header, sizeof header - 1);
    run("truncate -s %d x.npy && faltung randn 1x2x5x5 -o k.npy",
        (int)sizeof header - 1 + 2 * 8000 * 8000 * 4);
    assert_int_equal(ran.status, DONE);
    succeed(CONVOLVE " --memory 32M --threads 2");
    assert_true(most_kilobytes() < 32 * 1024);
    succeed(CONVOLVE " --memory 12M --threads 1 --force");
    assert_true(most_kilobytes() < 32 * 1024);
}

static void pieces_and_shards_give_the_same_file(void **state)
{
    (void)state;
    make_operands("2x3x90x70", "4x3x5x5");
    const long least = find_least();
    for (int i = 0; i < 4; i++) {
        succeed(CONVOLVE " --memory %ld --force", least + 20000 * i);
        succeed("cmp y.npy expected.npy");
    }
    succeed("rm y.npy");
    static const int order[] = {2, 0, 3, 1};
    for (size_t i = 0; i < COUNT(order); i++)
        succeed(CONVOLVE " --shard %d/4", order[i]);
    succeed("faltung finish y.npy && cmp y.npy expected.npy");
    assert_folder("expected.npy k.npy x.npy y.npy");
}

// Sparse files larger than any disk, where there can be such.
static void an_output_that_no_disk_holds_is_refused_before_the_work(void **state)
{
    (void)state;
    char header[129] = "\x93NUMPY\x01";
    header[8] = 118;
    snprintf(header + 10, sizeof header - 10, "%-117s\n",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1000000, 1000000), }");
    write_bytes("x.npy", header, sizeof header - 1);
    run("truncate -s 4000000000128 x.npy");
    if (ran.status)
        skip();
    run("faltung randn 1x1x3x3 -o k.npy");
    run("faltung conv2d x.npy k.npy -o y.npy --memory 1G"); // whose folder nobody can read through
    assert_int_equal(ran.status, REFUSED);
    assert_non_null(strstr(ran.err, "cannot write 'y.npy': it takes 3999984000016 bytes, and the "
                                    "disk has"));
    assert_folder("k.npy x.npy");
}

static void what_is_replaced_keeps_its_permissions(void **state)
{
    (void)state;
    make_operands("3x30x20", "2x3x5x5");
    succeed("faltung array 1 -o y.npy && chmod 640 y.npy");
    succeed(CONVOLVE " --memory 1G --force && cmp y.npy expected.npy");
    succeed("test $(stat -c %%a y.npy) = 640");
}

static void figures_say_how_far_it_is(void **state)
{
    (void)state;
    make_operands("3x90x70", "4x3x5x5");
    run(CONVOLVE " --memory 1G --json");
    assert_int_equal(ran.status, DONE);
    assert_non_null(strstr(ran.out, "{\"done\": 1, \"seconds\": "));
    assert_string_equal(ran.err, "");
}

// Starts a run and kills it after so many microseconds, if it has not ended by then.
static bool kill_after(long memory, long microseconds)
{
    char bound[32];
    snprintf(bound, sizeof bound, "%ld", memory);
    const char *const words[] = {"faltung",   "conv2d", "x.npy",    "k.npy", "-o", "y.npy",
                                 "--padding", "2",      "--memory", bound,   NULL};
    return disturb(words, SIGKILL, microseconds);
}

// The least memory is that of pieces which hold a tile, and these have the bytes of the whole.
static void pieces_hold_whole_tiles_of_transforms(void **state)
{
    (void)state;
    assert_says("faltung explain conv2d:1x3x500x400,3x3x31x31,padding=2", "\n-> fft: ");
    make_operands("3x500x400", "3x3x31x31");
    run(CONVOLVE " --memory %ld", find_least());
    assert_int_equal(ran.status, DONE);
    succeed("cmp y.npy expected.npy && rm -f y.npy");
    run(CONVOLVE " --algorithm direct --memory 1");
    assert_int_equal(ran.status, REFUSED);
    const char *words = strstr(ran.err, "the least that would do is ");
    assert_non_null(words);
    assert_true(atol(words + strlen("the least that would do is ")) < find_least());
}

// Each run goes on where the one before was killed, until one completes the file.
static void a_run_that_is_killed_goes_on(void **state)
{
    (void)state;
    make_operands("3x300x200", "8x3x5x5");
    const long memory = find_least() + 60000;
    uint32_t random = 1;
    int kills = 0;
    for (int i = 0; i < 50; i++) {
        random = random * 1664525 + 1013904223;
        kills += kill_after(memory, 1000 + (random >> 8) % 6000);
        if (access("y.npy", F_OK) == 0)
            succeed("cmp y.npy expected.npy && rm -f y.npy .y.npy.*");
    }
    succeed(CONVOLVE " --memory %ld", memory);
    succeed("cmp y.npy expected.npy");
    assert_folder("expected.npy k.npy x.npy y.npy");
    print_message("counted: %d signals amid work in parts\n", kills);
}

static void a_full_disk_ends_a_run_that_then_goes_on(void **state)
{
    (void)state;
    make_operands("3x300x200", "2x3x5x5");
    const long memory = find_least() + 60000;
    run("ulimit -f 300; " CONVOLVE " --memory %ld", memory); // blocks of 512 bytes
    assert_int_equal(ran.status, REFUSED);
    assert_non_null(strstr(ran.err, "cannot write '.y.npy.partial': File too large"));
    assert_true(access("y.npy", F_OK) != 0);
    succeed(CONVOLVE " --memory %ld && cmp y.npy expected.npy", memory);
    assert_folder("expected.npy k.npy x.npy y.npy");
}

static void an_input_that_changes_meanwhile_is_noticed(void **state)
{
    (void)state;
    make_operands("3x600x400", "64x3x15x15");
    run(CONVOLVE " --memory %ld --threads 1 & "
                 "while kill -0 $! && ! test -e .y.npy.journal; do :; done; truncate -s 100000 "
                 "x.npy; wait $!",
        find_least() + 100000);
    assert_true(ran.status == BAD_FILE || ran.status == REFUSED);
    assert_true(strstr(ran.err, "x.npy: ends within its data") ||
                strstr(ran.err, "'x.npy' has been changed while it was read"));
    assert_true(access("y.npy", F_OK) != 0);
}

static void two_processes_do_not_compute_the_same(void **state)
{
    (void)state;
    make_operands("3x600x400", "64x3x15x15");
    run(CONVOLVE " --memory %ld --threads 1 & "
                 "while kill -0 $! && ! test -s .y.npy.journal; do :; done; " CONVOLVE
                 " --memory 1G; echo $? >second; wait $!",
        find_least() + 100000);
    assert_int_equal(ran.status, DONE);
    assert_non_null(strstr(ran.err, "another process is computing 'y.npy'"));
    succeed("cmp y.npy expected.npy && test $(cat second) = 1");
}

static void what_cannot_be_done_in_parts_is_refused(void **state)
{
    (void)state;
    make_operands("3x30x20", "2x3x5x5");
    succeed("faltung array '1,2;3,4' -o p.pgm --shape 1x2x2");
    succeed("faltung array '1,2;3,4' -o h.npy --shape 1x1x2x2 --dtype f16");
    static const struct {
        int status;
        const char *line, *words;
    } cases[] = {
        {USAGE, CONVOLVE " --memory 0", "--memory '0': allowed is"},
        {USAGE, CONVOLVE " --memory 5X", "--memory '5X': allowed is"},
        {USAGE, CONVOLVE " --memory 9999999999T", "allowed is"},
        {USAGE, CONVOLVE " --shard 4/4", "--shard '4/4': allowed is one part of N"},
        {USAGE, CONVOLVE " --shard 1", "--shard '1': allowed is one part of N"},
        {USAGE, CONVOLVE " --json", "--json says how far --memory and --shard are"},
        {REFUSED, CONVOLVE " --memory 1000", "--memory 1000 is too little"},
        {USAGE, "faltung conv2d x.npy k.npy -o - --memory 1G", "need files"},
        {USAGE, "faltung conv2d - k.npy -o y.npy --memory 1G", "need files"},
        {USAGE, "faltung conv2d x.npy k.npy -o y.pgm --memory 1G", "not pictures: 'y.pgm'"},
        {REFUSED, "faltung conv2d x.npy k.npy -o expected.npy --memory 1G",
         "'expected.npy' exists; --force replaces it"},
        {REFUSED, "faltung conv2d x.npy k.npy -o /dev/null --memory 1G", "no regular file"},
        {BAD_FILE, "faltung conv2d p.pgm k.npy -o y.npy --memory 1G", "p.pgm: not a .npy file"},
        {REFUSED, "faltung conv2d none.npy k.npy -o y.npy --memory 1G", "cannot open 'none.npy'"},
        {REFUSED, "faltung conv2d x.npy k.npy -o none/y.npy --memory 1G", "none/"},
        {REFUSED, "faltung conv2d x.npy k.npy -o y.npy --stride 0 --memory 1G", "stride"},
        {REFUSED, "faltung finish y.npy", "there is no part of 'y.npy' to finish"},
        {REFUSED, "faltung finish expected.npy", "'expected.npy' exists"},
        {USAGE, "faltung conv2d_weight x.npy x.npy -o y.npy --memory 1G",
         "--weight-size is needed"},
        {USAGE, "faltung conv2d_weight x.npy - -o y.npy --weight-size 3x3x1x1 --memory 1G",
         "need files"},
        {REFUSED, "faltung conv2d_weight x.npy x.npy -o y.npy --weight-size 3x2x1x1 --memory 1G",
         "--weight-size is (3, 2, 1, 1)"},
        {REFUSED, "faltung conv2d_weight h.npy h.npy -o y.npy --weight-size 1x1x1x1 --memory 1G",
         "not of f16"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(cases[i].status, cases[i].line, cases[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(the_bound_holds),
        program_test(pieces_and_shards_give_the_same_file),
        program_test(an_output_that_no_disk_holds_is_refused_before_the_work),
        program_test(what_is_replaced_keeps_its_permissions),
        program_test(figures_say_how_far_it_is),
        program_test(pieces_hold_whole_tiles_of_transforms),
        program_test(a_run_that_is_killed_goes_on),
        program_test(a_full_disk_ends_a_run_that_then_goes_on),
        program_test(an_input_that_changes_meanwhile_is_noticed),
        program_test(two_processes_do_not_compute_the_same),
        program_test(what_cannot_be_done_in_parts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
