// SPDX-License-Identifier: Apache-2.0
#include "files/cleanup.h"

#include <unistd.h>

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
enum { ENDINGS = sizeof endings / sizeof *endings };

// Changed only while the endings are held back, so the handler finds it whole.
static output_file *first;

// The signal's default action comes back before the handler is entered and takes effect when it
// has returned.
static void remove_all(int signal)
{
    for (const output_file *o = first; o; o = o->next)
        unlink(o->partial);
    raise(signal);
}

static void handle_once(void)
{
    static bool handled;
    if (handled)
        return;
    handled = true;
    for (int i = 0; i < ENDINGS; i++) {
        struct sigaction action;
        // What the caller of the program has set to be ignored, as nohup does, stays so.
        if (sigaction(endings[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue;
        action.sa_handler = remove_all;
        action.sa_flags = SA_RESETHAND;
        sigaction(endings[i], &action, NULL);
    }
}

void cleanup_hold(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (int i = 0; i < ENDINGS; i++)
        sigaddset(&held, endings[i]);
    sigprocmask(SIG_BLOCK, &held, before);
    handle_once();
}

void cleanup_resume(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

void cleanup_add(output_file *o)
{
    o->next = first;
    first = o;
}

void cleanup_remove(const output_file *o)
{
    output_file **place = &first;
    while (*place && *place != o)
        place = &(*place)->next;
    if (*place)
        *place = o->next;
}
