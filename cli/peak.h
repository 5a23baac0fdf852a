// SPDX-License-Identifier: Apache-2.0
//
// How much memory the program takes.
#ifndef CLI_PEAK_H
#define CLI_PEAK_H

#include <stddef.h>

// The most bytes that it has had in memory so far.
size_t peak_bytes(void);

#endif
