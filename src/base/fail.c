// SPDX-License-Identifier: Apache-2.0
#include "base/fail.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

faltung_status fal_fail(faltung_message *message, faltung_status status, const char *format, ...)
{
    if (!message)
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    // What is quoted may hold anything; a message is one line, and nothing that a terminal obeys.
    for (char *c = message->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\x7f')
            *c = '?';
    return status;
}

const char *fal_list_write(fal_list *list, int count, const int64_t *values)
{
    const size_t room = sizeof list->text - sizeof ", ...]";
    size_t length = 1;
    strcpy(list->text, "[");
    for (int i = 0; i < count; i++) {
        char item[32];
        int n = snprintf(item, sizeof item, "%s%" PRId64, i ? ", " : "", values[i]);
        if (length + (size_t)n > room) {
            strcpy(list->text + length, i ? ", ..." : "...");
            length = strlen(list->text);
            break;
        }
        memcpy(list->text + length, item, (size_t)n + 1);
        length += (size_t)n;
    }
    strcpy(list->text + length, "]");
    return list->text;
}

const char *faltung_version(void)
{
#define TEXT(x)   #x
#define NUMBER(x) TEXT(x)
    return NUMBER(FALTUNG_VERSION_MAJOR) "." NUMBER(FALTUNG_VERSION_MINOR) "." NUMBER(
        FALTUNG_VERSION_PATCH);
#undef NUMBER
#undef TEXT
}
