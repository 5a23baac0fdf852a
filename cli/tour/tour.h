// SPDX-License-Identifier: Apache-2.0
//
// The whole tour, from the walk to the folder.
#ifndef CLI_TOUR_TOUR_H
#define CLI_TOUR_TOUR_H

#include "tour/content.h"

// Runs the steps, writes them to the session's out and, if `path` is not NULL, into a folder of
// that name, which with `force` may replace an older tour's. The working folder is another one
// meanwhile. Refuses if a result is not as stated; then no folder is written, and what stood there
// is as it was. SIGINT, SIGTERM, SIGHUP and SIGQUIT leave nothing behind and then take effect.
int make_tour(session *s, const step *steps, int count, const char *path, bool force);

#endif
