// SPDX-License-Identifier: Apache-2.0
//
// Reading, writing and syncing fail, one after the other: a refusal each time, and the next run
// goes on to the same bytes.
#include "between.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t left;   // operations until one fails
static bool has_ended; // whether it fails as a file does that is shorter than it was
static long failures;  // over all tests

static bool fails(store_reason *why)
{
    if (--left >= 0)
        return false;
    failures++;
    *why = (store_reason){.ended = has_ended};
    snprintf(why->text, sizeof why->text, "no luck");
    return true;
}

static store *failing_open(const char *path, bool to_write, store_reason *why)
{
    return fails(why) ? NULL : posix_store.open(path, to_write, why);
}

static size_t bytes_read;

static int64_t failing_read(store *file, int64_t offset, void *bytes, size_t count,
                            store_reason *why)
{
    bytes_read += count;
    if (fails(why))
        return has_ended ? 0 : -1;
    return posix_store.read(file, offset, bytes, count, why);
}

// Half of it arrives, and then nothing does.
static int64_t failing_write(store *file, int64_t offset, const void *bytes, size_t count,
                             store_reason *why)
{
    if (!fails(why))
        return posix_store.write(file, offset, bytes, count, why);
    store_reason other;
    (void)posix_store.write(file, offset, bytes, count / 2, &other);
    return has_ended ? 0 : -1;
}

static bool failing_resize(store *file, int64_t size, store_reason *why)
{
    return !fails(why) && posix_store.resize(file, size, why);
}

static bool failing_sync(store *file, store_reason *why)
{
    return !fails(why) && posix_store.sync(file, why);
}

static void close_file(store *file)
{
    posix_store.close(file);
}

static const store_kind failing = {failing_open,   failing_read, failing_write,
                                   failing_resize, failing_sync, close_file};

static void forget_words(scratch *t)
{
    rewind(t->session.err);
}

// With every operation failing in turn, of the later ones some, until none is left to fail.
static void check_faults(scratch *t, const between *b, parts_request *r)
{
    const long before = failures;
    r->kind = &failing;
    for (int64_t at = 0;; at += 1 + at / 16) {
        left = at;
        int status = parts_run(&t->session, r);
        forget_words(t);
        assert_true(status == EXIT_DONE || status == EXIT_REFUSED || status == EXIT_BAD_FILE);
        if (status == EXIT_DONE)
            break;
        assert_true(access("y.npy", F_OK) != 0);
    }
    assert_true(failures - before >= 3);
    assert_computed(t, b);
}

static void every_operation_may_fail(void **state)
{
    scratch *t = *state;
    numbers n = {11};
    for (int time = 0; time < 12; time++) {
        between b;
        has_ended = time % 2;
        between_make(t, &b, &n);
        parts_request r = between_request(&b, 5000);
        check_faults(t, &b, &r);
        between_free(&b);
    }
}

// Nothing is left behind where nothing is done.
static void a_failure_before_the_work_leaves_nothing(void **state)
{
    scratch *t = *state;
    numbers n = {12};
    between b;
    has_ended = false;
    between_make(t, &b, &n);
    parts_request r = between_request(&b, 5000);
    r.kind = &failing;
    for (int64_t at = 0; at < 1 + b.has_residual; at++) {
        left = at;
        assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "no luck");
        assert_int_equal(count_files(), 1 + b.has_residual);
    }
    r.memory = 1000;
    r.kind = &posix_store;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED,
                   "--memory 1000 is too little: the least that would do is");
    assert_int_equal(count_files(), 1 + b.has_residual);
    between_free(&b);
}

// What one part has written is there though another one cannot begin.
static void a_failure_leaves_other_parts_alone(void **state)
{
    scratch *t = *state;
    numbers n = {13};
    between b;
    has_ended = false;
    between_make(t, &b, &n);
    parts_request r = between_request(&b, 5000);
    r.part = (shard){0, 2};
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    r.part.index = 1;
    r.kind = &failing;
    for (int64_t at = 0; at < 3 + b.has_residual; at++) { // inputs, the output, and its size
        left = at;
        assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "no luck");
    }
    r.kind = &posix_store;
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    assert_int_equal(parts_finish(&t->session, "y.npy", false), EXIT_DONE);
    assert_computed(t, &b);
    between_free(&b);
}

static int64_t touching_write(store *file, int64_t offset, const void *bytes, size_t count,
                              store_reason *why)
{
    assert_int_equal(system("touch -d '2001-01-01' x.npy"), 0);
    return posix_store.write(file, offset, bytes, count, why);
}

// A journal says of nothing that it is done if the input has become another meanwhile.
static void what_is_computed_from_another_input_is_not_done(void **state)
{
    scratch *t = *state;
    numbers n = {14};
    between b;
    between_make(t, &b, &n);
    store_kind touching = posix_store;
    touching.write = touching_write;
    parts_request r = between_request(&b, 5000);
    r.kind = &touching;
    r.part.count = 1;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED,
                   "'x.npy' has been changed while it was read");
    assert_refusal(t, parts_finish(&t->session, "y.npy", false), EXIT_REFUSED,
                   "'y.npy' is not complete: 0 of");
    assert_int_equal(system("rm .y.npy.*"), 0);
    between_free(&b);
}

// Rows that two pieces need are handed on in memory.
static void every_byte_is_read_once(void **state)
{
    scratch *t = *state;
    static const int64_t of_input[] = {2, 3, 60, 20}, of_weight[] = {4, 3, 7, 7};
    between b = {.conv = FALTUNG_CONV2D};
    for (int i = 0; i < 2; i++)
        b.conv.padding[i] = (faltung_padding){3, 3};
    assert_int_equal(array_make(&t->session, &b.input, FALTUNG_F32, 4, of_input), EXIT_DONE);
    assert_int_equal(array_make(&t->session, &b.weight, FALTUNG_F32, 4, of_weight), EXIT_DONE);
    const int64_t of_output[] = {2, 4, 60, 20};
    assert_int_equal(array_make(&t->session, &b.expected, FALTUNG_F32, 4, of_output), EXIT_DONE);
    assert_int_equal(array_write(&t->session, &b.input.tensor, "x.npy", false), EXIT_DONE);
    parts_request r = between_request(&b, 20000); // of which ten rows need 4800 bytes and more
    r.kind = &failing;
    left = INT64_MAX;
    bytes_read = 0;
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    assert_int_equal(bytes_read, 2 * 3 * 60 * 20 * sizeof(float));
    assert_computed(t, &b);
    between_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(every_operation_may_fail),
        scratch_test(a_failure_leaves_other_parts_alone),
        scratch_test(what_is_computed_from_another_input_is_not_done),
        scratch_test(every_byte_is_read_once),
        scratch_test(a_failure_before_the_work_leaves_nothing),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    print_message("counted: %ld failing operations on files\n", failures);
    return status;
}
