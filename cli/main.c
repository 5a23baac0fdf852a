// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include <signal.h>

int main(int argc, char **argv)
{
    // A reader that goes away early, as `head` does, is an error of writing, not a way to die.
    signal(SIGPIPE, SIG_IGN);
    session s = {stdout, stderr, ""};
    return run_command_line(&s, argc, argv);
}
