// SPDX-License-Identifier: Apache-2.0
//
// The thread pool in its process: forks, threads and memory that run out, exit, unloading, and what
// the process is allowed. A forked child begins without workers, so each test that needs a pool in
// a state of its own runs in one.
#if defined(__linux__)
#define _GNU_SOURCE // for sched_setaffinity
#endif
#include "base/parallel.h"
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

typedef void parallel_function(int threads, int64_t count, fal_body *body, void *context);

// ------------------------------------------------------------------------------- failing creation

static int threads_granted = -1; // that can still be created; -1: as many as the system grants

// The linker puts these in the place of pthread_create, and of the name that it is known by then.
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    if (threads_granted == 0)
        return EAGAIN;
    threads_granted -= threads_granted > 0;
    return __real_pthread_create(thread, attributes, run, argument);
}

// --------------------------------------------------------------------------------------- children

// Whether `check` holds in a child that ends as a program does, within a minute.
static bool holds_in_child(bool (*check)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        exit(check() ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void add_index(void *context, int64_t index, int worker)
{
    (void)worker;
    atomic_fetch_add((_Atomic int64_t *)context, index + 1);
}

static bool sums_by(parallel_function *parallel, int threads)
{
    _Atomic int64_t sum = 0;
    parallel(threads, 1000, add_index, &sum);
    return sum == 500500;
}

static void wait_for_others(void *context, int64_t index, int worker)
{
    (void)index, (void)worker;
    pthread_barrier_wait(context);
}

// Ends only if there really are so many threads.
static bool meet(int threads)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    fal_parallel(threads, threads, wait_for_others, &barrier);
    pthread_barrier_destroy(&barrier);
    return true;
}

// ------------------------------------------------------------------------------------------ forks

static bool use_threads(void)
{
    return meet(3) && sums_by(fal_parallel, 3);
}

static bool use_threads_and_fork(void)
{
    return use_threads() && holds_in_child(use_threads) && use_threads();
}

static void a_forked_child_has_threads_of_its_own(void **state)
{
    (void)state;
    assert_true(use_threads());
    assert_true(holds_in_child(use_threads_and_fork));
    assert_true(use_threads());
}

static void *call_until_told(void *stop)
{
    bool right = true;
    while (!atomic_load((atomic_bool *)stop))
        right = sums_by(fal_parallel, 3) && right;
    return right ? stop : NULL;
}

static void a_fork_amid_the_calls_of_other_threads_is_harmless(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    // A fork may copy its allocator's locks as another thread holds them; then threads that the
    // child starts wait for ever, before they come to any code of ours.
    skip();
#endif
    pthread_t threads[2];
    atomic_bool stop = false;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_until_told, &stop), 0);
    bool right = true;
    for (int i = 0; i < 50; i++)
        right = holds_in_child(use_threads) && right;
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &stop);
    }
    assert_true(right);
}

// ------------------------------------------------------------------------------------- no threads

static void count_thread(void *context, int64_t index, int worker)
{
    (void)index;
    int *used = context;
    used[worker] = 1;
}

static int workers_used(int threads)
{
    int used[FAL_MOST_THREADS] = {0};
    fal_parallel(threads, 1000, count_thread, used);
    int sum = 0;
    for (int i = 0; i < FAL_MOST_THREADS; i++)
        sum += used[i];
    return sum;
}

static bool no_thread_then_one_then_all(void)
{
    threads_granted = 0;
    if (workers_used(4) != 1 || !sums_by(fal_parallel, 4))
        return false;
    threads_granted = 1;
    if (!meet(2) || workers_used(4) > 2 || !sums_by(fal_parallel, 4))
        return false;
    threads_granted = -1;
    return meet(4) && sums_by(fal_parallel, 4);
}

static void threads_that_cannot_be_created_are_done_without(void **state)
{
    (void)state;
    assert_true(holds_in_child(no_thread_then_one_then_all));
}

static bool many_threads_in_little_memory(void)
{
    const struct rlimit one_gibibyte = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    return setrlimit(RLIMIT_AS, &one_gibibyte) == 0 && sums_by(fal_parallel, 100000) &&
           meet(FAL_MOST_THREADS);
}

static bool many_threads_in_hardly_any_memory(void)
{
    const struct rlimit scarce = {(rlim_t)24 << 20, (rlim_t)24 << 20};
    return setrlimit(RLIMIT_AS, &scarce) == 0 && sums_by(fal_parallel, 100000) &&
           workers_used(FAL_MOST_THREADS) < 64;
}

