// SPDX-License-Identifier: Apache-2.0
//
// All kernels that this processor can run, as the library's tables name them: a new shape or
// instruction set is tested and timed without being mentioned here.
#ifndef FALTUNG_TESTS_KERNELS_SUBJECTS_H
#define FALTUNG_TESTS_KERNELS_SUBJECTS_H

#include "kernels/kernels.h"

#include "support.h"

enum { MAX_SETS = 12, MAX_SUBJECTS = MAX_SETS * 116 };

// The tables of kernels, one for each instruction set and type of number (of bytes that of i8,
// whose numbers are pairs); returns how many. Those of other types of elements have the same
// kernels.
int find_sets(const fal_kernels *sets[MAX_SETS]);

typedef enum kind {
    WIDE,  // channels in the lanes
    LONG,  // pixels in the lanes
    PLANE, // one channel by itself
    TILES, // Winograd's products
} kind;

// One function that multiplies.
typedef struct subject {
    const fal_kernels *set;
    kind kind;
    // That of its kind; the others are NULL.
    const fal_wide_kernel *wide_kernel;
    const fal_long_kernel *long_kernel;
    const fal_plane_kernel *plane_kernel;
    int tiles; // of Winograd's products
} subject;

// Finds them, set by set; returns how many there are.
int find_subjects(subject subjects[MAX_SUBJECTS]);

// Such as "avx512 f32 wide 14x32", pixels by channels; "avx2 f64 long 4x12x1", channels by pixels
// by pieces of a vector; "avx512 f32 plane 4x64x3s1", rows by pixels by rows of the kernel, and the
// stride; "avx512 f32 plane 4x64xany-s1", kernels of any number of rows; "avx2 f32 tiles 6x16",
// tiles by channels.
typedef struct subject_name {
    char text[64];
} subject_name;

subject_name name_of(const subject *s);

// Runs a check of each set, or of each kernel of a kind, with numbers that are the same in every
// run. What crashes in it says what was noted last.
void check_each_set(void (*check)(const fal_kernels *set, prng *random));
void check_each(kind which, void (*check)(const subject *s, prng *random));

#endif
