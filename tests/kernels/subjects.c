// SPDX-License-Identifier: Apache-2.0
#include "subjects.h"

#include "guarded.h"

#include <stdio.h>

static const char *const instruction_sets[] = {"avx512", "avx2", "neon", "scalar"};

static const faltung_dtype types[] = {FALTUNG_F32, FALTUNG_F64, FALTUNG_I8};

int find_sets(const fal_kernels *sets[MAX_SETS])
{
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++)
        for (size_t t = 0; t < COUNT_OF(types); t++) {
            const fal_kernels *set = fal_find_kernels(instruction_sets[i], types[t]);
            if (set)
                sets[count++] = set;
        }
    return count;
}

static int add_kernels(const fal_kernels *set, subject *to)
{
    int count = 0;
    for (int i = 0; set->wide[i]; i++)
        to[count++] = (subject){.set = set, .kind = WIDE, .wide_kernel = set->wide[i]};
    for (int i = 0; set->apart[i]; i++)
        to[count++] = (subject){.set = set, .kind = WIDE, .wide_kernel = set->apart[i]};
    for (int i = 0; set->single[i]; i++)
        to[count++] = (subject){.set = set, .kind = WIDE, .wide_kernel = set->single[i]};
    for (int i = 0; set->longs[i]; i++)
        to[count++] = (subject){.set = set, .kind = LONG, .long_kernel = set->longs[i]};
    for (int i = 0; set->planes[i]; i++)
        to[count++] = (subject){.set = set, .kind = PLANE, .plane_kernel = set->planes[i]};
    for (int i = 1; set->winograd && i <= set->winograd->most; i++)
        to[count++] = (subject){.set = set, .kind = TILES, .tiles = i};
    return count;
}

int find_subjects(subject subjects[MAX_SUBJECTS])
{
    const fal_kernels *sets[MAX_SETS];
    int set_count = find_sets(sets), count = 0;
    _Static_assert(MAX_SETS * (FAL_WIDE_SHAPES + FAL_APART_SHAPES + FAL_SINGLE_SHAPES +
                               FAL_LONG_SHAPES + FAL_PLANE_SHAPES + FAL_WINOGRAD_TILES) <=
                       MAX_SUBJECTS,
                   "room for full lists");
    for (int i = 0; i < set_count; i++)
        count += add_kernels(sets[i], subjects + count);
    return count;
}

static void name_plane(const subject *s, const char *type, subject_name *name)
{
    const fal_plane_kernel *k = s->plane_kernel;
    char rows[16] = "any-";
    if (k->kernel_rows)
        snprintf(rows, sizeof rows, "%d", k->kernel_rows);
    snprintf(name->text, sizeof name->text, "%s %s plane %dx%dx%ss%d%s", s->set->name, type,
             k->rows, k->vectors * s->set->lanes, rows, k->stride, k->phases == 2 ? "p2" : "");
}

subject_name name_of(const subject *s)
{
    subject_name name;
    const char *type = faltung_dtype_name(s->set->dtype);
    if (s->kind == WIDE)
        snprintf(name.text, sizeof name.text, "%s %s wide %dx%d", s->set->name, type,
                 s->wide_kernel->pixels, s->wide_kernel->channels);
    else if (s->kind == LONG)
        snprintf(name.text, sizeof name.text, "%s %s long %dx%dx%ds%d", s->set->name, type,
                 s->long_kernel->channels, s->long_kernel->vectors * s->set->lanes,
                 s->long_kernel->pieces, s->long_kernel->step);
    else if (s->kind == TILES)
        snprintf(name.text, sizeof name.text, "%s %s tiles %dx%d", s->set->name, type, s->tiles,
                 s->set->winograd->channels);
    else
        name_plane(s, type, &name);
    return name;
}

void check_each_set(void (*check)(const fal_kernels *set, prng *random))
{
    const fal_kernels *sets[MAX_SETS];
    int count = find_sets(sets);
    assert_true(count > 0);
    blame_begin();
    for (int i = 0; i < count; i++) {
        prng random = {(uint64_t)i};
        check(sets[i], &random);
    }
    blame_end();
}

void check_each(kind which, void (*check)(const subject *s, prng *random))
{
    subject subjects[MAX_SUBJECTS];
    int count = find_subjects(subjects);
    assert_true(count > 0);
    blame_begin();
    for (int i = 0; i < count; i++) {
        prng random = {(uint64_t)i};
        if (subjects[i].kind == which)
            check(&subjects[i], &random);
    }
    blame_end();
}
