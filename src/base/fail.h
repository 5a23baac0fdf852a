// SPDX-License-Identifier: Apache-2.0
//
// Failing with words: a status for the program, one line for its user.
#ifndef FAL_BASE_FAIL_H
#define FAL_BASE_FAIL_H

#include <faltung.h>

// Formats the message, unless `message` is NULL, and returns `status`, so that a caller can say
// `return fal_fail(message, FALTUNG_ERROR_..., ...);`.
faltung_status fal_fail(faltung_message *message, faltung_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A buffer for a list of sizes, written as PyTorch writes it: "[16, 3, 16, 16]". A list that does
// not fit ends in "...]".
typedef struct fal_list {
    char text[200];
} fal_list;

const char *fal_list_write(fal_list *list, int count, const int64_t *values);

#endif
