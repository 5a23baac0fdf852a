// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "help.h"

int run_help(session *s, const command *c, const options *o)
{
    (void)c;
    if (!o->operands) {
        print_overview(s);
        return EXIT_DONE;
    }
    const command *found = find_command(o->operand[0]);
    if (!found)
        return refuse(s, EXIT_USAGE, "'%s' is no command; faltung --help lists them",
                      o->operand[0]);
    return print_help(s, found);
}
