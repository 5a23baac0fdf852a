// SPDX-License-Identifier: Apache-2.0
#include "json_text.h"

#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// Each reader takes one thing at *text and moves behind it, or returns false.
static bool read_value(const char **text);

static void skip_blanks(const char **text)
{
    while (**text == ' ')
        ++*text;
}

static bool read_char(const char **text, char expected)
{
    skip_blanks(text);
    if (**text != expected)
        return false;
    ++*text;
    return true;
}

static bool read_string(const char **text)
{
    if (!read_char(text, '"'))
        return false;
    for (; **text && **text != '"'; ++*text) {
        if ((unsigned char)**text < 0x20)
            return false;
        if (**text == '\\' && !strchr("\"\\/bfnrtu", *++*text))
            return false;
    }
    return read_char(text, '"');
}

static bool read_digits(const char **text)
{
    const char *begin = *text;
    while (isdigit((unsigned char)**text))
        ++*text;
    return *text > begin;
}

static bool read_number(const char **text)
{
    *text += **text == '-';
    const char *begin = *text;
    if (!read_digits(text) || (*begin == '0' && *text > begin + 1))
        return false;
    if (**text == '.' && (++*text, !read_digits(text)))
        return false;
    if (**text != 'e' && **text != 'E')
        return true;
    ++*text;
    *text += **text == '-' || **text == '+';
    return read_digits(text);
}

static bool read_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    bool found = strncmp(*text, word, length) == 0;
    *text += found ? length : 0;
    return found;
}

static bool read_list(const char **text, char open, char close)
{
    if (!read_char(text, open))
        return false;
    if (read_char(text, close))
        return true;
    do {
        if (open == '{' && !(read_string(text) && read_char(text, ':')))
            return false;
        if (!read_value(text))
            return false;
    } while (read_char(text, ','));
    return read_char(text, close);
}

static bool read_value(const char **text)
{
    skip_blanks(text);
    switch (**text) {
    case '"':
        return read_string(text);
    case '[':
        return read_list(text, '[', ']');
    case '{':
        return read_list(text, '{', '}');
    }
    return read_word(text, "true") || read_word(text, "false") || read_word(text, "null") ||
           read_number(text);
}

static bool is_object(const char *text)
{
    skip_blanks(&text);
    return read_list(&text, '{', '}') && !*text;
}

void assert_json(const char *line, const char *words)
{
    assert_says(line, words);
    char *text = strdup(ran.out);
    assert_non_null(text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *each = strtok(text, "\n"); each; each = strtok(NULL, "\n"))
        if (!is_object(each))
            fail_msg("%s: not JSON: %s", line, each);
    free(text);
}
