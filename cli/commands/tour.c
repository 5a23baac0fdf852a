// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "tour/steps.h"
#include "tour/tour.h"

#include <string.h>

int run_tour(session *s, const command *c, const options *o)
{
    (void)c;
    const char *path = o->outputs ? o->output[0] : NULL;
    if (path && strcmp(path, "-") == 0)
        return refuse(s, EXIT_USAGE, "-o '-': allowed is the name of a folder");
    return make_tour(s, tour_steps, tour_step_count, path, o->force);
}
