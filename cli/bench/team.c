// SPDX-License-Identifier: Apache-2.0
#include "bench/team.h"

#include "clock.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

typedef struct job {
    team_work *work;
    const void *context;
    int threads;
    double seconds;
    atomic_int ready; // members that are warm and wait
    atomic_bool go;
} job;

typedef struct member {
    job *job;
    int index;
    pthread_t thread;
    double begin, end, amount;
} member;

int team_size(int threads)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long most = processors < 1 ? 1 : processors < MOST_THREADS ? processors : MOST_THREADS;
    return threads < most ? threads : (int)most;
}

static void work_and_time(member *m)
{
    const job *j = m->job;
    m->begin = clock_now();
    m->amount = j->work(j->context, m->index, j->threads, j->seconds);
    m->end = clock_now();
}

static void *run_member(void *argument)
{
    member *m = argument;
    job *j = m->job;
    j->work(j->context, m->index, j->threads, 0);
    atomic_fetch_add(&j->ready, 1);
    // To sleep here would let the members begin apart by more than a slice can bear.
    while (!atomic_load(&j->go))
        sched_yield();
    work_and_time(m);
    return NULL;
}

static double rate_of(const member *members, int count)
{
    double begin = members[0].begin, end = members[0].end, amount = 0;
    for (int i = 0; i < count; i++) {
        begin = fmin(begin, members[i].begin);
        end = fmax(end, members[i].end);
        amount += members[i].amount;
    }
    return amount / (end - begin);
}

double team_rate(int threads, team_work *work, const void *context, double seconds)
{
    member members[MOST_THREADS];
    job j = {.work = work, .context = context, .threads = threads, .seconds = seconds};
    int count = 1;
    members[0] = (member){.job = &j};
    for (; count < threads; count++) {
        members[count] = (member){.job = &j, .index = count};
        if (pthread_create(&members[count].thread, NULL, run_member, &members[count]) != 0)
            break;
    }
    work(context, 0, threads, 0);
    while (atomic_load(&j.ready) < count - 1)
        sched_yield();
    atomic_store(&j.go, true);
    work_and_time(&members[0]);
    for (int i = 1; i < count; i++)
        pthread_join(members[i].thread, NULL);
    return rate_of(members, count);
}
