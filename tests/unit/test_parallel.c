// SPDX-License-Identifier: Apache-2.0
//
// Work shared out over threads: each piece done once, in the caller's floating-point environment,
// whoever calls.
#if defined(__linux__)
#define _GNU_SOURCE // for the affinity of threads
#endif
#include "base/host.h"
#include "base/parallel.h"
#include "base/shares.h"
#include "support.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

// ------------------------------------------------------------------------------------ every index

typedef struct tally {
    int limit;
    atomic_int *done; // per index
    atomic_bool busy[FAL_MOST_THREADS];
    atomic_int wrong; // workers out of range, or in two places at once
} tally;

static void count_index(void *context, int64_t index, int worker)
{
    tally *t = context;
    if (worker < 0 || worker >= t->limit || atomic_exchange(&t->busy[worker], true)) {
        atomic_fetch_add(&t->wrong, 1);
        return;
    }
    atomic_fetch_add(&t->done[index], 1);
    atomic_store(&t->busy[worker], false);
}

static bool each_index_once(int threads, int64_t count)
{
    tally t = {.limit = fal_parallel_limit(threads, count)};
    t.done = calloc((size_t)count + 1, sizeof *t.done);
    fal_parallel(threads, count, count_index, &t);
    bool right = t.wrong == 0;
    for (int64_t i = 0; i < count; i++)
        right = right && t.done[i] == 1;
    free(t.done);
    return right;
}

static void every_index_is_done_once_and_by_one_worker_at_a_time(void **state)
{
    (void)state;
    const int threads[] = {0, 1, 2, 3, 7, 40, FAL_MOST_THREADS, 100000};
    const int64_t counts[] = {0, 1, 2, 3, 7, 64, 255, 1000, 20011};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        for (size_t j = 0; j < COUNT_OF(counts); j++)
            assert_true(each_index_once(threads[i], counts[j]));
}

static void many_short_calls_in_a_row_are_all_done(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++)
        assert_true(each_index_once(i % 5 + 1, i % 11));
}

// Takes the indexes that are listed, and no more.
static void takes(fal_share *shares, int worker, int *at, const int *indexes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fal_take_index(shares, 3, worker, at), indexes[i]);
}

static void a_worker_takes_neighbours_and_then_the_last_ones_of_others(void **state)
{
    (void)state;
    static const int own[] = {4, 5, 6}, of_others[] = {9, 8, 3, 2}, first[] = {0, 1}, rest[] = {7};
    fal_share shares[3];
    int at[] = {0, 1, 2};
    fal_share_out(shares, 3, 10);
    takes(shares, 1, &at[1], own, COUNT_OF(own));
    takes(shares, 1, &at[1], of_others, 2);
    takes(shares, 2, &at[2], rest, COUNT_OF(rest));
    takes(shares, 1, &at[1], of_others + 2, 2);
    takes(shares, 0, &at[0], first, COUNT_OF(first));
    for (int worker = 0; worker < 3; worker++)
        assert_int_equal(fal_take_index(shares, 3, worker, &at[worker]), -1);
}

// ------------------------------------------------------------------------------------------ limit

static void the_limit_is_what_is_asked_for_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(fal_parallel_limit(1, 1000), 1);
    assert_int_equal(fal_parallel_limit(2, 1000), 2);
    assert_int_equal(fal_parallel_limit(5, 3), 3);
    assert_int_equal(fal_parallel_limit(5, 1), 1);
    assert_int_equal(fal_parallel_limit(5, 0), 1);
    assert_int_equal(fal_parallel_limit(100000, INT64_MAX), FAL_MOST_THREADS);
    assert_int_equal(fal_parallel_limit(FAL_MOST_THREADS, FAL_MOST_THREADS - 1),
                     FAL_MOST_THREADS - 1);
}

// ---------------------------------------------------------------------- what a thread brings along

// Makes sure that as many threads as there are pieces take part: each piece waits for the others.
typedef struct meeting {
    pthread_barrier_t barrier;
    fal_body *then;
    int mode; // of the caller: how it rounds, or whether it flushes
    atomic_int wrong;
} meeting;

static void meet(void *context, int64_t index, int worker)
{
    meeting *m = context;
    pthread_barrier_wait(&m->barrier);
    m->then(m, index, worker);
}

static void meet_and_do(meeting *m, int threads, fal_body *then)
{
    m->then = then;
    m->wrong = 0;
    assert_int_equal(pthread_barrier_init(&m->barrier, NULL, (unsigned)threads), 0);
    fal_parallel(threads, threads, meet, m);
    pthread_barrier_destroy(&m->barrier);
    assert_int_equal(m->wrong, 0);
}

static void check_rounding(void *context, int64_t index, int worker)
{
    (void)index, (void)worker;
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    // 1/3 in each of the modes: the instruction counts, not only what fegetround believes.
    static const float thirds[] = {0x1.555556p-2F, 0x1.555556p-2F, 0x1.555554p-2F, 0x1.555554p-2F};
    meeting *m = context;
    volatile float one = 1, three = 3;
    float third = one / three;
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (modes[i] == m->mode && third == thirds[i] && fegetround() == modes[i])
            return;
    atomic_fetch_add(&m->wrong, 1);
}

static void workers_round_as_the_caller_does(void **state)
{
    (void)state;
    const int modes[] = {FE_UPWARD, FE_TONEAREST, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        meeting m = {.mode = modes[i]};
        fesetround(modes[i]);
        meet_and_do(&m, 3, check_rounding);
        assert_int_equal(fegetround(), modes[i]);
    }
}

