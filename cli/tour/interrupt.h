// SPDX-License-Identifier: Apache-2.0
//
// Signals that end the program, put off until what it has begun is cleared away.
#ifndef CLI_TOUR_INTERRUPT_H
#define CLI_TOUR_INTERRUPT_H

#include <stdbool.h>

// From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT are only remembered, those excepted that the
// program was started to ignore.
void interrupt_catch(void);

// Whether one has come.
bool interrupt_came(void);

// Ends what interrupt_catch began, and lets a signal that has come take its effect.
void interrupt_release(void);

#endif
