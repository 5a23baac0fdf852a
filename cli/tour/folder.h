// SPDX-License-Identifier: Apache-2.0
//
// The folder of a tour: made under another name beside its own, and put in place when complete.
//
// A folder that a tour has made holds a file, FOLDER_MARK, with the names of all that it wrote.
// Only such a folder, or an empty one, is ever replaced, only as a whole, and only while it holds
// nothing else.
#ifndef CLI_TOUR_FOLDER_H
#define CLI_TOUR_FOLDER_H

#include "session.h"

#define FOLDER_MARK ".faltung-tour"

typedef struct folder {
    const char *path; // its name as the user typed it, borrowed; NULL: it is only to work in
    char *target;     // its name, symbolic links followed; NULL if it is only to work in
    char *made;       // the name it has meanwhile; NULL when there is none any more
    bool replaces;    // whether an older tour may stand there
    int origin;       // the folder that the process was in before
} folder;

// Makes a folder and goes into it. If `path` is NULL it is a temporary one. Refuses at once what
// could not be put in place in the end. Nothing is to be abandoned after a failure.
int folder_begin(session *s, folder *f, const char *path, bool force);

// Marks the folder, goes back to where the process was, and puts the folder in place; what stood
// there is removed. On any failure all is as it was before. Afterwards there is nothing to abandon.
int folder_publish(session *s, folder *f);

// Goes back, and removes the folder with all that is in it.
void folder_abandon(folder *f);

#endif
