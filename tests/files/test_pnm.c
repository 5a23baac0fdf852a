// SPDX-License-Identifier: Apache-2.0
//
// PGM and PPM pictures as arrays, and arrays as pictures.
#include "scratch.h"

#include <math.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static int read_text(scratch *t, array *a, const char *text, size_t count)
{
    write_file("x.ppm", text, count);
    return array_read(&t->session, a, "x.ppm");
}

static void assert_picture(const array *a, const int64_t shape[3], const float *values)
{
    assert_int_equal(a->tensor.dtype, FALTUNG_F32);
    assert_int_equal(a->tensor.rank, 3);
    assert_memory_equal(a->shape, shape, 3 * sizeof *shape);
    assert_memory_equal(a->memory, values,
                        (size_t)(shape[0] * shape[1] * shape[2]) * sizeof *values);
}

static void grey_pictures_have_one_channel(void **state)
{
    static const int64_t shape[] = {1, 2, 3};
    static const float values[] = {0, 1, 127, 128, 254, 255};
    array a;
    assert_int_equal(read_text(*state, &a, "P5\n3 2\n255\n\x00\x01\x7f\x80\xfe\xff", 17),
                     EXIT_DONE);
    assert_picture(&a, shape, values);
    array_free(&a);
}

static void colour_pictures_have_their_channels_first(void **state)
{
    static const int64_t shape[] = {3, 1, 2};
    static const float values[] = {1, 4, 2, 5, 3, 6};
    array a;
    assert_int_equal(read_text(*state, &a, "P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06", 17),
                     EXIT_DONE);
    assert_picture(&a, shape, values);
    array_free(&a);
}

// The one space behind the maximum ends the header, whatever the next byte looks like.
static void spaces_and_comments_are_read_as_netpbm_reads_them(void **state)
{
    static const char *const headers[] = {
        "P5 2 1 255 ",
        "P5\t2\r1\v255\f",
        "P5\n# a comment\n2 1\n255\n",
        "P5#c\n2#c\n#c\n\n1 #c 7 8\n  255#c\n",
        "P5\n00002 0001\n255\n",
    };
    static const int64_t shape[] = {1, 1, 2};
    static const float values[] = {'#', ' '};
    for (size_t i = 0; i < COUNT(headers); i++) {
        char text[100];
        size_t count = (size_t)snprintf(text, sizeof text, "%s# ", headers[i]);
        array a;
        assert_int_equal(read_text(*state, &a, text, count), EXIT_DONE);
        assert_picture(&a, shape, values);
        array_free(&a);
    }
}

static void malformed_pictures_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"P2\n1 1\n255\n0\n", "does not begin with P5 or P6"},
        {"P4\n1 1\n0", "does not begin with P5 or P6"},
        {"P7\nWIDTH 1\n", "does not begin with P5 or P6"},
        {"P", "ends within its header"},
        {"P5", "ends within its header"},
        {"P5 #", "ends within its header"},
        {"P5\n1 1\n255", "ends within its header"},
        {"P5\nx 1\n255\n0", "its width is not a number"},
        {"P5\n-1 1\n255\n0", "its width is not a number"},
        {"P5\n1x1\n255\n0", "its width is not a number"},
        {"P5\n1 1.5\n255\n0", "its height is not a number"},
        {"P5\n1 1\n255.\n0", "its maximum is not a number"},
        {"P5\n0 1\n255\n", "its width is not within 1..."},
        {"P5\n1 0\n255\n", "its height is not within 1..."},
        {"P5\n2147483647 1\n255\n", "its width is not within 1...2147483646"},
        {"P5\n1 99999999999999999999999999\n255\n", "its height is not within 1..."},
        {"P5\n1 1\n1\n0", "its maximum is 1; only 255 is read"},
        {"P5\n1 1\n65535\n00", "its maximum is 65535; only 255 is read"},
        {"P5\n1 1\n0\n0", "its maximum is not within 1..."},
        {"P5\n2 2\n255\nabc", "4 bytes of data were expected, 3 are there"},
        {"P6\n2147483646 2147483646\n255\nabc", "larger than any memory"},
        {"P5\n2 2\n255\nabcde", "goes on after the end"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        array a;
        int status = read_text(*state, &a, cases[i].text, strlen(cases[i].text));
        assert_refusal(*state, status, EXIT_BAD_FILE, cases[i].words);
    }
}

