// SPDX-License-Identifier: Apache-2.0
//
// The tour as text.
#ifndef CLI_TOUR_TEXT_H
#define CLI_TOUR_TEXT_H

#include "tour/walk.h"

// How wide figures in characters may be.
int text_figure_columns(const session *s);

// Writes a report to the session's out: ASCII, wrapped to its columns, bold and coloured where the
// terminal has style.
void write_as_text(session *s, const report *r);

#endif
