// SPDX-License-Identifier: Apache-2.0
//
// All kernels that this processor can run, as the library's tables name them: a new shape or
// instruction set is tested and timed without being mentioned here.
#ifndef FALTUNG_TESTS_KERNELS_SUBJECTS_H
#define FALTUNG_TESTS_KERNELS_SUBJECTS_H

#include "kernels/kernels.h"

#include "support.h"

// One function that multiplies.
typedef struct subject {
    const fal_kernels *set;
    const fal_tile_kernel *shape;
    void (*multiply)(const fal_strip *strip);
    bool is_long; // pixels in the lanes
    bool is_rows; // so, and of one channel by itself
    int pixels;   // of a tile: the shape's, or those of one run
} subject;

enum { MAX_SUBJECTS = 64 };

// Finds them, set by set; returns how many there are.
int find_subjects(subject subjects[MAX_SUBJECTS]);

// Such as "avx512 wide 14x32", pixels by channels; "avx512 long 4x96", channels by pixels; "avx512
// rows 4x64", rows by pixels.
typedef struct subject_name {
    char text[64];
} subject_name;

subject_name name_of(const subject *s);

#endif
