// SPDX-License-Identifier: Apache-2.0
//
// Arrays made, drawn and shown on the command line.
#include "arrays.h"
#include "json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The 64-bit FNV-1a hash of some bytes.
static uint64_t hash(const char *bytes, size_t count)
{
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++)
        value = (value ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return value;
}

// Asserts what a file of f32 holds: the first and the last number, and all by their hash, as
// PyTorch 2.15 gives them.
static void assert_drawn(const char *path, int64_t count, float first, float last, uint64_t digest)
{
    size_t length, bytes = (size_t)count * sizeof(float);
    char *file = read_bytes(path, &length);
    assert_true(length > bytes);
    const char *data = file + length - bytes;
    assert_memory_equal(data, &first, sizeof first);
    assert_memory_equal(data + bytes - sizeof last, &last, sizeof last);
    assert_true(hash(data, bytes) == digest);
    free(file);
}

static void the_tutorials_numbers_are_those_of_pytorch(void **state)
{
    (void)state;
    assert_prints("faltung randn 16x3x16x16 10x3x3x3 --seed 14 -o x.npy -o kernel.npy", "");
    assert_drawn("x.npy", 12288, -0x1.5dfd4p-2f, 0x1.338976p-5f, 0xee9eaf44f564ac01u);
    assert_drawn("kernel.npy", 270, -0x1.92fb7cp-9f, 0x1.a2806p+0f, 0x5608defef45f94cfu);
    assert_prints("faltung info x.npy", "f32 (16, 3, 16, 16)\n");
    assert_prints("faltung info kernel.npy", "f32 (10, 3, 3, 3)\n");
    assert_folder("kernel.npy x.npy");
}

static void a_seed_is_taken_as_torch_manual_seed_takes_it(void **state)
{
    (void)state;
    static const char *const seeds[] = {"-1", "18446744073709551615", "4294967295"};
    for (size_t i = 0; i < COUNT(seeds); i++) {
        succeed("faltung randn 40 --seed %s -o y.npy --force", seeds[i]);
        assert_drawn("y.npy", 40, -0x1.5507b4p+1f, 0x1.74f6d8p-3f, 0x36d903c5758a9abu);
    }
    succeed("faltung randn 40 -o a.npy; faltung randn 40 --seed 0 -o b.npy; cmp a.npy b.npy");
    succeed("faltung randn 40 --seed -9223372036854775808 -o c.npy; cmp a.npy c.npy");
    run("cmp a.npy y.npy");
    assert_int_equal(ran.status, 1);
}

static void tensors_are_drawn_from_one_stream(void **state)
{
    (void)state;
    succeed("faltung randn 20 3 --seed 14 -o a.npy -o b.npy");
    assert_prints("faltung show b.npy", "f32 (3,)\n[ 2.0969 -0.6241  0.2443]\n");
    succeed("faltung randn 20 --seed 14 -o - | cmp - a.npy");
    succeed("faltung randn 20 3 --seed 14 -o - -o c.npy | cmp - a.npy; cmp b.npy c.npy");
}

static void types_are_chosen_by_name(void **state)
{
    (void)state;
    static const char *const types[] = {"f32", "f64", "f16", "bf16"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char expected[64];
        succeed("faltung array '1.5,-2' --dtype %s -o y.npy --force", types[i]);
        snprintf(expected, sizeof expected, "%s (2,)\n[ 1.5000 -2.0000]\n", types[i]);
        assert_prints("faltung show y.npy", expected);
    }
    assert_prints("faltung randn 4 --dtype f64 -o r.npy", "");
    assert_prints("faltung info r.npy", "f64 (4,)\n");
    assert_refuses(REFUSED, "faltung randn 4 --dtype f16 -o s.npy", "--dtype f16");
    assert_refuses(REFUSED, "faltung randn 4 --dtype c64 -o s.npy", "--dtype c64");
}

