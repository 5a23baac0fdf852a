// SPDX-License-Identifier: Apache-2.0
//
// What POSIX leaves to each system.
#ifndef FAL_BASE_HOST_H
#define FAL_BASE_HOST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// The number of CPUs that the calling thread may run on, at least 1.
int fal_host_cpus(void);

// The CPU that the calling thread runs on now; negative where that is unknown.
int fal_host_cpu(void);

// Keeps a thread off one of its CPUs, if it has another, and allows it again. A thread that runs
// there goes at once, and one that sleeps wakes elsewhere.
void fal_host_allow_cpu(pthread_t thread, int cpu, bool allowed);

// The size of the second-level cache, where the system tells it; else a guess.
int64_t fal_host_cache_bytes(void);

// Whether the system lets this process use the matrix tiles that an x86 processor has: Linux wants
// to be asked first, since their content makes signal frames larger, and says no where a thread's
// signal stack has no room for them.
bool fal_host_allows_tiles(void);

// Tells the processor that the calling thread waits for another one.
static inline void fal_host_relax(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

// Names the calling thread for debuggers and `top -H`, where that can be done; at most 15
// characters.
void fal_host_name_thread(const char *name);

#endif
