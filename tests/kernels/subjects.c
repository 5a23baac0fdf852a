// SPDX-License-Identifier: Apache-2.0
#include "subjects.h"

#include <stdio.h>

static const char *const instruction_sets[] = {"avx512", "avx2", "neon", "scalar"};

// Appends what multiplies by a shape, with whole tiles and with tiles of one run.
static int add_shape(subject *to, const fal_kernels *set, const fal_tile_kernel *shape,
                     bool is_long)
{
    int count = 0;
    if (shape->multiply)
        to[count++] = (subject){set, shape, shape->multiply, is_long, shape->pixels};
    if (shape->multiply_run)
        to[count++] = (subject){set, shape, shape->multiply_run, is_long, shape->run};
    return count;
}

int find_subjects(subject subjects[MAX_SUBJECTS])
{
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++) {
        const fal_kernels *set = fal_find_kernels(instruction_sets[i]);
        if (!set)
            continue;
        assert_true(count + 2 * (FAL_WIDE_SHAPES + FAL_LONG_SHAPES) <= MAX_SUBJECTS);
        for (int j = 0; j < FAL_WIDE_SHAPES; j++)
            count += add_shape(subjects + count, set, &set->wide[j], false);
        for (int j = 0; j < FAL_LONG_SHAPES; j++)
            count += add_shape(subjects + count, set, &set->longs[j], true);
    }
    return count;
}

subject_name name_of(const subject *s)
{
    subject_name name;
    int channels = s->shape->channels;
    snprintf(name.text, sizeof name.text, "%s %s %dx%d", s->set->name, s->is_long ? "long" : "wide",
             s->is_long ? channels : s->pixels, s->is_long ? s->pixels : channels);
    return name;
}
