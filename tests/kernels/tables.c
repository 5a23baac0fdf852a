// SPDX-License-Identifier: Apache-2.0
//
// What the algorithms rely on when they choose among kernels and lay out their memory.
#include "tests.h"

#include "subjects.h"

// How many entries a list has before the NULL that must end it within its room.
static int length(const void *const *list, int room)
{
    for (int i = 0; i < room; i++)
        if (!list[i])
            return i;
    fail_msg("a list without an end");
    return 0;
}

#define LENGTH_OF(list) length((const void *const *)(list), COUNT_OF(list))

static void check_lists(const fal_kernels *set, prng *random)
{
    (void)random;
    assert_true(LENGTH_OF(set->wide) > 0);
    assert_true(LENGTH_OF(set->longs) > 0);
    assert_true(LENGTH_OF(set->planes) > 0);
    assert_int_equal(set->input_size, faltung_dtype_size(set->dtype));
    assert_int_equal(set->output_size, faltung_dtype_size(faltung_result_dtype(set->dtype)));
    assert_true(set->lanes > 1 && set->lanes <= 16); // as many as a piece has bits
}

void every_list_ends_within_its_room(void **state)
{
    (void)state;
    check_each_set(check_lists);
}

static void check_best(const fal_kernels *set, prng *random)
{
    (void)random;
    const fal_kernels *best = fal_best_kernels(set->dtype);
    assert_non_null(best);
    assert_ptr_equal(fal_find_kernels(best->name, best->dtype), best);
    assert_null(fal_find_kernels("none", set->dtype));
}

void the_best_kernels_are_found_by_their_name(void **state)
{
    (void)state;
    check_each_set(check_best);
}

static void check_skips(const fal_kernels *set, const fal_wide_kernel *k)
{
    assert_true(k->skip_count <= FAL_WIDE_SKIPS);
    assert_true(k->far_skips >= 1 && k->far_skips <= k->skip_count);
    assert_int_equal(k->skips[0], 0);
    for (int i = 0; i < k->skip_count; i++)
        assert_int_equal(k->skips[i] >> k->pixels, 0);
    (void)set;
}

// Those are not turned.
static bool is_apart(const fal_kernels *set, const fal_wide_kernel *k)
{
    for (int i = 0; set->apart[i]; i++)
        if (set->apart[i] == k)
            return true;
    return false;
}

static void check_wide(const subject *s, prng *random)
{
    const fal_wide_kernel *k = s->wide_kernel;
    (void)random;
    assert_int_equal(k->pixels % k->run, 0);
    assert_int_equal(k->channels % s->set->lanes, 0);
    assert_true(k->strip >= 1 && k->strip <= FAL_WIDE_STRIP);
    if (!is_apart(s->set, k))
        assert_int_equal(k->strip * k->pixels % s->set->lanes, 0); // whole squares
    assert_true(k->strip * k->pixels * k->channels <= FAL_STRIP_SUMS);
    assert_true(s->set->lanes <= FAL_SLACK);
    check_skips(s->set, k);
}

void wide_strips_fit_into_the_room_that_is_set_aside(void **state)
{
    (void)state;
    check_each(WIDE, check_wide);
}

// Shapes of the same pixels stand together, and those of more channels first.
static void check_wide_order(const fal_kernels *set, prng *random)
{
    int count = LENGTH_OF(set->wide);
    (void)random;
    for (int i = 1; i < count; i++)
        for (int j = 0; j < i; j++)
            if (set->wide[j]->pixels == set->wide[i]->pixels) {
                assert_int_equal(set->wide[i - 1]->pixels, set->wide[i]->pixels);
                assert_true(set->wide[j]->channels > set->wide[i]->channels);
            }
}

void wide_kernels_stand_in_falling_order_of_channels(void **state)
{
    (void)state;
    check_each_set(check_wide_order);
}

static void check_long(const subject *s, prng *random)
{
    const fal_long_kernel *k = s->long_kernel;
    (void)random;
    assert_true(k->step == 2 ? k->pieces == 2 : k->pieces >= 1 && k->pieces <= s->set->most_pieces);
    assert_true(k->strip >= 1 && k->strip <= FAL_LONG_STRIP);
    assert_true(k->strip * k->channels * k->vectors * s->set->lanes <= FAL_STRIP_SUMS);
}

void long_strips_fit_into_the_room_that_is_set_aside(void **state)
{
    (void)state;
    check_each(LONG, check_long);
}

// The kernels for one number of pieces and step are in falling order of channels, down to 1;
// returns how many there are.
static int check_pieces(const fal_kernels *set, int pieces, int step)
{
    int count = 0, channels = 0;
    for (int i = 0; set->longs[i]; i++) {
        if (set->longs[i]->pieces != pieces || set->longs[i]->step != step)
            continue;
        assert_true(count == 0 || set->longs[i]->channels < channels);
        assert_true(count == 0 || set->longs[i - 1]->pieces == pieces);
        assert_true(count == 0 || set->longs[i - 1]->step == step);
        channels = set->longs[i]->channels;
        count++;
    }
    assert_int_equal(channels, count ? 1 : 0);
    return count;
}

static void check_long_order(const fal_kernels *set, prng *random)
{
    int count = LENGTH_OF(set->longs), found = check_pieces(set, 2, 2);
    (void)random;
    assert_true(found > 0);
    for (int pieces = 1; pieces <= set->most_pieces; pieces++)
        found += check_pieces(set, pieces, 1);
    assert_int_equal(found, count);
    assert_true(check_pieces(set, 1, 1) > 0);
    assert_true(check_pieces(set, set->most_pieces, 1) > 0);
}

void long_kernels_go_down_to_one_channel(void **state)
{
    (void)state;
    check_each_set(check_long_order);
}

// Whether the kernels for one height, any if that is 0, stride and phases stand in falling order of
// vectors down to one.
static void check_plane_widths(const fal_kernels *set, int kernel_rows, int stride, int phases)
{
    int vectors = 0;
    for (int i = 0; set->planes[i]; i++) {
        const fal_plane_kernel *k = set->planes[i];
        if (k->kernel_rows != kernel_rows || k->stride != stride || k->phases != phases)
            continue;
        assert_true(vectors == 0 || k->vectors < vectors);
        vectors = k->vectors;
    }
    assert_int_equal(vectors, 1);
}

// Those for one height come before those for any.
static void check_plane_order(const fal_kernels *set, prng *random)
{
    bool any = false;
    (void)random;
    for (int i = 0; set->planes[i]; i++) {
        const fal_plane_kernel *k = set->planes[i];
        assert_true(k->stride == 1 || k->stride == 2);
        assert_true(!any || k->kernel_rows == 0);
        any = any || k->kernel_rows == 0;
        assert_true(k->phases == 1 || (k->phases == 2 && k->stride == 1));
        check_plane_widths(set, k->kernel_rows, k->stride, k->phases);
    }
    for (int stride = 1; stride <= 2; stride++)
        check_plane_widths(set, 0, stride, 1);
    check_plane_widths(set, 0, 1, 2);
}

void plane_kernels_go_down_to_one_vector(void **state)
{
    (void)state;
    check_each_set(check_plane_order);
}
