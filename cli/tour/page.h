// SPDX-License-Identifier: Apache-2.0
//
// The tour as one page of HTML that loads nothing.
#ifndef CLI_TOUR_PAGE_H
#define CLI_TOUR_PAGE_H

#include "tour/walk.h"

// The page's style sheet, in parts, ended by NULL.
extern const char *const page_style[];

// Writes index.html into the working folder, with the figures that the report's walk has left
// there. The report has nothing wrong in it.
int write_as_page(session *s, const report *r);

#endif
