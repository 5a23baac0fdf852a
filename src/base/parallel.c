// SPDX-License-Identifier: Apache-2.0
//
// One lock guards the pool. A call opens a job on its own stack and lists it; workers that have
// nothing to do look for a listed job, join it, take indexes of their share and then of others'
// until there are none left, and leave it. The caller takes indexes like the rest, then takes its
// job off the list and waits only for workers that have joined: one that never woke up is not
// missed. So a worker whose CPU is busy with something else costs no more than the one piece that
// it holds. A worker that was woken, or has done something, looks for more for a moment before it
// sleeps, since layers follow each other.
#include "base/parallel.h"
#include "base/host.h"
#include "base/shares.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define STACK_BYTES ((size_t)512 << 10)

// How long a thread looks for what it waits for before it sleeps, in nanoseconds: a worker for
// another job, a caller for the last piece. It is longer than programs take from one layer to the
// next, and about as long as it takes a virtual machine to wake a CPU.
#define WATCH 100000

typedef struct job {
    fal_share *shares; // of as many workers as may take part
    fal_body *body;
    void *context;
    fenv_t environment;
    pthread_t caller;
    int cpu; // where the caller was when it opened the job

    // Written under the pool's lock.
    int limit;           // threads that may take part
    int joined;          // threads that have ever taken part; the next one's number
    atomic_int working;  // workers that take part now
    bool sleeps;         // the caller, until the last of them has left
    pthread_cond_t left; // the last worker has left
    struct job *following;
} job;

typedef struct place {
    pthread_t thread;
    int cpu; // where it sleeps or looks for a job; negative: it works, or that is unknown
} place;     // of a worker

