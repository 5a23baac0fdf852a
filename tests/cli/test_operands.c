// SPDX-License-Identifier: Apache-2.0
//
// Where a convolution's operands come from and its result goes: types, byte orders, pipes,
// pictures, and files that exist already.
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Input x.npy, weight w.npy and bias b.npy of one problem, and its result.
typedef struct operands {
    grid x, w, b, y;
} operands;

static operands operands_make(void)
{
    const geometry how = geometry_make(2);
    operands o = {grid_make("2x3x6x5", 1), grid_make("4x3x3x2", 2), grid_make("4", 3), {0}};
    o.y = convolve(&how, &o.x, &o.w, &o.b);
    return o;
}

static void write_operands(const operands *o, const char *descr, bool fortran)
{
    write_npy("x.npy", &o->x, descr, fortran);
    write_npy("w.npy", &o->w, descr, fortran);
    write_npy("b.npy", &o->b, descr, fortran);
}

static void operands_free(operands *o)
{
    grid_free(&o->x);
    grid_free(&o->w);
    grid_free(&o->b);
    grid_free(&o->y);
}

static void arrays_have_any_type_order_and_byte_order(void **state)
{
    (void)state;
    static const char *const types[] = {"<f4", ">f4", "<f8", ">f8", "<f2", ">f2"};
    operands o = operands_make();
    for (size_t i = 0; i < COUNT(types); i++)
        for (int fortran = 0; fortran < 2; fortran++) {
            char native[] = {'<', 'f', types[i][2], '\0'};
            write_operands(&o, types[i], fortran);
            succeed("faltung conv2d x.npy w.npy b.npy -o y.npy --force");
            assert_npy("y.npy", native, &o.y);
        }
    operands_free(&o);
}

static void arrays_may_be_of_version_2_and_3(void **state)
{
    (void)state;
    static const char header[] = "{'shape': (1, 2), 'fortran_order': False, 'descr': '<f4'}\n";
    static const float numbers[] = {1, -2};
    for (char version = 2; version <= 3; version++) {
        char file[12 + sizeof header - 1 + sizeof numbers] = "\x93NUMPY\x02\x00";
        file[6] = version;
        file[8] = (char)(sizeof header - 1);
        memcpy(file + 12, header, sizeof header - 1);
        memcpy(file + 12 + sizeof header - 1, numbers, sizeof numbers);
        write_bytes("x.npy", file, sizeof file);
        assert_prints("faltung show x.npy", "f32 (1, 2)\n[[ 1. -2.]]\n");
    }
}

static void arrays_go_through_pipes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "faltung conv2d - w.npy b.npy -o y.npy --force < x.npy",
        "cat w.npy | faltung conv2d x.npy - b.npy -o y.npy --force",
        "cat x.npy | faltung conv2d - w.npy b.npy -o - >y.npy",
        "faltung conv2d x.npy w.npy b.npy -o - | cat >y.npy",
        "faltung conv2d x.npy w.npy b.npy -o /dev/stdout | cat >y.npy",
    };
    operands o = operands_make();
    write_operands(&o, "<f4", false);
    for (size_t i = 0; i < COUNT(lines); i++) {
        write_text("y.npy", "");
        succeed("%s", lines[i]);
        assert_npy("y.npy", "<f4", &o.y);
    }
    assert_prints("faltung conv2d x.npy w.npy -o - | faltung info -", "f32 (2, 4, 4, 4)\n");
    operands_free(&o);
}

static void the_tutorial_goes_through_a_pipe(void **state)
{
    (void)state;
    succeed("faltung randn 16x3x16x16 10x3x3x3 --seed 14 -o x.npy -o kernel.npy");
    assert_prints("faltung conv2d x.npy kernel.npy -o - --stride 2 | faltung info -",
                  "f32 (16, 10, 7, 7)\n");
    assert_prints("faltung conv2d x.npy kernel.npy -o - | faltung info -",
                  "f32 (16, 10, 14, 14)\n");
    assert_prints("faltung conv2d x.npy kernel.npy -o - --padding same | faltung info -",
                  "f32 (16, 10, 16, 16)\n");
    assert_prints("faltung conv2d x.npy kernel.npy -o - --stride 2 --padding same_upper | "
                  "faltung info -",
                  "f32 (16, 10, 8, 8)\n");
    assert_refuses(REFUSED, "faltung conv2d x.npy kernel.npy -o y.npy --padding same --stride 2",
                   "padding='same' is not supported for strided convolutions");
}

static void an_existing_output_is_replaced_by_force_only(void **state)
{
    (void)state;
    operands o = operands_make();
    write_operands(&o, "<f4", false);
    write_text("y.npy", "old");
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy b.npy -o y.npy", "'y.npy' exists");
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy b.npy -o x.npy", "'x.npy' exists");
    succeed("faltung conv2d x.npy w.npy b.npy -o y.npy --force");
    assert_npy("y.npy", "<f4", &o.y);
    assert_folder("b.npy w.npy x.npy y.npy");
    operands_free(&o);
}

