// SPDX-License-Identifier: Apache-2.0
//
// Tours made for a test, and what became of them.
#ifndef TESTS_TOUR_MADE_H
#define TESTS_TOUR_MADE_H

#include "markup.h"

#include "tour/tour.h"

// Makes a tour as make_tour does, and skips the test if there is no gnuplot.
int make(scratch *t, const step *steps, int count, const char *path, bool force);

// Makes a tour of one short step, all of which holds.
int make_short(scratch *t, const char *path, bool force);

// What has been written to the session's out so far.
const char *written(scratch *t);

// Reads a file of the working folder, to be freed.
char *read_text(const char *path);

// Removes a folder with the files in it.
void remove_folder(const char *path);

#endif
