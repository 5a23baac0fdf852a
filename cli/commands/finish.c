// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "parts/run.h"

int run_finish(session *s, const command *c, const options *o)
{
    (void)c;
    return parts_finish(s, o->operand[0], o->force);
}
