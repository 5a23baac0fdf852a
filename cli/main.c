// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // for SIGXFSZ

#include "commands.h"

#include <signal.h>

int main(int argc, char **argv)
{
    // A reader that goes away early, as `head` does, and a file that has reached the limit of its
    // size are errors of writing, not ways to die.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    session s = {.out = stdout, .err = stderr, .command = ""};
    return run_command_line(&s, argc, argv);
}
