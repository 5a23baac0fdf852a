// SPDX-License-Identifier: Apache-2.0
#include "subjects.h"

#include <stdio.h>

static const char *const instruction_sets[] = {"avx512", "avx2", "neon", "scalar"};

// Appends what multiplies by some shapes, with whole tiles and with tiles of one run.
static int add_shapes(subject *to, subject s, const fal_tile_kernel *shapes, int shape_count)
{
    int count = 0;
    for (int i = 0; i < shape_count; i++) {
        s.shape = &shapes[i];
        s.multiply = shapes[i].multiply;
        s.pixels = shapes[i].pixels;
        if (s.multiply)
            to[count++] = s;
        s.multiply = shapes[i].multiply_run;
        s.pixels = shapes[i].run;
        if (s.multiply)
            to[count++] = s;
    }
    return count;
}

int find_subjects(subject subjects[MAX_SUBJECTS])
{
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++) {
        const fal_kernels *set = fal_find_kernels(instruction_sets[i]);
        if (!set)
            continue;
        assert_true(count + 2 * (FAL_WIDE_SHAPES + FAL_LONG_SHAPES + FAL_ROW_SHAPES) <=
                    MAX_SUBJECTS);
        subject s = {.set = set};
        count += add_shapes(subjects + count, s, set->wide, FAL_WIDE_SHAPES);
        s.is_long = true;
        count += add_shapes(subjects + count, s, set->longs, FAL_LONG_SHAPES);
        s.is_rows = true;
        count += add_shapes(subjects + count, s, set->rows, FAL_ROW_SHAPES);
    }
    return count;
}

subject_name name_of(const subject *s)
{
    subject_name name;
    int channels = s->shape->channels;
    if (s->is_rows)
        snprintf(name.text, sizeof name.text, "%s rows %dx%d", s->set->name, FAL_TILE_ROWS,
                 s->pixels / FAL_TILE_ROWS);
    else if (s->is_long)
        snprintf(name.text, sizeof name.text, "%s long %dx%d", s->set->name, channels, s->pixels);
    else
        snprintf(name.text, sizeof name.text, "%s wide %dx%d", s->set->name, s->pixels, channels);
    return name;
}
