// SPDX-License-Identifier: Apache-2.0
//
// The same problem gives the same bits, on every instruction set with fused multiply-add: those
// that are recorded here, but for sums of halves by matrix tiles, whose own are recorded in
// tests/kernels/tile_bits.inc. A line that changes here is a promise broken; docs/numerics.md says
// which order of summation they come from.
#include "setting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct recorded {
    const char *problem;
    uint64_t hash;
} recorded;

static const recorded balanced[] = {
#include "bits.inc"
};

// Where another accuracy gives other bits.
static const recorded exact[] = {
#include "bits_exact.inc"
};

static const recorded fast[] = {
#include "bits_fast.inc"
};

static const char *const instruction_sets[] = {"scalar", "avx2", "avx512", "amx", "neon"};

static bool may_differ(const char *instruction_set, faltung_accuracy accuracy, const char *problem)
{
    return strcmp(instruction_set, "amx") == 0 && accuracy != FALTUNG_ACCURACY_EXACT &&
           strstr(problem, "dtype=bf16");
}

// Returns how many differ from what was recorded.
static int compare(const char *instruction_set, faltung_accuracy accuracy, const recorded *cases,
                   size_t count)
{
    int wrong = 0;
    for (size_t c = 0; c < count; c++) {
        setting s;
        if (may_differ(instruction_set, accuracy, cases[c].problem))
            continue;
        setting_make(&s, cases[c].problem);
        s.call.conv.instruction_set = instruction_set;
        s.call.conv.accuracy = accuracy;
        uint64_t hash = setting_compute(&s);
        if (hash != cases[c].hash) {
            print_message("    {\"%s\", UINT64_C(0x%016" PRIx64 ")},\n", cases[c].problem, hash);
            wrong++;
        }
        setting_free(&s);
    }
    return wrong;
}

static void every_instruction_set_gives_the_recorded_bits(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++) {
        const char *set = instruction_sets[i];
        if (!has_instruction_set(set))
            continue;
        print_message("%s\n", set);
        wrong += compare(set, FALTUNG_ACCURACY_BALANCED, balanced, COUNT_OF(balanced));
        wrong += compare(set, FALTUNG_ACCURACY_EXACT, exact, COUNT_OF(exact));
        wrong += compare(set, FALTUNG_ACCURACY_FAST, fast, COUNT_OF(fast));
    }
    assert_int_equal(wrong, 0);
}

// Large enough for threads to pay, and divided along every axis in turn.
static const char *const large[] = {
    "conv2d:1x64x33x35,72x64x3x3,padding=1",
    "conv2d:4x64x33x35,72x64x3x3,padding=1",
    "conv2d:1x256x14x14,256x256x3x3,padding=1",
    "conv2d:9x64x13x7,72x32x3x3,padding=1,groups=2",
    "conv2d:40x8x20x20,24x8x3x3",
    "conv2d:2x160x56x56,160x1x5x5,padding=2,groups=160",
    "conv2d:1x512x5x5,512x512x3x3,padding=1",
    "conv2d:1x40x30x61,40x40x5x5,padding=2",
    "conv2d:1x64x33x35,72x64x3x3,padding=2,dilation=2",
    "conv2d:3x2x150x150,3x2x21x17,padding=7",
    "conv1d:1x16x20000,24x16x100",
    "conv1d:1x16x20000,24x16x5,padding=same",
    "conv3d:1x16x12x20x20,24x16x3x3x3,padding=1",
    "conv_transpose2d:2x64x20x20,64x48x4x4,stride=2,padding=1",
    "conv2d:4x64x63x65,72x64x3x3,padding=1,stride=2",
    "conv2d:1x16x30x30,64x16x5x5,padding=2,dtype=f64",
    "conv2d_input:4x32x28x28,90x32x3x3,padding=1,stride=2",
    "conv2d_weight:4x32x28x28,90x32x3x3,padding=1",
    "conv_transpose2d_weight:2x64x14x14,64x50x4x4,stride=2,padding=1",
    "conv3d_weight:1x16x6x20x20,20x16x3x3x3,padding=1",
    "conv2d:1x64x33x35,72x64x3x3,padding=1,dtype=bf16",
    "conv_transpose2d:2x64x20x20,64x48x4x4,stride=2,padding=1,dtype=f16",
    "conv2d_weight:4x32x28x28,90x32x3x3,padding=1,dtype=bf16",
    "conv2d:2x160x56x56,160x1x5x5,padding=2,groups=160,dtype=i8",
    "conv2d:1x64x33x35,72x64x3x3,padding=1,dtype=c64",
    "conv2d_weight:4x16x20x20,50x16x3x3,padding=1,dtype=c64",
};

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    static const int threads[] = {2, 3, 7, 16, 0};
    (void)state;
    for (size_t c = 0; c < COUNT_OF(large); c++) {
        setting s;
        setting_make(&s, large[c]);
        s.call.conv.threads = 1;
        uint64_t once = setting_compute(&s);
        for (size_t i = c % TRY_EVERY; i < COUNT_OF(threads); i += TRY_EVERY) {
            s.call.conv.threads = threads[i];
            assert_true(setting_compute(&s) == once);
        }
        setting_free(&s);
    }
}

static void an_absent_instruction_set_is_refused(void **state)
{
    (void)state;
    faltung_message message;
    setting s;
    setting_make(&s, "conv1d:1x1x8,1x1x3");
    s.call.conv.instruction_set = "avx1024";
    assert_refused(faltung_convolve(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                    &s.output.tensor, &message),
                   FALTUNG_ERROR_OPTION, &message, "instruction_set='avx1024'", NULL);
    s.call.conv.instruction_set = NULL;
    assert_int_equal(setenv("FALTUNG_ISA", "sse9", 1), 0);
    assert_refused(faltung_convolve(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                    &s.output.tensor, &message),
                   FALTUNG_ERROR_OPTION, &message, "FALTUNG_ISA='sse9'", NULL);
    assert_int_equal(unsetenv("FALTUNG_ISA"), 0);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_gives_the_recorded_bits),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(an_absent_instruction_set_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