static void integers_and_complex_numbers_are_made_and_shown(void **state)
{
    (void)state;
    static const char *const types[] = {"i8", "i32"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char expected[64];
        succeed("faltung array '1,-20' --dtype %s -o y.npy --force", types[i]);
        snprintf(expected, sizeof expected, "%s (2,)\n[  1 -20]\n", types[i]);
        assert_prints("faltung show y.npy", expected);
    }
    succeed("faltung array '0,255' --dtype u8 -o u.npy");
    assert_prints("faltung show u.npy", "u8 (2,)\n[  0 255]\n");
    assert_refuses(REFUSED, "faltung array '1,256' --dtype u8 -o z.npy", "number 256");
    assert_refuses(REFUSED, "faltung array '1.5' --dtype i8 -o z.npy", "number 1.5");

    const float parts[] = {1.5F, -2, 0, 0.25F};
    write_raw_npy("c.npy", "{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", parts,
                  sizeof parts);
    assert_prints("faltung show c.npy", "c64 (2,)\n[1.5000-2.0000j 0.0000+0.2500j]\n");
    assert_json("faltung show c.npy --json", "\"values\": [[1.5, -2], [0, 0.25]]");
    assert_prints("faltung info c.npy", "c64 (2,)\n");
    assert_prints("faltung compare c.npy c.npy", "equal: all 2 elements\n");
    assert_refuses(REFUSED, "faltung conv1d c.npy c.npy -o z.npy", "");
}

static void integers_are_convolved_around_their_zero_points(void **state)
{
    (void)state;
    succeed("faltung array '10,20,30' --dtype u8 --shape 1x3 -o x.npy");
    succeed("faltung array '4,2' --dtype i8 --shape 1x1x2 -o w.npy");
    succeed("faltung conv1d x.npy w.npy -o y.npy --padding 1 --input-zero-point 20 "
            "--weight-zero-point 3");
    assert_prints("faltung show y.npy", "i32 (1, 4)\n[[ 10 -10 -10  10]]\n");
    assert_refuses(REFUSED, "faltung conv1d x.npy w.npy -o z.npy --input-zero-point -1",
                   "input_zero_point=-1, allowed for u8 is 0 to 255");
}

static void arrays_have_the_shape_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *words, *info;
    } cases[] = {
        {"5", "f32 (1,)\n"},
        {"'1,0,-1'", "f32 (3,)\n"},
        {"'1,0,-1;2,0,-2'", "f32 (2, 3)\n"},
        {"'1;2;3'", "f32 (3, 1)\n"},
        {"'1,0,-1;2,0,-2;1,0,-1' --shape 1x1x3x3", "f32 (1, 1, 3, 3)\n"},
        {"'1,0,-1;2,0,-2' --shape 6", "f32 (6,)\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        succeed("faltung array %s -o k.npy --force", cases[i].words);
        assert_prints("faltung info k.npy", cases[i].info);
    }
    const grid expected = {4, {1, 1, 2, 3}, 6, (double[]){1, 0, -1, 2, 0, -2}};
    succeed("faltung array '1,0,-1;2,0,-2' --shape 1x1x2x3 -o y.npy");
    assert_npy("y.npy", "<f4", &expected);
    assert_refuses(REFUSED, "faltung array '1,2' -o z.npy --shape 0x2", "--shape (0, 2)");
    assert_refuses(REFUSED, "faltung array 1 -o z.npy --shape 4294967296x4294967296x4294967296",
                   "--shape");
}

