// SPDX-License-Identifier: Apache-2.0
//
// What POSIX leaves to each system.
#ifndef FAL_BASE_HOST_H
#define FAL_BASE_HOST_H

#include <stdint.h>

// The number of CPUs that the calling thread may run on, at least 1.
int fal_host_cpus(void);

// The size of the second-level cache, where the system tells it; else a guess.
int64_t fal_host_cache_bytes(void);

// Names the calling thread for debuggers and `top -H`, where that can be done; at most 15
// characters.
void fal_host_name_thread(const char *name);

#endif
