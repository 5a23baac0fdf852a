// SPDX-License-Identifier: Apache-2.0
#include "markup.h"

#include <string.h>

#define MAX_DEPTH       16
#define MAX_ATTRIBUTES  32
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:-"

void assert_contains(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in \"%s\"", words, text);
}

void assert_lacks(const char *text, const char *words)
{
    if (strstr(text, words))
        fail_msg("\"%s\" is in \"%s\"", words, text);
}

int count_words(const char *text, const char *words)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, words)); at += strlen(words))
        count++;
    return count;
}

// Part of a text.
typedef struct part {
    const char *start;
    size_t length;
} part;

static bool same_part(part a, part b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

// Takes a name that must be there.
static part take_name(const char **at)
{
    const part name = {*at, strspn(*at, NAME_CHARACTERS)};
    if (name.length == 0)
        fail_msg("a name should stand at \"%.40s\"", *at);
    *at += name.length;
    return name;
}

// Takes text up to one of the characters in `stop`, in which only entities may begin with "&".
static void take_text(const char **at, const char *stop)
{
    for (; **at && !strchr(stop, **at); (*at)++) {
        if (**at == '&' && strncmp(*at, "&amp;", 5) != 0 && strncmp(*at, "&lt;", 4) != 0 &&
            strncmp(*at, "&gt;", 4) != 0)
            fail_msg("unescaped at \"%.40s\"", *at);
    }
}

static void take_attributes(const char **at)
{
    part seen[MAX_ATTRIBUTES];
    int count = 0;
    for (; *at += strspn(*at, " \t\n"), **at && !strchr("/>", **at); (*at)++) {
        seen[count] = take_name(at);
        for (int i = 0; i < count; i++) {
            if (same_part(seen[i], seen[count]))
                fail_msg("twice: %.*s", (int)seen[i].length, seen[i].start);
        }
        assert_true(++count < MAX_ATTRIBUTES);
        const char quote[] = {(*at)[1], '<', '\0'};
        if ((*at)[0] != '=' || (quote[0] != '"' && quote[0] != '\''))
            fail_msg("a value should stand at \"%.40s\"", *at);
        *at += 2;
        take_text(at, quote);
        assert_int_equal(**at, quote[0]);
    }
}

void assert_well_formed(const char *text)
{
    part open[MAX_DEPTH];
    int depth = 0, elements = 0;
    const char *at = text;
    for (take_text(&at, "<"); *at; take_text(&at, "<")) {
        at++;
        if (*at == '/') {
            at++;
            const part name = take_name(&at);
            assert_true(depth > 0);
            if (!same_part(name, open[--depth]))
                fail_msg("%.*s is closed by %.*s", (int)open[depth].length, open[depth].start,
                         (int)name.length, name.start);
        } else {
            elements += depth == 0;
            assert_true(depth < MAX_DEPTH);
            open[depth] = take_name(&at);
            take_attributes(&at);
            depth += *at != '/';
            at += *at == '/';
        }
        assert_int_equal(*at++, '>');
    }
    assert_int_equal(depth, 0);
    assert_int_equal(elements, 1);
}

void assert_fits(const char *text, int columns)
{
    while (*text) {
        const size_t length = strcspn(text, "\n");
        if (length > (size_t)columns || (length > 0 && text[length - 1] == ' '))
            fail_msg("%zu columns of %d: \"%.*s\"", length, columns, (int)length, text);
        for (size_t i = 0; i < length; i++)
            assert_in_range(text[i], 0x20, 0x7e);
        assert_int_equal(text[length], '\n');
        text += length + 1;
    }
}