static void numbers_are_written_as_numpy_does(void **state)
{
    (void)state;
    static const struct {
        const char *values, *shown;
    } cases[] = {
        {"'1,-20,300'", "f32 (3,)\n[  1. -20. 300.]\n"},
        {"'1.5,0.25'", "f32 (2,)\n[1.5000 0.2500]\n"},
        {"'0,0'", "f32 (2,)\n[0. 0.]\n"},
        {"'1e10,1'", "f32 (2,)\n[1.0000e+10 1.0000e+00]\n"},
        {"'0.00001'", "f32 (1,)\n[1.0000e-05]\n"},
        {"'1,2;3,4'", "f32 (2, 2)\n[[1. 2.]\n [3. 4.]]\n"},
        {"'1,2,3,4' --shape 2x1x2", "f32 (2, 1, 2)\n[[[1. 2.]]\n\n [[3. 4.]]]\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        succeed("faltung array %s -o y.npy --force", cases[i].values);
        assert_prints("faltung show y.npy", cases[i].shown);
    }
}

static void special_numbers_are_shown(void **state)
{
    (void)state;
    const uint32_t bits[] = {0x7fc00000, 0x7f800000, 0xff800000, 0x3f800000};
    write_raw_npy("y.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", bits,
                  sizeof bits);
    assert_prints("faltung show y.npy", "f32 (4,)\n[ nan  inf -inf   1.]\n");
    assert_json("faltung show y.npy --json", "[\"nan\", \"inf\", \"-inf\", 1]");
}

static void arrays_without_axes_or_elements_are_shown(void **state)
{
    (void)state;
    const float number = 7;
    write_raw_npy("y.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", &number,
                  sizeof number);
    assert_prints("faltung show y.npy", "f32 ()\n7.\n");
    assert_prints("faltung info y.npy", "f32 ()\n");
    succeed("faltung randn 0x3 -o z.npy");
    assert_prints("faltung show z.npy", "f32 (0, 3)\n[]\n");
    assert_json("faltung show z.npy --json", "\"shape\": [0, 3], \"values\": []");
}

static void long_arrays_are_abbreviated(void **state)
{
    (void)state;
    grid g = grid_make("40x30", 1);
    for (int64_t i = 0; i < g.count; i++)
        g.value[i] = (double)i;
    write_npy("y.npy", &g, "<f4", true);
    assert_prints("faltung show y.npy", "f32 (40, 30)\n"
                                        "[[   0.    1.    2. ...   27.   28.   29.]\n"
                                        " [  30.   31.   32. ...   57.   58.   59.]\n"
                                        " [  60.   61.   62. ...   87.   88.   89.]\n"
                                        " ...\n"
                                        " [1110. 1111. 1112. ... 1137. 1138. 1139.]\n"
                                        " [1140. 1141. 1142. ... 1167. 1168. 1169.]\n"
                                        " [1170. 1171. 1172. ... 1197. 1198. 1199.]]\n");
    assert_json("faltung show y.npy --json", "1198, 1199]}");
    assert_prints("faltung show y.npy --json | tr -cd , | wc -c", "1202\n");
    grid_free(&g);
}

static void info_tells_what_a_file_and_faltung_are(void **state)
{
    (void)state;
    succeed("faltung randn 2x3 --dtype f64 -o y.npy");
    assert_json("faltung info y.npy --json",
                "{\"dtype\": \"f64\", \"shape\": [2, 3], \"elements\": 6, \"bytes\": 48}");
    assert_prints("cat y.npy | faltung info -", "f64 (2, 3)\n");
    assert_says("faltung info", "reference");
    assert_json("faltung info --json", "\"algorithms\": [");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(the_tutorials_numbers_are_those_of_pytorch),
        program_test(a_seed_is_taken_as_torch_manual_seed_takes_it),
        program_test(tensors_are_drawn_from_one_stream),
        program_test(types_are_chosen_by_name),
        program_test(integers_and_complex_numbers_are_made_and_shown),
        program_test(integers_are_convolved_around_their_zero_points),
        program_test(arrays_have_the_shape_that_is_asked_for),
        program_test(numbers_are_written_as_numpy_does),
        program_test(special_numbers_are_shown),
        program_test(arrays_without_axes_or_elements_are_shown),
        program_test(long_arrays_are_abbreviated),
        program_test(info_tells_what_a_file_and_faltung_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
