// SPDX-License-Identifier: Apache-2.0
//
// gnuplot, run as a program of its own.
#ifndef CLI_CHARTS_GNUPLOT_H
#define CLI_CHARTS_GNUPLOT_H

#include "session.h"

// Has gnuplot run a script and takes what it writes to its standard output, to be freed by the
// caller. No shell is involved and no start-up file of the user is read. Refuses when gnuplot is
// not installed or fails, with its own first words; nothing is to be freed then.
int gnuplot_run(session *s, const char *script, char **output, size_t *size);

#endif
