// SPDX-License-Identifier: Apache-2.0
//
// Text for the page.
#ifndef CLI_TOUR_HTML_H
#define CLI_TOUR_HTML_H

#include <stdio.h>

// Writes text as it is, with what HTML would take for its own escaped.
void html_text(FILE *file, const char *text);

// Writes a paragraph's text with its markup set: `code`, *emphasis* and $formulas$ as such, the
// signs of a typewriter as those of print, and "step 6" as a link to that step.
void html_prose(FILE *file, const char *text);

#endif