static void an_output_may_be_an_input_by_force(void **state)
{
    (void)state;
    static const char *const names[] = {"x.npy", "w.npy", "b.npy", "./x.npy"};
    operands o = operands_make();
    for (size_t i = 0; i < COUNT(names); i++) {
        write_operands(&o, "<f4", false);
        succeed("faltung conv2d x.npy w.npy b.npy -o %s --force", names[i]);
        assert_npy(names[i], "<f4", &o.y);
        assert_folder("b.npy w.npy x.npy");
    }
    write_operands(&o, "<f4", false);
    succeed("ln -s x.npy link.npy; faltung conv2d x.npy w.npy b.npy -o link.npy --force");
    assert_npy("x.npy", "<f4", &o.y);
    succeed("test -L link.npy");
    write_operands(&o, "<f4", false);
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy b.npy -o x.npy --force --stride 0",
                   "non-positive stride is not supported");
    operands_free(&o);
}

static void pictures_are_filtered(void **state)
{
    (void)state;
    static const char grey[] = "P5\n3 2\n255\n\x01\x02\x03\x04\xff\x06";
    static const char colour[] = "P6 2 1 255\n\x01\x02\x03\x0a\x14\x1e";
    write_bytes("grey.pgm", grey, sizeof grey - 1);
    write_bytes("colour.ppm", colour, sizeof colour - 1);
    assert_prints("faltung show grey.pgm",
                  "f32 (1, 2, 3)\n[[[  1.   2.   3.]\n  [  4. 255.   6.]]]\n");
    assert_prints(
        "faltung show colour.ppm --json",
        "{\"dtype\": \"f32\", \"shape\": [3, 1, 2], \"values\": [1, 10, 2, 20, 3, 30]}\n");
    succeed("faltung array 2 -o twice.npy --shape 1x1x1x1\n"
            "faltung conv2d grey.pgm twice.npy -o y.pgm");
    size_t count;
    char *bytes = read_bytes("y.pgm", &count);
    assert_int_equal(count, sizeof grey - 1);
    // Rounded and clamped to 0...255.
    assert_memory_equal(bytes + count - 6, "\x02\x04\x06\x08\xff\x0c", 6);
    free(bytes);
}

static void a_colour_picture_becomes_another(void **state)
{
    (void)state;
    static const char colour[] = "P6 2 1 255\n\x01\x02\x03\x0a\x14\x1e";
    write_bytes("x.ppm", colour, sizeof colour - 1);
    // Exchanges red and blue, and halves green: 1 is rounded to the even one of 1 and 2's half.
    succeed("faltung array '0,0,1,0,0.5,0,1,0,0' -o k.npy --shape 3x3x1x1\n"
            "faltung conv2d x.ppm k.npy -o - > y.npy; faltung conv2d x.ppm k.npy -o y.ppm");
    size_t count;
    char *bytes = read_bytes("y.ppm", &count);
    assert_memory_equal(bytes, "P6", 2);
    assert_memory_equal(bytes + count - 6, "\x03\x01\x01\x1e\x0a\x0a", 6);
    free(bytes);
    assert_says("faltung info y.npy", "f32 (3, 1, 2)");
}

static void a_picture_of_the_wrong_shape_is_refused(void **state)
{
    (void)state;
    operands o = operands_make();
    write_operands(&o, "<f4", false);
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy -o y.pgm", "y.pgm");
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy -o y.PPM", "(2, 4, 4, 4)");
    assert_refuses(REFUSED, "faltung array 1 -o y.ppm", "y.ppm");
    operands_free(&o);
}

static void a_picture_of_another_kind_is_refused(void **state)
{
    (void)state;
    operands o = operands_make();
    write_operands(&o, "<f4", false);
    assert_refuses(USAGE, "faltung conv2d x.npy w.npy -o y.png", "'y.png'");
    assert_refuses(USAGE, "faltung array 1 -o y.JPG", ".pgm or .ppm");
    assert_refuses(USAGE, "faltung randn 4 30 -o y.npy -o z.svg", "'z.svg'");
    operands_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(arrays_have_any_type_order_and_byte_order),
        program_test(arrays_may_be_of_version_2_and_3),
        program_test(arrays_go_through_pipes),
        program_test(the_tutorial_goes_through_a_pipe),
        program_test(an_existing_output_is_replaced_by_force_only),
        program_test(an_output_may_be_an_input_by_force),
        program_test(pictures_are_filtered),
        program_test(a_colour_picture_becomes_another),
        program_test(a_picture_of_the_wrong_shape_is_refused),
        program_test(a_picture_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
