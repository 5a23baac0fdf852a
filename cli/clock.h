// SPDX-License-Identifier: Apache-2.0
//
// Time as it passes.
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

// Seconds since some moment in the past, never going back.
double clock_now(void);

#endif