#if defined(__SSE2__)
static void check_subnormals(void *context, int64_t index, int worker)
{
    (void)index, (void)worker;
    meeting *m = context;
    volatile float small = 0x1p-126F, subnormal = 0x1p-130F, half = 0.5F, large = 0x1p100F;
    bool flushed = small * half == 0 && subnormal * large == 0;
    bool kept = small * half != 0 && subnormal * large != 0;
    if (!(m->mode ? flushed : kept))
        atomic_fetch_add(&m->wrong, 1);
}

static void workers_flush_subnormals_as_the_caller_does(void **state)
{
    (void)state;
    const unsigned flush = 0x8040; // to zero, and are zero
    unsigned before = _mm_getcsr();
    for (int i = 0; i < 4; i++) {
        meeting m = {.mode = i % 2};
        _mm_setcsr(i % 2 ? before | flush : before);
        meet_and_do(&m, 3, check_subnormals);
        _mm_setcsr(before);
    }
}
#endif

static void check_signals(void *context, int64_t index, int worker)
{
    (void)index;
    meeting *m = context;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    bool worker_blocks = sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM) &&
                         sigismember(&blocked, SIGCHLD) && !sigismember(&blocked, SIGSEGV);
    bool caller_does_not = !sigismember(&blocked, SIGINT) && !sigismember(&blocked, SIGSEGV);
    if (!(worker ? worker_blocks : caller_does_not))
        atomic_fetch_add(&m->wrong, 1);
}

static void workers_leave_signals_to_the_program(void **state)
{
    (void)state;
    meeting m = {.mode = 0};
    meet_and_do(&m, 4, check_signals);
}

// ---------------------------------------------------------------------------- calls among each
// other

typedef struct nest {
    pthread_t thread; // the one that the outer piece runs on
    atomic_int *wrong;
    int done;
} nest;

static void count_nested(void *context, int64_t index, int worker)
{
    (void)index;
    nest *n = context;
    if (worker != 0 || !pthread_equal(n->thread, pthread_self()))
        atomic_fetch_add(n->wrong, 1);
    n->done++;
}

static void call_again(void *context, int64_t index, int worker)
{
    (void)index, (void)worker;
    meeting *m = context;
    nest n = {pthread_self(), &m->wrong, 0};
    fal_parallel(4, 100, count_nested, &n);
    if (n.done != 100)
        atomic_fetch_add(&m->wrong, 1);
}

static void a_call_from_within_runs_on_its_own_thread(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        meeting m = {.mode = 0};
        meet_and_do(&m, 3, call_again);
    }
}

static void *call_often(void *wrong)
{
    for (int i = 0; i < 400; i++)
        if (!each_index_once(i % 4 + 1, i % 50))
            atomic_fetch_add((atomic_int *)wrong, 1);
    return NULL;
}

static void several_threads_may_call_at_once(void **state)
{
    (void)state;
    pthread_t threads[6];
    atomic_int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &wrong), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(wrong, 0);
}

// A caller that was cancelled would leave the workers with a job on a stack that is gone.
static void cancel_the_caller(void *context, int64_t index, int worker)
{
    (void)worker;
    pthread_t *caller = context;
    if (index == 0)
        pthread_cancel(*caller);
}

static void *call_and_be_cancelled(void *returned)
{
    pthread_t self = pthread_self();
    fal_parallel(3, 200, cancel_the_caller, &self);
    *(bool *)returned = true;
    pthread_testcancel();
    return NULL;
}

static void a_caller_is_cancelled_only_after_the_call(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        bool returned = false;
        void *result = NULL;
        assert_int_equal(pthread_create(&thread, NULL, call_and_be_cancelled, &returned), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_true(returned);
        assert_ptr_equal(result, PTHREAD_CANCELED);
    }
}

// ------------------------------------------------------------------------------------------- CPUs

#if defined(__linux__)
static void a_thread_leaves_a_cpu_and_may_come_back(void **state)
{
    (void)state;
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    const int cpu = fal_host_cpu();
    assert_in_range(cpu, 0, CPU_SETSIZE - 1);
    assert_true(CPU_ISSET(cpu, &before));
    fal_host_allow_cpu(pthread_self(), cpu, false);
    if (CPU_COUNT(&before) > 1) // the only one is kept
        assert_int_not_equal(fal_host_cpu(), cpu);
    else
        assert_int_equal(fal_host_cpu(), cpu);
    fal_host_allow_cpu(pthread_self(), cpu, true);
    fal_host_allow_cpu(pthread_self(), -1, false); // an unknown one
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_is_done_once_and_by_one_worker_at_a_time),
        cmocka_unit_test(a_worker_takes_neighbours_and_then_the_last_ones_of_others),
        cmocka_unit_test(many_short_calls_in_a_row_are_all_done),
        cmocka_unit_test(the_limit_is_what_is_asked_for_within_bounds),
        cmocka_unit_test(workers_round_as_the_caller_does),
#if defined(__SSE2__)
        cmocka_unit_test(workers_flush_subnormals_as_the_caller_does),
#endif
        cmocka_unit_test(workers_leave_signals_to_the_program),
        cmocka_unit_test(a_call_from_within_runs_on_its_own_thread),
        cmocka_unit_test(several_threads_may_call_at_once),
        cmocka_unit_test(a_caller_is_cancelled_only_after_the_call),
#if defined(__linux__)
        cmocka_unit_test(a_thread_leaves_a_cpu_and_may_come_back),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
