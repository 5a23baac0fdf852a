// SPDX-License-Identifier: Apache-2.0
#include "files/output.h"
#include "parts/head.h"
#include "parts/weight.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

// Sees that all of a file has reached the disk.
static int sync_partial(session *s, const journal_names *names)
{
    store_reason why;
    store *file = posix_store.open(names->partial, true, &why);
    bool done = file && posix_store.sync(file, &why);
    if (file)
        posix_store.close(file);
    return done ? EXIT_DONE
                : refuse(s, EXIT_REFUSED, "cannot write '%s': %s", names->partial, why.text);
}

static int check_complete(session *s, const journal_names *names, const journal_account *all)
{
    const span whole = {0, all->pixels}, missing = spans_first_missing(&all->done, whole);
    if (missing.begin < missing.end)
        return refuse(s, EXIT_REFUSED,
                      "'%s' is not complete: %" PRId64 " of %" PRId64
                      " pixels are computed, the first that is not is %" PRId64,
                      names->output, spans_count(&all->done, whole), all->pixels, missing.begin);
    if (access(names->partial, F_OK) != 0)
        return refuse(s, EXIT_REFUSED, "'%s' is gone", names->partial);
    return EXIT_DONE;
}

static int finish(session *s, const journal_names *names, bool force)
{
    journal_account all;
    int64_t shape[FALTUNG_MAX_RANK];
    int status = journal_read_all(s, names, &all);
    if (status)
        return status;
    const int rank = head_find_weight(all.head, shape);
    status = check_complete(s, names, &all);
    free(all.head);
    spans_free(&all.done);
    if (!status)
        status = sync_partial(s, names);
    if (status)
        return status;
    return rank ? weight_finish(s, names, rank, shape, force) : journal_publish(s, names, force);
}

int parts_finish(session *s, const char *output, bool force)
{
    journal_names names;
    int status = output_check(s, output, force);
    if (!status)
        status = journal_find_names(s, &names, output, (shard){0, 0});
    if (status)
        return status;
    status = finish(s, &names, force);
    journal_names_free(&names);
    return status;
}