static void any_number_of_threads_fits_into_little_memory(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); // a sanitizer needs more address space than there is
    assert_true(holds_in_child(many_threads_in_little_memory));
    assert_true(holds_in_child(many_threads_in_hardly_any_memory));
}

// --------------------------------------------------------------------------- what 0 threads stand
// for

static bool limits_follow_the_environment(void)
{
    const struct {
        const char *text;
        int threads; // 0: as if it were not set
    } cases[] = {{"3", 3},
                 {" 3", 3},
                 {"5,2", 5},
                 {"1", 1},
                 {"256", 256},
                 {"0", 0},
                 {"-2", 0},
                 {"", 0},
                 {"three", 0},
                 {"3x", 0},
                 {"1000", FAL_MOST_THREADS},
                 {"99999999999999999999", FAL_MOST_THREADS}};
    unsetenv("OMP_NUM_THREADS");
    int cpus = fal_parallel_limit(0, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setenv("OMP_NUM_THREADS", cases[i].text, 1);
        int expected = cases[i].threads ? cases[i].threads : cpus;
        if (fal_parallel_limit(0, 1000) != expected || fal_parallel_limit(2, 1000) != 2)
            return false;
    }
    return cpus >= 1;
}

static void the_environment_says_how_many_threads_0_are(void **state)
{
    (void)state;
    assert_true(holds_in_child(limits_follow_the_environment));
}

#if defined(__linux__)
static bool one_cpu_is_one_thread(void)
{
    unsetenv("OMP_NUM_THREADS");
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        fal_parallel_limit(0, 1000) != CPU_COUNT(&allowed))
        return false;
    int first = 0;
    while (!CPU_ISSET(first, &allowed))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 && fal_parallel_limit(0, 1000) == 1 &&
           meet(3);
}

static void the_cpus_allowed_say_how_many_threads_0_are(void **state)
{
    (void)state;
    assert_true(holds_in_child(one_cpu_is_one_thread));
}
#endif

// ------------------------------------------------------------------------------------------ ending

static bool load_use_and_unload(void)
{
    for (int i = 0; i < 20; i++) {
        void *module = dlopen(PARALLEL_MODULE, RTLD_NOW | RTLD_LOCAL);
        if (!module)
            return false;
        // POSIX has it that a pointer to a function can be had so.
        parallel_function *parallel = NULL;
        *(void **)&parallel = dlsym(module, "fal_parallel");
        if (!parallel || !sums_by(parallel, 4) || dlclose(module) != 0)
            return false;
        if (dlopen(PARALLEL_MODULE, RTLD_NOW | RTLD_NOLOAD)) // else this shows nothing
            return false;
    }
    return holds_in_child(use_threads);
}

static void a_library_can_be_unloaded_after_use(void **state)
{
    (void)state;
    assert_true(holds_in_child(load_use_and_unload));
}

static void end_amid_work(void *context, int64_t index, int worker)
{
    (void)context, (void)index;
    if (worker == 0)
        exit(EXIT_SUCCESS);
}

static bool exit_from_a_piece(void)
{
    fal_parallel(3, INT64_MAX, end_amid_work, NULL);
    return false;
}

static void run_on(void *context, int64_t index, int worker)
{
    (void)worker;
    if (index == 100)
        pthread_barrier_wait(context);
}

static void *work_for_ever(void *barrier)
{
    fal_parallel(3, INT64_MAX, run_on, barrier);
    return NULL;
}

static bool exit_beside_a_call(void)
{
    static pthread_barrier_t barrier;
    pthread_t thread;
    return pthread_barrier_init(&barrier, NULL, 2) == 0 &&
           pthread_create(&thread, NULL, work_for_ever, &barrier) == 0 &&
           pthread_barrier_wait(&barrier) != EINVAL;
}

static void a_program_can_exit_while_work_is_going_on(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(holds_in_child(exit_from_a_piece));
        assert_true(holds_in_child(exit_beside_a_call));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forked_child_has_threads_of_its_own),
        cmocka_unit_test(a_fork_amid_the_calls_of_other_threads_is_harmless),
        cmocka_unit_test(threads_that_cannot_be_created_are_done_without),
        cmocka_unit_test(any_number_of_threads_fits_into_little_memory),
        cmocka_unit_test(the_environment_says_how_many_threads_0_are),
#if defined(__linux__)
        cmocka_unit_test(the_cpus_allowed_say_how_many_threads_0_are),
#endif
        cmocka_unit_test(a_library_can_be_unloaded_after_use),
        cmocka_unit_test(a_program_can_exit_while_work_is_going_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
