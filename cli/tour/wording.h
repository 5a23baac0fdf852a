// SPDX-License-Identifier: Apache-2.0
//
// What the terminal and the page say in the same words.
#ifndef CLI_TOUR_WORDING_H
#define CLI_TOUR_WORDING_H

#include "tour/walk.h"

enum { MAX_WORDING = 512 };

// How a claim was checked: "Checked for K to 31, S to 16: 496 cases."
void word_claim(char text[MAX_WORDING], const block *b, const outcome *o);

// What the whole tour checked, and how much of it is as stated.
void word_report(char text[MAX_WORDING], const report *r);

#endif