static struct {
    pthread_mutex_t lock;
    pthread_cond_t opened;        // there is a new job, or the pool has closed
    job *jobs;                    // open ones, the newest first
    _Atomic uint64_t opened_jobs; // ever; written under the lock
    int workers;
    int idle;            // workers that sleep
    atomic_int watching; // and those that look for a job; written under the lock
    place place[FAL_MOST_THREADS - 1];
    atomic_bool closed; // written under the lock, once
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

// Takes indexes until there are none left. Workers stop early when the pool closes, so that a
// program that exits waits for one piece and not for all of them; the caller does the rest.
static void take_part(job *j, int worker)
{
    int at = worker;
    while (worker == 0 || !atomic_load_explicit(&pool.closed, memory_order_relaxed)) {
        const int64_t index = fal_take_index(j->shares, j->limit, worker, &at);
        if (index < 0)
            return;
        j->body(j->context, index, worker);
    }
}

// --------------------------------------------------------------------------------------- waiting

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

// Lets a little time pass for a thread that looks for something; false: it is over.
static bool waits(int64_t end)
{
    for (int i = 0; i < 4; i++)
        fal_host_relax();
    return now() < end;
}

// --------------------------------------------------------------------------------------- workers

static job *joinable_job(void)
{
    for (job *j = pool.jobs; j; j = j->following)
        if (j->joined < j->limit && fal_shares_have_any(j->shares, j->limit))
            return j;
    return NULL;
}

// The last one to leave wakes the caller, and lets it run first: it may have been woken where the
// worker runs, which is about to look for more.
static void leave(job *j)
{
    if (--j->working > 0 || !j->sleeps)
        return;
    pthread_cond_signal(&j->left); // under the lock: without it the job may be gone already
    pthread_mutex_unlock(&pool.lock);
    sched_yield();
    pthread_mutex_lock(&pool.lock);
}

// Called with the lock held, and returns so; without it in between.
static void join(job *j)
{
    int worker = j->joined++;
    j->working++;
    pthread_mutex_unlock(&pool.lock);
    fesetenv(&j->environment);
    take_part(j, worker);
    pthread_mutex_lock(&pool.lock);
    leave(j);
}

// Whether a job is opened, or the pool closed, within a moment. Called with the lock held, and
// returns so; without it in between.
static bool watch(void)
{
    const uint64_t seen = atomic_load_explicit(&pool.opened_jobs, memory_order_relaxed);
    const int64_t end = now() + WATCH;
    bool changed = false;
    pool.watching++;
    pthread_mutex_unlock(&pool.lock);
    do
        changed = atomic_load_explicit(&pool.opened_jobs, memory_order_relaxed) != seen ||
                  atomic_load_explicit(&pool.closed, memory_order_relaxed);
    while (!changed && waits(end));
    pthread_mutex_lock(&pool.lock);
    pool.watching--;
    return changed;
}

static void *work(void *argument)
{
    place *self = argument;
    bool watches = false;
    fal_host_name_thread("faltung");
    pthread_mutex_lock(&pool.lock);
    while (!atomic_load(&pool.closed)) {
        job *j = joinable_job();
        self->cpu = j ? -1 : fal_host_cpu();
        if (j) {
            join(j);
            watches = true;
        } else if (watches) {
            watches = watch();
        } else {
            pool.idle++;
            pthread_cond_wait(&pool.opened, &pool.lock);
            pool.idle--;
            watches = true; // where it comes too late, too: more may follow
        }
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

// Blocks all signals but those that a thread brings upon itself: the program's other threads are to
// answer the rest.
static void block_signals(sigset_t *before)
{
    static const int own[] = {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

// Brings the pool up to a number of workers, or to as many as the system grants. With the lock
// held.
static void hire(int wanted)
{
    pthread_attr_t attributes;
    if (pool.workers >= wanted || pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigset_t before;
    block_signals(&before); // here, since a thread begins with its creator's mask
    for (; pool.workers < wanted; pool.workers++) {
        place *p = &pool.place[pool.workers];
        p->cpu = -1;
        if (pthread_create(&p->thread, &attributes, work, p) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

// ------------------------------------------------------------------------------------------ jobs

// Whether this thread is in a body that the pool runs. With the lock held.
static bool is_inside(void)
{
    pthread_t self = pthread_self();
    for (const job *j = pool.jobs; j; j = j->following)
        if (pthread_equal(j->caller, self))
            return true;
    for (int i = 0; i < pool.workers; i++)
        if (pthread_equal(pool.place[i].thread, self))
            return true;
    return false;
}

// Whether a worker without a job is where the caller of one runs. With the lock held.
static bool is_crowded(int cpu)
{
    for (int i = 0; i < pool.workers; i++)
        if (cpu >= 0 && pool.place[i].cpu == cpu)
            return true;
    return false;
}

static void allow(int cpu, bool allowed)
{
    for (int i = 0; i < pool.workers; i++)
        if (pool.place[i].cpu == cpu)
            fal_host_allow_cpu(pool.place[i].thread, cpu, allowed);
}

static void wake(int workers)
{
    for (int i = 0; i < workers; i++)
        pthread_cond_signal(&pool.opened);
}

// Lists a job and wakes workers for it; false if there are none to be had.
//
// Linux takes the halted CPU of a virtual machine for one that is busy, wakes a thread where it was
// even if its waker runs there now, and leaves both to share one CPU for milliseconds. So workers
// that are there are sent elsewhere first.
static bool open_job(job *j)
{
    int to_wake = 0;
    pthread_mutex_lock(&pool.lock);
    bool open = !atomic_load(&pool.closed) && !is_inside();
    if (open)
        hire(j->limit - 1);
    open = open && pool.workers > 0;
    if (open) {
        j->following = pool.jobs;
        pool.jobs = j;
        atomic_fetch_add_explicit(&pool.opened_jobs, 1, memory_order_relaxed);
        to_wake = j->limit - 1 - pool.watching;
        to_wake = to_wake < pool.idle ? to_wake : pool.idle;
        if (is_crowded(j->cpu)) {
            allow(j->cpu, false);
            wake(to_wake);
            to_wake = 0;
            allow(j->cpu, true);
        }
    }
    pthread_mutex_unlock(&pool.lock);
    wake(to_wake); // without the lock, which is the first thing that they want
    return open;
}

static void close_job(job *j)
{
    const int64_t end = now() + WATCH;
    while (atomic_load_explicit(&j->working, memory_order_relaxed) > 0 && waits(end))
        ;
    pthread_mutex_lock(&pool.lock);
    job **link = &pool.jobs;
    while (*link != j)
        link = &(*link)->following;
    *link = j->following;
    j->sleeps = j->working > 0;
    while (j->working > 0)
        pthread_cond_wait(&j->left, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

// Does the job with whatever workers there are; false, with nothing done, if there are none.
static bool share(job *j)
{
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling); // workers hold on to the job
    fegetenv(&j->environment);
    pthread_cond_init(&j->left, NULL);
    bool open = open_job(j);
    if (open) {
        take_part(j, 0);
        close_job(j);
    }
    pthread_cond_destroy(&j->left);
    pthread_setcancelstate(cancelling, NULL);
    return open;
}

void fal_parallel(int threads, int64_t count, fal_body *body, void *context)
{
    int limit = fal_parallel_limit(threads, count);
    if (limit > 1) {
        fal_share shares[FAL_MOST_THREADS];
        fal_share_out(shares, limit, count);
        job j = {.shares = shares,
                 .body = body,
                 .context = context,
                 .caller = pthread_self(),
                 .cpu = fal_host_cpu(),
                 .limit = limit,
                 .joined = 1};
        if (share(&j))
            return;
    }
    for (int64_t index = 0; index < count; index++)
        body(context, index, 0);
}

bool fal_parallel_is_warm(void)
{
    static _Atomic int64_t last;
    if (atomic_load_explicit(&pool.watching, memory_order_relaxed) > 0)
        return true;
    const int64_t time = now();
    return time - atomic_exchange_explicit(&last, time, memory_order_relaxed) < WATCH;
}

// ----------------------------------------------------------------------------------------- limits

// What OMP_NUM_THREADS says: a number, or a list of numbers for nested levels, of which the first
// counts; 0 if it says neither.
static int environment_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    if (!text)
        return 0;
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || (*end && *end != ',') || number < 1)
        return 0;
    return number > FAL_MOST_THREADS ? FAL_MOST_THREADS : (int)number;
}

int fal_parallel_limit(int threads, int64_t count)
{
    if (count <= 1 || threads == 1)
        return 1;
    if (threads < 1)
        threads = environment_threads();
    if (threads < 1)
        threads = fal_host_cpus();
    if (threads > FAL_MOST_THREADS)
        threads = FAL_MOST_THREADS;
    return threads > count ? (int)count : threads;
}

// ---------------------------------------------------------------------------------- fork and exit

// After a fork no worker exists in the child, and what another thread was about to do with the pool
// never ends: it starts again from nothing.
static void forget(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.opened, NULL);
    pool.jobs = NULL;
    pool.workers = 0;
    pool.idle = 0;
    pool.watching = 0;
}

__attribute__((constructor)) static void watch_forks(void)
{
    if (pthread_atfork(NULL, NULL, forget) != 0)
        atomic_store(&pool.closed, true);
}

// At exit, and before the library is unloaded: no thread may be left in code that is gone.
__attribute__((destructor)) static void dismiss(void)
{
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.closed, true);
    pthread_cond_broadcast(&pool.opened);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < pool.workers; i++)
        pthread_join(pool.place[i].thread, NULL);
}
