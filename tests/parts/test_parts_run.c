// SPDX-License-Identifier: Apache-2.0
//
// Parts give the bytes of the whole: over random convolutions, in pieces of any size, as shards in
// any order, and where earlier runs have left off.
#include "between.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void pieces_give_the_bytes_of_the_whole(void **state)
{
    scratch *t = *state;
    numbers n = {1};
    for (int time = 0; time < 150; time++) {
        between b;
        between_make(t, &b, &n);
        const parts_request r = between_request(&b, (size_t)number_between(&n, 1, 20000));
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_computed(t, &b);
        between_free(&b);
    }
}

static void shuffle(numbers *n, int64_t *list, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        list[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t j = number_between(n, 0, i), other = list[j];
        list[j] = list[i];
        list[i] = other;
    }
}

static void shards_give_the_bytes_of_the_whole(void **state)
{
    scratch *t = *state;
    numbers n = {2};
    for (int time = 0; time < 40; time++) {
        between b;
        int64_t order[9];
        between_make(t, &b, &n);
        parts_request r = between_request(&b, 3000);
        r.part.count = number_between(&n, 1, COUNT(order));
        shuffle(&n, order, r.part.count);
        for (int64_t i = 0; i < r.part.count; i++) {
            if (i)
                assert_refusal(t, parts_finish(&t->session, "y.npy", false), EXIT_REFUSED,
                               "'y.npy' is not complete");
            r.part.index = order[i];
            assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        }
        assert_int_equal(parts_finish(&t->session, "y.npy", false), EXIT_DONE);
        assert_computed(t, &b);
        between_free(&b);
    }
}

// What shards have done, the whole need not.
static void the_whole_goes_on_where_shards_ended(void **state)
{
    scratch *t = *state;
    numbers n = {3};
    for (int time = 0; time < 15; time++) {
        between b;
        between_make(t, &b, &n);
        parts_request r = between_request(&b, 2000);
        r.part = (shard){number_between(&n, 0, 3), 4};
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        r.part.count = 0;
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_computed(t, &b);
        between_free(&b);
    }
}

static void other_operands_and_options_are_noticed(void **state)
{
    scratch *t = *state;
    numbers n = {4};
    between b;
    do // one whose accuracy is no matter of shapes
        between_make(t, &b, &n);
    while (b.conv.operation != FALTUNG_CONV || !b.has_bias ? (between_free(&b), true) : false);
    parts_request r = between_request(&b, 2000);
    r.part = (shard){0, 3};
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    faltung_conv other = b.conv;
    other.accuracy = FALTUNG_ACCURACY_EXACT;
    r.conv = &other;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "with another accuracy");
    r.conv = &b.conv;
    ((unsigned char *)b.weight.memory)[0] ^= 1;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "with another weight");
    ((unsigned char *)b.weight.memory)[0] ^= 1;
    r.part.index = 1; // of which there is no journal yet
    ((unsigned char *)b.bias.memory)[0] ^= 1;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "with another bias");
    ((unsigned char *)b.bias.memory)[0] ^= 1;
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    assert_int_equal(system("touch -d '2001-01-01' x.npy"), 0);
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "with another input");
    assert_int_equal(system("rm .y.npy.*"), 0);
    between_free(&b);
}

// Bytes at the end of a journal that no run has written so.
static void torn_journals_are_read_as_far_as_they_are_whole(void **state)
{
    scratch *t = *state;
    static const char *const ends[] = {
        "done",        "done 0 1",     "done 0 99999999\n", "done -1 1\n", "done 1 1\n",
        "done 0 1 \n", "done 0x0 1\n", "DONE 0 1\n",        "\n\n",        "done 00 1\n",
    };
    numbers n = {5};
    for (size_t i = 0; i < COUNT(ends); i++) {
        between b;
        between_make(t, &b, &n);
        parts_request r = between_request(&b, 2000);
        r.part = (shard){1, 3};
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        FILE *file = fopen(".y.npy.journal-1-of-3", "a");
        assert_non_null(file);
        fputs(ends[i], file);
        fclose(file);
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        r.part.count = 0;
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_computed(t, &b);
        between_free(&b);
    }
}

// A head that is cut off anywhere is one that says nothing yet; another's is no obstacle.
static void torn_heads_are_written_anew(void **state)
{
    scratch *t = *state;
    numbers n = {7};
    for (int i = 0; i < 6; i++) {
        between b;
        char line[96];
        between_make(t, &b, &n);
        parts_request r = between_request(&b, 2000);
        r.part = (shard){0, 2};
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        snprintf(line, sizeof line, "truncate -s %d .y.npy.journal-0-of-2", 11 * i);
        assert_int_equal(system(line), 0);
        r.part.index = i % 2;
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_refusal(t, parts_finish(&t->session, "y.npy", false), EXIT_REFUSED,
                       "is not complete");
        r.part.index = 1 - i % 2;
        assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
        assert_int_equal(parts_finish(&t->session, "y.npy", false), EXIT_DONE);
        assert_computed(t, &b);
        between_free(&b);
    }
}

static void what_is_gone_is_not_taken_for_done(void **state)
{
    scratch *t = *state;
    numbers n = {6};
    between b;
    between_make(t, &b, &n);
    parts_request r = between_request(&b, 2000);
    r.part = (shard){1, 2};
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    assert_int_equal(unlink(".y.npy.partial"), 0);
    r.part.index = 0;
    assert_refusal(t, parts_run(&t->session, &r), EXIT_REFUSED, "'.y.npy.partial' is gone");
    r.part.index = 1; // whose own journal it is
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    r.part.count = 0;
    assert_int_equal(parts_run(&t->session, &r), EXIT_DONE);
    assert_computed(t, &b);
    assert_refusal(t, parts_finish(&t->session, "z.npy", false), EXIT_REFUSED,
                   "no part of 'z.npy'");
    between_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(pieces_give_the_bytes_of_the_whole),
        scratch_test(shards_give_the_bytes_of_the_whole),
        scratch_test(the_whole_goes_on_where_shards_ended),
        scratch_test(other_operands_and_options_are_noticed),
        scratch_test(torn_journals_are_read_as_far_as_they_are_whole),
        scratch_test(torn_heads_are_written_anew),
        scratch_test(what_is_gone_is_not_taken_for_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
