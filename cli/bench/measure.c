// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include "bench/copying.h"
#include "bench/team.h"
#include "clock.h"
#include "progress.h"

#include <math.h>

// Seconds.
static const double slice_seconds = 1e-3;   // of a problem
static const double ceiling_seconds = 4e-4; // of a ceiling, and of copying
static const double glimpse_seconds = 1e-4; // of a ceiling that no problem is compared with
static const double enough_alone = 1e-2;    // for a call, so that cold caches do not matter

enum { MOST_CALLS = 2048 }; // in a slice

// One slice of a problem.
typedef struct slice {
    double call[MOST_CALLS]; // seconds
    int calls;
} slice;

static bool time_call(const subject *u, slice *t, faltung_message *message)
{
    double begin = clock_now();
    bool done = subject_run(u, message);
    t->call[t->calls++] = clock_now() - begin;
    return done;
}

// The first call brings the operands back into the caches, and does not count unless it is long.
static bool time_slice(const subject *u, slice *t, faltung_message *message)
{
    t->calls = 0;
    if (!time_call(u, t, message))
        return false;
    if (t->call[0] >= enough_alone)
        return true;
    t->calls = 0;
    double begin = clock_now();
    do {
        if (!time_call(u, t, message))
            return false;
    } while (t->calls < MOST_CALLS && clock_now() - begin < slice_seconds);
    return true;
}

static int no_memory(session *s)
{
    return refuse(s, EXIT_REFUSED, "out of memory: the measurements do not fit into it");
}

static int time_subject(session *s, const settings *set, const copying *room, const subject *u,
                        measurement *m)
{
    slice t;
    faltung_message message;
    const fma_loop *loop = loop_for(set->isa, u->problem.dtype);
    int threads = team_size(set->threads);
    double begin = clock_now();
    double ceiling = ceiling_rate(loop, threads, ceiling_seconds);
    if (!time_slice(u, &t, &message))
        return refuse(s, EXIT_REFUSED, "%s", message.text);
    ceiling = (ceiling + ceiling_rate(loop, threads, ceiling_seconds)) / 2;
    double copied = copying_rate(room, u->explanation.bytes, threads, ceiling_seconds);
    double median = median_of(t.call, (size_t)t.calls); // sorted now: the best comes first
    double share = u->explanation.multiply_adds / median / ceiling;
    m->calls += t.calls;
    m->spent += clock_now() - begin;
    return samples_add(&m->best, t.call[0]) && samples_add(&m->median, median) &&
                   samples_add(&m->ceiling, ceiling) && samples_add(&m->share, share) &&
                   samples_add(&m->copying, copied)
               ? EXIT_DONE
               : no_memory(s);
}

static int glance_at_machine(session *s, int threads, ceilings *machine)
{
    for (int i = 0; i < instruction_set_count; i++) {
        const instruction_set *isa = &instruction_sets[i];
        if (is_there(isa) &&
            !(samples_add(&machine->f32[i], ceiling_rate(isa->f32, threads, glimpse_seconds)) &&
              samples_add(&machine->f64[i], ceiling_rate(isa->f64, threads, glimpse_seconds))))
            return no_memory(s);
    }
    return EXIT_DONE;
}

// One round over the problems that have time left; says whether there were any.
static int run_round(session *s, const settings *set, const copying *room, int count,
                     const subject *subjects, measurement *m, bool *any)
{
    int status = EXIT_DONE;
    *any = false;
    for (int i = 0; !status && i < count; i++)
        if (m[i].spent < set->seconds) {
            *any = true;
            status = time_subject(s, set, room, &subjects[i], &m[i]);
        }
    return status;
}

static double part_done(const settings *set, int count, const measurement *m)
{
    double spent = 0;
    for (int i = 0; i < count; i++)
        spent += fmin(m[i].spent, set->seconds);
    return spent / (set->seconds * count);
}

static int run_rounds(session *s, const settings *set, const copying *room, int count,
                      const subject *subjects, measurement *m, ceilings *machine)
{
    progress line = progress_begin(s, "measuring");
    int status = EXIT_DONE;
    for (bool any = true; any && !status;) {
        status = glance_at_machine(s, team_size(set->threads), machine);
        if (!status)
            status = run_round(s, set, room, count, subjects, m, &any);
        progress_show(&line, part_done(set, count, m), 0);
    }
    progress_end(&line);
    return status;
}

int measure(session *s, const settings *set, int count, const subject *subjects, measurement *m,
            ceilings *machine)
{
    copying room;
    double bytes = 0;
    for (int i = 0; i < count; i++)
        bytes = fmax(bytes, subjects[i].explanation.bytes);
    int status = copying_make(&room, bytes)
                     ? run_rounds(s, set, &room, count, subjects, m, machine)
                     : refuse(s, EXIT_REFUSED, "out of memory: %.0f bytes to copy", bytes);
    copying_free(&room);
    return status;
}

void measurement_free(measurement *m)
{
    samples *const all[] = {&m->best, &m->median, &m->ceiling, &m->share, &m->copying};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        samples_free(all[i]);
    *m = (measurement){0};
}

void machine_free(ceilings *machine)
{
    for (int i = 0; i < MAX_INSTRUCTION_SETS; i++) {
        samples_free(&machine->f32[i]);
        samples_free(&machine->f64[i]);
    }
}
