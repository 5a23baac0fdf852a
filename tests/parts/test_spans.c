// SPDX-License-Identifier: Apache-2.0
//
// Sets of spans against a field of flags; grids: their pieces cover every pixel once.
#include "parts/grid.h"
#include "scratch.h"

#include <string.h>

enum { PIXELS = 64 };

static int64_t next(uint64_t *state, int64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int64_t)((*state >> 33) % (uint64_t)below);
}

static void check(const spans *set, const bool *flags, span within)
{
    int64_t count = 0, first = within.begin;
    for (int64_t i = within.begin; i < within.end; i++)
        count += flags[i];
    while (first < within.end && flags[first])
        first++;
    int64_t end = first;
    while (end < within.end && !flags[end])
        end++;
    const span missing = spans_first_missing(set, within);
    assert_int_equal(spans_count(set, within), count);
    assert_int_equal(missing.begin, first);
    assert_int_equal(missing.end, end);
}

static void sets_hold_what_was_added(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int time = 0; time < 300; time++) {
        spans set = {0};
        bool flags[PIXELS] = {false};
        for (int i = 0; i < 12; i++) {
            span added = {next(&random, PIXELS), 0};
            added.end = added.begin + next(&random, PIXELS - added.begin + 1);
            memset(flags + added.begin, 1, (size_t)(added.end - added.begin));
            assert_true(spans_add(&set, added));
            for (size_t j = 1; j < set.count; j++)
                assert_true(set.span[j - 1].end < set.span[j].begin);
            const int64_t from = next(&random, PIXELS);
            check(&set, flags, (span){from, from + next(&random, PIXELS - from + 1)});
        }
        spans_free(&set);
    }
}

// The pixel that indexes name.
static int64_t pixel_of(const grid *g, const int64_t *index)
{
    int64_t pixel = 0;
    for (int i = 0; i < g->axes; i++)
        pixel = pixel * g->size[i] + index[i];
    return pixel;
}

static void check_piece(const grid *g, const faltung_part *part, span taken)
{
    const int channel = g->batched ? 1 : 0;
    int64_t first[GRID_MAX_AXES] = {0}, last[GRID_MAX_AXES] = {0}, count = 1;
    assert_int_equal(part->begin[channel], 0);
    assert_int_equal(part->end[channel], g->channels);
    for (int i = g->batched ? 0 : 1; i < g->axes; i++) {
        const int at = i == 0 ? 0 : channel + i;
        first[i] = part->begin[at];
        last[i] = part->end[at] - 1;
        assert_in_range(last[i], first[i], g->size[i] - 1);
        count *= last[i] - first[i] + 1;
    }
    assert_int_equal(pixel_of(g, first), taken.begin);
    assert_int_equal(pixel_of(g, last) + 1, taken.end);
    assert_int_equal(count, taken.end - taken.begin);
    const int cut = g->cut == 0 ? 0 : channel + g->cut;
    if (g->cut || g->batched)
        assert_true(part->end[cut] - part->begin[cut] <= g->most);
}

static void pieces_cover_every_pixel_once(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (int time = 0; time < 500; time++) {
        grid g = {.batched = next(&random, 2), .channels = 1 + next(&random, 3)};
        g.axes = 2 + (int)next(&random, 3);
        for (int i = 0; i < g.axes; i++) {
            g.size[i] = 1 + next(&random, 7);
            g.block[i] = 1 + next(&random, 4);
        }
        if (!g.batched)
            g.size[0] = 1;
        g.cut = (int)next(&random, g.axes);
        g.most = 1 + next(&random, g.size[g.cut]);
        const span all = grid_all(&g);
        span left = {next(&random, all.end), all.end};
        left.end = left.begin + 1 + next(&random, all.end - left.begin);
        while (left.begin < left.end) {
            span taken;
            const faltung_part part = grid_next(&g, left, &taken);
            assert_true(taken.begin == left.begin && taken.end > taken.begin);
            assert_true(taken.end <= left.end);
            check_piece(&g, &part, taken);
            left.begin = taken.end;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_hold_what_was_added),
        cmocka_unit_test(pieces_cover_every_pixel_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
