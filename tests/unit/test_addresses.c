// SPDX-License-Identifier: Apache-2.0
//
// Operands anywhere in memory give the bits that they give where lines of the cache begin.
#include "guarded.h"
#include "setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A copy of an array, so many elements behind the beginning of a block with room for more, which is
// returned.
static void *move(array *to, const array *from, int64_t elements)
{
    const size_t size = faltung_dtype_size(from->tensor.dtype);
    const size_t bytes = (size_t)from->count * size;
    char *block = malloc(bytes + 64 * size);
    assert_non_null(block);
    *to = *from;
    to->memory = block + (size_t)elements * size;
    to->tensor =
        (faltung_tensor){to->memory, from->tensor.dtype, from->tensor.rank, to->shape, NULL};
    memcpy(to->memory, from->memory, bytes);
    return block;
}

// Where pixels are read in place, it depends on their address which of them make a vector; what is
// added to the output that is there is added once.
static void addresses_change_no_bit(void **state)
{
    static const char *const problems[] = {
        "conv2d:2x70x16x20,13x70x1x1",  "conv2d:2x200x14x18,60x200x1x1",
        "conv2d:1x256x8x26,48x256x1x1", "conv2d:1x300x20x24,12x300x1x1,dtype=f64",
        "conv1d:1x20x6400,5x20x1",      "conv2d:1x20x15x19,5x20x1x1",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems) * 18; i++) {
        faltung_message m;
        setting s;
        setting_make(&s, problems[i / 18]);
        setting_compute(&s);
        array input, sums, output;
        const int64_t at = (int64_t)i % 18;
        void *const blocks[] = {move(&input, &s.input, at), move(&sums, &s.output, 0),
                                move(&output, &s.output, at * 7 % 19)};
        faltung_tensor *bias = s.has_bias ? &s.bias.tensor : NULL;
        assert_ok(faltung_convolve_residual(&s.call.conv, &s.input.tensor, &s.weight.tensor, bias,
                                            &s.output.tensor, &sums.tensor, &m),
                  &m);
        s.call.conv.threads = 1 + (int)at % 3;
        assert_ok(faltung_convolve_residual(&s.call.conv, &input.tensor, &s.weight.tensor, bias,
                                            &output.tensor, &output.tensor, &m),
                  &m);
        assert_true(array_same_bits(&output, &sums));
        for (size_t k = 0; k < COUNT_OF(blocks); k++)
            free(blocks[k]);
        setting_free(&s);
    }
}

// Of 1×1 convolutions, that read where they are channels that lie at one place, or one channel that
// says how far the next would be.
static void channels_may_be_any_distance_apart(void **state)
{
    static const struct {
        const char *problem;
        int64_t apart;
    } views[] = {
        {"conv2d:2x64x32x32,64x64x1x1", 0},
        {"conv2d:2x9x16x64,48x9x1x1,dtype=f64", 0},
        {"conv2d:2x1x32x32,64x1x1x1", INT64_MIN},
        {"conv2d:2x1x32x32,64x1x1x1", INT64_MAX / 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(views); i++) {
        faltung_message m;
        setting s;
        setting_make(&s, views[i].problem);
        const int64_t *shape = s.input.tensor.shape;
        const int64_t strides[] = {shape[2] * shape[3], views[i].apart, shape[3], 1};
        faltung_tensor view = s.input.tensor, *bias = s.has_bias ? &s.bias.tensor : NULL;
        view.strides = strides;
        array copied, expected;
        array_make(&copied, view.dtype, 4, shape);
        array_make(&expected, view.dtype, 4, s.output.tensor.shape);
        assert_ok(faltung_tensor_copy(&view, &copied.tensor, &m), &m);
        const faltung_tensor *weight = &s.weight.tensor;
        assert_ok(
            faltung_convolve(&s.call.conv, &copied.tensor, weight, bias, &expected.tensor, &m), &m);
        assert_ok(faltung_convolve(&s.call.conv, &view, weight, bias, &s.output.tensor, &m), &m);
        assert_true(array_same_bits(&s.output, &expected));
        array_free(&copied);
        array_free(&expected);
        setting_free(&s);
    }
}

// Computes every row of every image by itself, and all at once.
static void compute_rows(const faltung_plan *plan, const setting *s, const faltung_tensor *input)
{
    faltung_message m;
    const int64_t *shape = s->output.tensor.shape;
    for (int64_t i = 0; i < shape[0] * shape[2]; i++) {
        const int64_t n = i / shape[2], row = i % shape[2];
        const faltung_part part = {{n, 0, row, 0}, {n + 1, shape[1], row + 1, shape[3]}};
        assert_ok(faltung_plan_run_part(plan, input, &s->output.tensor, &part, NULL, &m), &m);
    }
}

// An input that is no larger than what is needed, against a page that may not be read: at once, and
// row by row.
static void check_edge(setting *s, const array *expected, const arena *room, edge at)
{
    faltung_message m;
    faltung_tensor input = s->input.tensor;
    const size_t size = faltung_dtype_size(input.dtype), bytes = (size_t)s->input.count * size;
    faltung_plan *plan = setting_plan(s);
    input.data = arena_place(room, bytes, size, at);
    memcpy(input.data, s->input.memory, bytes);
    memset(s->output.memory, 0, (size_t)s->output.count * size);
    assert_ok(faltung_plan_run(plan, &input, &s->output.tensor, NULL, &m), &m);
    assert_true(array_same_bits(&s->output, expected));
    memset(s->output.memory, 0, (size_t)s->output.count * size);
    compute_rows(plan, s, &input);
    assert_true(array_same_bits(&s->output, expected));
    faltung_plan_destroy(plan);
}

static void check_edges(const char *problem, const arena *room, prng *random)
{
    setting s;
    setting_make(&s, problem);
    array_fill_integers(&s.input, random, -8, 8);
    array_fill_integers(&s.weight, random, -8, 8);
    array_fill_integers(&s.bias, random, -8, 8);
    s.call.conv.algorithm = "reference";
    setting_compute(&s);
    array expected;
    array_make(&expected, s.output.tensor.dtype, 4, s.output.shape);
    memcpy(expected.memory, s.output.memory,
           (size_t)s.output.count * faltung_dtype_size(s.output.tensor.dtype));
    s.call.conv.algorithm = "direct";
    for (int at = 0; at < EDGES; at++) {
        blame("%s, against edge %d", problem, at);
        check_edge(&s, &expected, room, (edge)at);
    }
    array_free(&expected);
    setting_free(&s);
}

// Every second pixel is read where it lies, with the others between; nothing beside the input is.
static void every_second_pixel_is_read_within_the_input(void **state)
{
    static const char *const types[] = {"f32", "f64"};
    char problem[128];
    arena room;
    prng random = {74};
    (void)state;
    arena_make(&room, 1 << 16);
    blame_begin();
    for (size_t type = 0; type < COUNT_OF(types); type++)
        for (int images = 1; images <= 3; images += 2)
            for (int rows = 1; rows <= 3; rows++)
                for (int kernel = 1; kernel <= 4; kernel++)
                    for (int columns = 1; columns <= 19; columns++) {
                        snprintf(problem, sizeof problem,
                                 "conv2d:%dx2x%dx%d,3x2x2x%d,stride=2,dtype=%s", images, rows * 2,
                                 columns * 2 - 2 + kernel, kernel, types[type]);
                        check_edges(problem, &room, &random);
                    }
    blame_end();
    arena_free(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_change_no_bit),
        cmocka_unit_test(channels_may_be_any_distance_apart),
        cmocka_unit_test(every_second_pixel_is_read_within_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