static void a_picture_cut_anywhere_is_malformed(void **state)
{
    const char *whole = "P6\n2 1\n255\nabcdef";
    for (size_t count = 0; count < strlen(whole); count++) {
        array a;
        assert_refusal(*state, read_text(*state, &a, whole, count), EXIT_BAD_FILE, "x.ppm: ");
        assert_refusal(*state, read_piped(*state, &a, whole, count), EXIT_BAD_FILE, "/dev/fd/");
    }
}

static void a_picture_read_and_written_is_the_same(void **state)
{
    scratch *t = *state;
    static const struct {
        const char *name;
        const char *text;
    } cases[] = {{"y.pgm", "P5\n3 2\n255\nabcdef"}, {"Y.PPM", "P6\n1 2\n255\nabcdef"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        array a;
        assert_int_equal(read_text(t, &a, cases[i].text, strlen(cases[i].text)), EXIT_DONE);
        assert_int_equal(array_write(&t->session, &a.tensor, cases[i].name, false), EXIT_DONE);
        assert_file(cases[i].name, cases[i].text, strlen(cases[i].text));
        array_free(&a);
    }
}

static void values_are_rounded_once_and_clamped(void **state)
{
    scratch *t = *state;
    double values[] = {-INFINITY,
                       -1,
                       -0.4,
                       0.5,
                       nextafter(0.5, 1),
                       nextafter(1.5, 0),
                       1.5,
                       127.49,
                       254.5,
                       255.4,
                       256,
                       1e300,
                       INFINITY,
                       NAN};
    const unsigned char expected[] = {0, 0, 0, 0, 1, 1, 2, 127, 254, 255, 255, 255, 255, 0};
    const int64_t shape[] = {1, COUNT(values)};
    const faltung_tensor tensor = {values, FALTUNG_F64, 2, shape, NULL};
    assert_int_equal(array_write(&t->session, &tensor, "y.pgm", false), EXIT_DONE);
    char file[64] = "P5\n14 1\n255\n";
    memcpy(file + 12, expected, sizeof expected);
    assert_file("y.pgm", file, 12 + sizeof expected);
}

static void shapes_of_pictures_are_taken_and_no_others(void **state)
{
    scratch *t = *state;
    static const struct {
        const char *name;
        int rank;
        int64_t shape[5];
        bool taken;
    } cases[] = {
        {"y.pgm", 2, {2, 2}, true},        {"y.pgm", 3, {1, 2, 2}, true},
        {"y.pgm", 4, {1, 1, 2, 2}, true},  {"y.ppm", 3, {3, 2, 2}, true},
        {"y.ppm", 4, {1, 3, 2, 2}, true},  {"y.pgm", 0, {0}, false},
        {"y.pgm", 1, {4}, false},          {"y.pgm", 3, {3, 2, 2}, false},
        {"y.pgm", 4, {2, 1, 2, 2}, false}, {"y.pgm", 5, {1, 1, 1, 2, 2}, false},
        {"y.pgm", 2, {0, 2}, false},       {"y.pgm", 3, {1, 2, 0}, false},
        {"y.ppm", 2, {2, 2}, false},       {"y.ppm", 3, {1, 2, 2}, false},
        {"y.ppm", 3, {2, 2, 3}, false},    {"y.ppm", 4, {3, 1, 2, 2}, false},
    };
    float zeros[12] = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const faltung_tensor tensor = {zeros, FALTUNG_F32, cases[i].rank, cases[i].shape, NULL};
        int early = array_check(&t->session, cases[i].name, cases[i].rank, cases[i].shape);
        if (!cases[i].taken)
            assert_refusal(t, early, EXIT_REFUSED, "a picture of this kind has shape");
        int status = array_write(&t->session, &tensor, cases[i].name, false);
        if (!cases[i].taken)
            assert_refusal(t, status, EXIT_REFUSED, "a picture of this kind has shape");
        else
            assert_int_equal(early | status, EXIT_DONE);
        assert_int_equal(count_files(), cases[i].taken);
        remove(cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(grey_pictures_have_one_channel),
        scratch_test(colour_pictures_have_their_channels_first),
        scratch_test(spaces_and_comments_are_read_as_netpbm_reads_them),
        scratch_test(malformed_pictures_are_refused),
        scratch_test(a_picture_cut_anywhere_is_malformed),
        scratch_test(a_picture_read_and_written_is_the_same),
        scratch_test(values_are_rounded_once_and_clamped),
        scratch_test(shapes_of_pictures_are_taken_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
