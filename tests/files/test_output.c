// SPDX-License-Identifier: Apache-2.0
//
// Outputs are complete or not there, and lose nothing that was there before.
#define _XOPEN_SOURCE 700

#include "scratch.h"

#include "files/output.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void write_text(scratch *t, const char *path, bool force, const char *text)
{
    output_file o;
    assert_int_equal(output_open(&t->session, &o, path, force, false), EXIT_DONE);
    fputs(text, o.file);
    assert_int_equal(output_commit(&t->session, &o), EXIT_DONE);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void a_file_appears_when_it_is_complete(void **state)
{
    scratch *t = *state;
    output_file o;
    assert_int_equal(output_open(&t->session, &o, "y", false, true), EXIT_DONE);
    assert_int_equal(output_write(&t->session, &o, "abc", 3), EXIT_DONE);
    fflush(o.file);
    assert_int_equal(access("y", F_OK), -1);
    assert_int_equal(output_commit(&t->session, &o), EXIT_DONE);
    assert_file("y", "abc", 3);
    assert_int_equal(count_files(), 1);
}

static void an_output_given_up_leaves_nothing(void **state)
{
    scratch *t = *state;
    output_file o;
    assert_int_equal(output_open(&t->session, &o, "y", false, true), EXIT_DONE);
    assert_int_equal(count_files(), 1);
    fputs("abc", o.file);
    output_abandon(&o);
    assert_int_equal(count_files(), 0);
}

static void several_outputs_are_independent(void **state)
{
    scratch *t = *state;
    output_file a, b, c;
    assert_int_equal(output_open(&t->session, &a, "a", false, true), EXIT_DONE);
    assert_int_equal(output_open(&t->session, &b, "b", false, true), EXIT_DONE);
    assert_int_equal(output_open(&t->session, &c, "a", false, true), EXIT_DONE);
    output_abandon(&b);
    fputs("first", a.file);
    assert_int_equal(output_commit(&t->session, &a), EXIT_DONE);
    assert_refusal(t, output_commit(&t->session, &c), EXIT_REFUSED, "'a' exists");
    assert_file("a", "first", 5);
    assert_int_equal(count_files(), 1);
}

static void an_existing_file_is_not_replaced_unasked(void **state)
{
    scratch *t = *state;
    write_file("y", "old", 3);
    output_file o;
    assert_refusal(t, output_check(&t->session, "y", false), EXIT_REFUSED, "--force replaces it");
    assert_refusal(t, output_open(&t->session, &o, "y", false, true), EXIT_REFUSED, "'y' exists");
    assert_file("y", "old", 3);
    assert_int_equal(count_files(), 1);
}

static void a_file_that_appears_meanwhile_is_not_replaced(void **state)
{
    scratch *t = *state;
    output_file o;
    assert_int_equal(output_open(&t->session, &o, "y", false, true), EXIT_DONE);
    fputs("new", o.file);
    write_file("y", "old", 3);
    assert_refusal(t, output_commit(&t->session, &o), EXIT_REFUSED, "'y' exists");
    assert_file("y", "old", 3);
    assert_int_equal(count_files(), 1);
}

static void force_replaces_a_file_and_keeps_its_permissions(void **state)
{
    scratch *t = *state;
    static const mode_t modes[] = {0600, 0666, 0751};
    for (size_t i = 0; i < COUNT(modes); i++) {
        write_file("y", "older", 5);
        assert_int_equal(chmod("y", modes[i]), 0);
        assert_int_equal(output_check(&t->session, "y", true), EXIT_DONE);
        write_text(t, "y", true, "new");
        assert_file("y", "new", 3);
        assert_int_equal(mode_of("y"), modes[i]);
        assert_int_equal(count_files(), 1);
    }
}

static void a_new_file_has_the_permissions_that_umask_leaves(void **state)
{
    scratch *t = *state;
    mode_t before = umask(027);
    write_text(t, "a", false, "new");
    write_text(t, "b", true, "new");
    umask(before);
    assert_int_equal(mode_of("a"), 0640);
    assert_int_equal(mode_of("b"), 0640);
}

// A limit on the size of files stands for a disk that fills up.
static int write_within(scratch *t, const char *path, size_t limit, bool by_array)
{
    static float numbers[1000];
    const int64_t count = COUNT(numbers);
    const faltung_tensor tensor = {numbers, FALTUNG_F32, 1, &count, NULL};
    struct rlimit before, within;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    within = (struct rlimit){limit, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &within), 0);
    output_file o;
    int status;
    if (by_array) {
        status = array_write(&t->session, &tensor, path, true);
    } else {
        status = output_open(&t->session, &o, path, true, false);
        if (!status) {
            fwrite(numbers, 1, sizeof numbers, o.file);
            status = output_commit(&t->session, &o);
        }
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    return status;
}

static void a_write_that_fails_leaves_the_old_file(void **state)
{
    scratch *t = *state;
    static const size_t limits[] = {0, 1, 100, 128, 3999, 4000, 4127};
    write_file("y", "old", 3);
    for (size_t i = 0; i < COUNT(limits); i++) {
        assert_refusal(t, write_within(t, "y", limits[i], true), EXIT_REFUSED,
                       "cannot write 'y': File too large");
        if (limits[i] < 4000)
            assert_refusal(t, write_within(t, "y", limits[i], false), EXIT_REFUSED,
                           "cannot write 'y': ");
        assert_file("y", "old", 3);
        assert_int_equal(count_files(), 1);
    }
    assert_int_equal(write_within(t, "y", 4128, true), EXIT_DONE);
}

static void devices_are_written_to_directly(void **state)
{
    scratch *t = *state;
    static const float numbers[100000];
    const int64_t count = COUNT(numbers);
    const faltung_tensor tensor = {(void *)numbers, FALTUNG_F32, 1, &count, NULL};
    assert_int_equal(output_check(&t->session, "/dev/null", false), EXIT_DONE);
    assert_int_equal(array_write(&t->session, &tensor, "/dev/null", false), EXIT_DONE);
    assert_refusal(t, array_write(&t->session, &tensor, "/dev/full", false), EXIT_REFUSED,
                   "cannot write '/dev/full': No space left on device");
    const faltung_tensor number = {(void *)numbers, FALTUNG_F32, 0, NULL, NULL};
    assert_refusal(t, array_write(&t->session, &number, "/dev/full", true), EXIT_REFUSED,
                   "cannot write '/dev/full': No space left on device");
    struct stat status;
    assert_int_equal(stat("/dev/full", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void a_named_pipe_is_written_to_directly(void **state)
{
    scratch *t = *state;
    assert_int_equal(mkfifo("y", 0600), 0);
    int reader = open("y", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    write_text(t, "y", false, "abc");
    char text[4] = "";
    assert_int_equal(read(reader, text, sizeof text), 3);
    assert_string_equal(text, "abc");
    close(reader);
    assert_int_equal(count_files(), 1);
}

static void a_symbolic_link_goes_on_leading_to_the_file(void **state)
{
    scratch *t = *state;
    output_file o;
    assert_int_equal(mkdir("folder", 0700), 0);
    write_file("folder/real", "old", 3);
    assert_int_equal(symlink("folder/real", "y"), 0);
    assert_refusal(t, output_open(&t->session, &o, "y", false, true), EXIT_REFUSED, "'y' exists");
    write_text(t, "y", true, "new");
    struct stat status;
    assert_int_equal(lstat("y", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_file("folder/real", "new", 3);
    assert_int_equal(unlink("folder/real"), 0);
    assert_refusal(t, output_open(&t->session, &o, "y", true, true), EXIT_REFUSED,
                   "a link that leads nowhere");
    assert_refusal(t, output_open(&t->session, &o, "y", false, true), EXIT_REFUSED,
                   "a link that leads nowhere");
    assert_int_equal(rmdir("folder"), 0);
}

static void names_that_cannot_be_written_are_refused_early(void **state)
{
    scratch *t = *state;
    static const struct {
        const char *path;
        const char *words;
    } cases[] = {
        {"", "name is empty"},
        {".", "it is a folder"},
        {"/", "it is a folder"},
        {"new/", "it names a folder"},
        {"none/y", "its folder 'none/': No such file or directory"},
        {"file/y", "Not a directory"},
        {"loop", "cannot write 'loop': "},
    };
    write_file("file", "old", 3);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int force = 0; force < 2; force++) {
            output_file o;
            assert_refusal(t, output_check(&t->session, cases[i].path, force), EXIT_REFUSED,
                           cases[i].words);
            assert_refusal(t, output_open(&t->session, &o, cases[i].path, force, true),
                           EXIT_REFUSED, cases[i].words);
        }
    assert_file("file", "old", 3);
    assert_int_equal(count_files(), 2);
}

static void a_folder_that_may_not_be_written_to_is_refused(void **state)
{
    scratch *t = *state;
    if (geteuid() == 0)
        skip(); // root may write anywhere
    assert_int_equal(mkdir("folder", 0500), 0);
    assert_refusal(t, output_check(&t->session, "folder/y", true), EXIT_REFUSED,
                   "Permission denied");
}

static void a_name_may_be_as_long_as_names_can_be(void **state)
{
    char name[256] = "";
    memset(name, 'n', sizeof name - 1);
    write_text(*state, name, false, "new");
    assert_file(name, "new", 3);
}

static void a_partial_file_left_by_others_is_not_touched(void **state)
{
    scratch *t = *state;
    char name[64];
    snprintf(name, sizeof name, ".y.partial-%ld", (long)getpid());
    write_file(name, "theirs", 6);
    write_text(t, "y", false, "new");
    assert_file("y", "new", 3);
    assert_file(name, "theirs", 6);
    assert_int_equal(count_files(), 2);
}

// Ends a process of its own by a signal while it has outputs open.
static int die_of(scratch *t, int signal_number)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        output_file a, b, given_up;
        if (output_open(&t->session, &a, "old", true, true) ||
            output_open(&t->session, &given_up, "c", false, true) ||
            output_open(&t->session, &b, "b", false, true))
            _exit(1);
        output_abandon(&given_up);
        fputs("new", a.file);
        raise(signal_number);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return WTERMSIG(status);
}

static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};

static void a_signal_leaves_no_partial_file(void **state)
{
    write_file("old", "old", 3);
    for (size_t i = 0; i < COUNT(signals); i++) {
        assert_int_equal(die_of(*state, signals[i]), signals[i]);
        assert_file("old", "old", 3);
        assert_int_equal(count_files(), 1);
    }
}

static void standard_output_is_flushed_and_stays_open(void **state)
{
    scratch *t = *state;
    assert_int_equal(output_check(&t->session, "-", false), EXIT_DONE);
    write_text(t, "-", false, "one ");
    write_text(t, "-", false, "two");
    assert_int_equal(t->out_length, 7);
    assert_memory_equal(t->out, "one two", 7);
    assert_int_equal(count_files(), 0);
}

static void a_full_standard_output_is_told(void **state)
{
    scratch *t = *state;
    fclose(t->session.out);
    t->session.out = fopen("/dev/full", "w");
    assert_non_null(t->session.out);
    output_file o;
    assert_int_equal(output_open(&t->session, &o, "-", false, false), EXIT_DONE);
    fputs("new", o.file);
    assert_refusal(t, output_commit(&t->session, &o), EXIT_REFUSED,
                   "cannot write to standard output: No space left on device");
}

static void a_terminal_gets_text_but_nothing_binary(void **state)
{
    scratch *t = *state;
    int controller = posix_openpt(O_RDWR | O_NOCTTY);
    if (controller < 0 || grantpt(controller) != 0 || unlockpt(controller) != 0)
        skip(); // a machine without terminals
    const char *path = ptsname(controller);
    fclose(t->session.out);
    t->session.out = fopen(path, "w");
    assert_non_null(t->session.out);
    output_file o;
    assert_refusal(t, output_open(&t->session, &o, "-", false, true), EXIT_REFUSED, "terminal");
    assert_refusal(t, output_open(&t->session, &o, path, false, true), EXIT_REFUSED, "terminal");
    assert_int_equal(output_open(&t->session, &o, "-", false, false), EXIT_DONE);
    output_abandon(&o);
    close(controller);
}

int main(void)
{
    // What is ignored when the first output is opened, as under nohup, would stay so.
    for (size_t i = 0; i < COUNT(signals); i++)
        signal(signals[i], SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); // as the program does
    const struct CMUnitTest tests[] = {
        scratch_test(a_file_appears_when_it_is_complete),
        scratch_test(an_output_given_up_leaves_nothing),
        scratch_test(several_outputs_are_independent),
        scratch_test(an_existing_file_is_not_replaced_unasked),
        scratch_test(a_file_that_appears_meanwhile_is_not_replaced),
        scratch_test(force_replaces_a_file_and_keeps_its_permissions),
        scratch_test(a_new_file_has_the_permissions_that_umask_leaves),
        scratch_test(a_write_that_fails_leaves_the_old_file),
        scratch_test(devices_are_written_to_directly),
        scratch_test(a_named_pipe_is_written_to_directly),
        scratch_test(a_symbolic_link_goes_on_leading_to_the_file),
        scratch_test(names_that_cannot_be_written_are_refused_early),
        scratch_test(a_folder_that_may_not_be_written_to_is_refused),
        scratch_test(a_name_may_be_as_long_as_names_can_be),
        scratch_test(a_partial_file_left_by_others_is_not_touched),
        scratch_test(a_signal_leaves_no_partial_file),
        scratch_test(standard_output_is_flushed_and_stays_open),
        scratch_test(a_full_standard_output_is_told),
        scratch_test(a_terminal_gets_text_but_nothing_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
