// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE // for the affinity of threads, their names, syscall and _SC_LEVEL2_CACHE_SIZE
#endif
#include "base/host.h"

#include <sched.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <unistd.h>

int fal_host_cpus(void)
{
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        return CPU_COUNT(&allowed); // never 0; and it fails if there are more CPUs than bits
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > 1 << 20 ? 1 << 20 : (int)online;
}

int fal_host_cpu(void)
{
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

void fal_host_allow_cpu(pthread_t thread, int cpu, bool allowed)
{
#if defined(__linux__)
    cpu_set_t cpus;
    if (cpu < 0 || cpu >= CPU_SETSIZE || pthread_getaffinity_np(thread, sizeof cpus, &cpus) != 0)
        return;
    if (allowed)
        CPU_SET(cpu, &cpus);
    else
        CPU_CLR(cpu, &cpus);
    if (CPU_COUNT(&cpus) > 0)
        pthread_setaffinity_np(thread, sizeof cpus, &cpus);
#else
    (void)thread, (void)cpu, (void)allowed;
#endif
}

int64_t fal_host_cache_bytes(void)
{
    const int64_t guess = 512 << 10;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? bytes : guess;
#else
    return guess;
#endif
}

bool fal_host_allows_tiles(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
#else
    return false;
#endif
}

void fal_host_name_thread(const char *name)
{
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#else
    (void)name;
#endif
}
