// SPDX-License-Identifier: Apache-2.0
#include "peak.h"

#include <stdio.h>
#include <sys/resource.h>

// What getrusage says counts from before the program was loaded, when it was still a copy of
// whoever started it. Linux knows better.
size_t peak_bytes(void)
{
    struct rusage usage;
    char line[128];
    size_t kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && !kilobytes && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %zu kB", &kilobytes) != 1)
            kilobytes = 0;
    if (status)
        fclose(status);
    if (!kilobytes && getrusage(RUSAGE_SELF, &usage) == 0)
        kilobytes = (size_t)usage.ru_maxrss;
    return kilobytes * 1024;
}
