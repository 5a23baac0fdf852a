// SPDX-License-Identifier: Apache-2.0
//
// Outputs divided into pieces for threads: each output in one piece, tiles that are computed
// together in one, and as much for every thread as can be.
#include "plan/choose.h"
#include "plan/pieces.h"
#include "setting.h"

#include <stdlib.h>
#include <string.h>

static const char *const problems[] = {
    "conv2d:1x64x33x35,104x64x3x3,padding=1",
    "conv2d:1x128x28x28,128x128x3x3,padding=1",
    "conv2d:5x64x13x7,72x32x3x3,padding=1,groups=2",
    "conv2d:1x64x33x35,72x64x3x3,padding=2,dilation=2",
    "conv2d:2x48x60x14,96x48x1x1",
    "conv2d:1x64x57x56,96x64x3x3,stride=2,padding=1",
    "conv2d:3x32x40x40,64x32x5x5,padding=2",
    "conv2d:2x160x30x30,160x1x5x5,padding=2,groups=160",
    "conv3d:1x32x5x20x20,64x32x3x3x3,padding=1",
    "conv_transpose2d:1x64x20x21,64x96x4x4,stride=2,padding=1",
    "conv_transpose2d:1x32x20x21,32x40x5x3,stride=3",
    "conv2d_weight:2x70x28x28,160x70x3x3,padding=1",
    "conv2d_weight:4x160x28x28,160x40x3x3,padding=1,groups=4",
    "conv2d_weight:1x64x28x28,128x64x3x3,stride=2,padding=1",
    "conv2d_weight:2x48x14x14,48x1x3x3,padding=1,groups=48",
};

// The choice for a problem. Its operands are freed: pieces are a matter of shapes.
static fal_choice choose(const char *problem)
{
    setting s;
    fal_choice choice;
    faltung_message message;
    setting_make(&s, problem);
    assert_ok(fal_choose(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL, &choice, &message),
              &message);
    setting_free(&s);
    return choice;
}

static int64_t count_outputs(const fal_part *part)
{
    int64_t count = 1;
    for (int i = 0; i < FAL_PART_AXES; i++)
        count *= part->end[i] - part->begin[i];
    return count;
}

// Counts a piece's outputs up where they are in the whole output.
static void mark(const fal_part *whole, const fal_part *piece, int axis, int64_t at, char *marks)
{
    for (int64_t i = piece->begin[axis]; i < piece->end[axis]; i++) {
        const int64_t here = at * whole->end[axis] + i;
        if (axis + 1 < FAL_PART_AXES)
            mark(whole, piece, axis + 1, here, marks);
        else
            marks[here]++;
    }
}

static bool is_within(const fal_part *part, const fal_part *piece)
{
    for (int i = 0; i < FAL_PART_AXES; i++)
        if (piece->begin[i] < part->begin[i] || piece->begin[i] >= piece->end[i] ||
            piece->end[i] > part->end[i])
            return false;
    return true;
}

// Whether rows that are computed together are not parted.
static bool keeps_together(const fal_choice *choice, const fal_part *part, const fal_part *piece)
{
    if (choice->algorithm != &fal_winograd)
        return true;
    const fal_together t = choice->algorithm->together(&choice->task, FAL_ROW - FAL_DEPTH);
    return piece->begin[FAL_ROW] == part->begin[FAL_ROW] ||
           (piece->begin[FAL_ROW] + t.lead) % t.count == 0;
}

static void check_pieces(const fal_choice *choice, const fal_part *part, int threads)
{
    const fal_part whole = fal_whole(&choice->task.problem);
    const int64_t outputs = count_outputs(&whole);
    char *marks = calloc((size_t)outputs, 1), *expected = calloc((size_t)outputs, 1);
    assert_true(marks && expected);
    fal_pieces pieces;
    const int64_t count = fal_divide(&choice->task, choice->algorithm, part, threads, &pieces);
    for (int64_t i = 0; i < count; i++) {
        const fal_part piece = fal_find_piece(&pieces, i);
        assert_true(is_within(part, &piece) && keeps_together(choice, part, &piece));
        mark(&whole, &piece, 0, 0, marks);
    }
    mark(&whole, part, 0, 0, expected);
    assert_memory_equal(marks, expected, (size_t)outputs);
    if (pieces.rest.pieces > 0)
        assert_true(pieces.grid.pieces % threads == 0 && pieces.rest.pieces % threads == 0);
    free(marks);
    free(expected);
}

static void each_output_is_in_one_piece(void **state)
{
    (void)state;
    static const int threads[] = {2, 3, 4, 7, 16, 256};
    const int parts = 20 / TRY_EVERY;
    prng random = {77};
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        print_message("%s\n", problems[i]);
        const fal_choice choice = choose(problems[i]);
        for (int t = 0; t < (int)COUNT_OF(threads) * parts; t++) {
            fal_part part = fal_whole(&choice.task.problem);
            for (int axis = 0; t >= (int)COUNT_OF(threads) && axis < FAL_PART_AXES; axis++) {
                const int64_t end = part.end[axis];
                part.begin[axis] = random_between(&random, 0, end - 1);
                part.end[axis] = random_between(&random, part.begin[axis] + 1, end);
                if (random_between(&random, 0, 1)) {
                    part.begin[axis] = 0;
                    part.end[axis] = end;
                }
            }
            check_pieces(&choice, &part, threads[t % (int)COUNT_OF(threads)]);
        }
    }
}

// 28 rows are 7 rows of tiles, of which neither thread can have as many.
static void two_threads_have_as_much_of_seven_rows_of_tiles(void **state)
{
    (void)state;
    const fal_choice choice = choose("conv2d:1x128x28x28,128x128x3x3,padding=1");
    const fal_part whole = fal_whole(&choice.task.problem);
    fal_pieces pieces;
    int64_t outputs[2] = {0};
    const int64_t count = fal_divide(&choice.task, choice.algorithm, &whole, 2, &pieces);
    assert_true(count % 2 == 0);
    for (int64_t i = 0; i < count; i++) {
        const fal_part piece = fal_find_piece(&pieces, i);
        outputs[i / (count / 2)] += count_outputs(&piece);
    }
    assert_int_equal(outputs[0], outputs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_output_is_in_one_piece),
        cmocka_unit_test(two_threads_have_as_much_of_seven_rows_of_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
