// SPDX-License-Identifier: Apache-2.0
//
// A tour's folder is complete or not there, and nothing of the user's is ever lost for it.
#define _XOPEN_SOURCE 700 // for symlink and POSIX

#include "made.h"

#include "tour/folder.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_folder_appears_with_its_files(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_short(t, "tour", false), EXIT_DONE);
    assert_int_equal(access("tour/index.html", R_OK), 0);
    assert_int_equal(access("tour/a.npy", R_OK), 0);
    assert_int_equal(count_files(), 1);
    remove_folder("tour");
}

static void slashes_at_the_end_and_links_are_followed(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_short(t, "real//", false), EXIT_DONE);
    assert_int_equal(symlink("real", "link"), 0);
    unlink("real/index.html");
    assert_int_equal(make_short(t, "link/", true), EXIT_DONE);
    assert_int_equal(access("real/index.html", R_OK), 0);
    assert_int_equal(count_files(), 2);
    remove_folder("real");
}

static void a_tour_is_replaced_as_a_whole_when_forced(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_short(t, "tour", false), EXIT_DONE);
    assert_refusal(t, make_short(t, "tour", false), EXIT_REFUSED, "'tour' exists; --force");
    write_file("tour/index.html", "old", 3);
    unlink("tour/a.npy");
    assert_int_equal(make_short(t, "tour", true), EXIT_DONE);
    char *page = read_text("tour/index.html");
    assert_contains(page, "</html>");
    free(page);
    assert_int_equal(access("tour/a.npy", R_OK), 0);
    assert_int_equal(count_files(), 1);
    remove_folder("tour");
}

static void a_strangers_file_is_left_as_it_is(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_short(t, "tour", false), EXIT_DONE);
    write_file("tour/thesis.txt", "mine", 4);
    write_file("tour/index.html", "old", 3);
    assert_refusal(t, make_short(t, "tour", true), EXIT_REFUSED, "'tour' holds 'thesis.txt'");
    assert_file("tour/thesis.txt", "mine", 4);
    assert_file("tour/index.html", "old", 3);
    assert_int_equal(count_files(), 1);
    remove_folder("tour");
}

static void a_folder_under_a_listed_name_is_a_stranger(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_short(t, "tour", false), EXIT_DONE);
    unlink("tour/a.npy");
    assert_int_equal(mkdir("tour/a.npy", 0700), 0);
    write_file("tour/a.npy/mine", "mine", 4);
    assert_refusal(t, make_short(t, "tour", true), EXIT_REFUSED, "'tour' holds 'a.npy'");
    assert_file("tour/a.npy/mine", "mine", 4);
    remove_folder("tour/a.npy");
    remove_folder("tour");
}

static void what_is_no_tour_is_not_replaced(void **state)
{
    scratch *t = *state;
    assert_int_equal(mkdir("home", 0700), 0);
    write_file("home/mine", "mine", 4);
    assert_refusal(t, make_short(t, "home", true), EXIT_REFUSED, "is not the folder of a tour");
    write_file("home/" FOLDER_MARK, "mine\n", 5);
    assert_refusal(t, make_short(t, "home", true), EXIT_REFUSED, "is not the folder of a tour");
    assert_file("home/mine", "mine", 4);
    assert_refusal(t, make_short(t, "home/mine", true), EXIT_REFUSED, "is no folder");
    assert_refusal(t, make_short(t, "home/none/tour", true), EXIT_REFUSED, "No such file");
    assert_refusal(t, make_short(t, "", true), EXIT_REFUSED, "name is empty");
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_refusal(t, make_short(t, "link", true), EXIT_REFUSED, "leads nowhere");
    remove_folder("home");
}

static void an_empty_folder_may_be_filled(void **state)
{
    scratch *t = *state;
    assert_int_equal(mkdir("tour", 0700), 0);
    assert_refusal(t, make_short(t, "tour", false), EXIT_REFUSED, "'tour' exists");
    assert_int_equal(make_short(t, "tour", true), EXIT_DONE);
    assert_int_equal(count_files(), 1);
    remove_folder("tour");
}

// --------------------------------------------------------------------------- while it is being
// made

static void put_a_stranger(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    (void)d;
    write_file("../tour/thesis.txt", "mine", 4);
    claim_case(found, true, "no file");
}

static void a_strangers_file_that_comes_late_is_left_as_it_is(void **state)
{
    scratch *t = *state;
    const block blocks[] = {CLAIM(put_a_stranger, "A file comes", "cases", 0), {0}};
    const step steps[] = {{"A step", blocks}};
    assert_int_equal(make_short(t, "tour", false), EXIT_DONE);
    assert_refusal(t, make(t, steps, 1, "tour", true), EXIT_REFUSED, "'tour' holds 'thesis.txt'");
    assert_file("tour/thesis.txt", "mine", 4);
    assert_int_equal(access("tour/a.npy", R_OK), 0);
    assert_int_equal(count_files(), 1);
    remove_folder("tour");
}

static void interrupt(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    (void)d;
    claim_case(found, raise(SIGTERM) == 0, "no signal");
}

static void a_signal_leaves_nothing_and_ends_the_program(void **state)
{
    scratch *t = *state;
    const block blocks[] = {
        COMMAND("array 1,2 -o a.npy", ""), CLAIM(interrupt, "It is interrupted", "cases", 0), {0}};
    const step steps[] = {{"A step", blocks}};
    assert_int_equal(make_short(t, NULL, false), EXIT_DONE); // else there is no gnuplot
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        make_tour(&t->session, steps, 1, "tour", false);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(count_files(), 0);
}

static void the_working_folder_is_the_old_one_afterwards(void **state)
{
    scratch *t = *state;
    char before[256], after[256];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(make_short(t, NULL, false), EXIT_DONE);
    assert_non_null(getcwd(after, sizeof after));
    assert_string_equal(before, after);
    assert_int_equal(count_files(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(a_folder_appears_with_its_files),
        scratch_test(slashes_at_the_end_and_links_are_followed),
        scratch_test(a_tour_is_replaced_as_a_whole_when_forced),
        scratch_test(a_strangers_file_is_left_as_it_is),
        scratch_test(a_folder_under_a_listed_name_is_a_stranger),
        scratch_test(what_is_no_tour_is_not_replaced),
        scratch_test(an_empty_folder_may_be_filled),
        scratch_test(a_strangers_file_that_comes_late_is_left_as_it_is),
        scratch_test(a_signal_leaves_nothing_and_ends_the_program),
        scratch_test(the_working_folder_is_the_old_one_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
