// SPDX-License-Identifier: Apache-2.0
//
// What of an output is done, beside it on the disk, so that a run which was ended goes on.
//
// For an output y.npy there are .y.npy.partial, which becomes it, and a journal: .y.npy.journal, or
// .y.npy.journal-I-of-N for each part of N. A journal is text: lines that say what is computed,
// "pixels: COUNT", and a line "done BEGIN END" for every span that has reached the disk before. A
// last line that is cut off does not count.
#ifndef CLI_PARTS_JOURNAL_H
#define CLI_PARTS_JOURNAL_H

#include "parts/spans.h"
#include "session.h"

// Which part of how many; of 0 parts: the whole.
typedef struct shard {
    int64_t index, count;
} shard;

enum { JOURNAL_HEAD = 4096 };

// Names beside an output, to be freed by journal_names_free.
typedef struct journal_names {
    const char *output; // as the user typed it; borrowed
    char *target;       // symbolic links followed
    char *folder, *partial, *journal;
} journal_names;

typedef struct journal {
    int descriptor;
    spans done; // by all journals of this output
} journal;

int journal_find_names(session *s, journal_names *names, const char *output, shard part);
void journal_names_free(journal_names *names);

// Opens a journal, or creates it, and locks it against another process. `head` says what is
// computed, in lines of "name: value", as a journal that is there must say, too. Refuses another
// one's, by the first line in which they differ.
int journal_open(session *s, journal *j, const journal_names *names, const char *head);

// Notes a span whose bytes are on the disk.
int journal_add(session *s, journal *j, const journal_names *names, span done);

void journal_close(journal *j);

// What all journals of an output say together. To be freed by the caller: the head that they have
// in common, and the spans.
typedef struct journal_account {
    char *head;
    spans done;
    int64_t pixels; // of the output
} journal_account;

// Reads them; they must agree, and must not be in use. Refuses where there is none. On failure
// nothing is to be freed.
int journal_read_all(session *s, const journal_names *names, journal_account *all);

// Removes the partial file and all journals, once they are no longer needed.
int journal_discard(session *s, const journal_names *names);

// Gives the partial file its name, for which it has been synced, and removes all journals. Without
// `force` an existing file is not replaced.
int journal_publish(session *s, const journal_names *names, bool force);

#endif
