// SPDX-License-Identifier: Apache-2.0
//
// What is known of where text goes.
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "session.h"

// Columns for text on the session's out: the session's own, else the terminal's, else what COLUMNS
// says, else 80.
int terminal_columns(const session *s);

// Whether text may be bold or coloured: on a terminal, and NO_COLOR is not set.
bool terminal_has_style(const session *s);

#endif
