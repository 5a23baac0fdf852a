// SPDX-License-Identifier: Apache-2.0
#include "files/npy_header.h"
#include "files/shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The text not yet read.
typedef struct parser {
    const char *at;
    const char *end;
    npy_reason *reason;
} parser;

// Some characters of a header; not terminated.
typedef struct word {
    const char *text;
    int length;
} word;

static bool fail(parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(parser *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->reason->text, sizeof p->reason->text, format, arguments);
    va_end(arguments);
    return false;
}

// The next character that is no space; 0 at the end.
static char peek(parser *p)
{
    while (p->at < p->end && *p->at && strchr(" \t\n\r\f", *p->at))
        p->at++;
    return p->at < p->end ? *p->at : 0;
}

static bool accept(parser *p, char c)
{
    if (peek(p) != c)
        return false;
    p->at++;
    return true;
}

static bool equal(word w, const char *text)
{
    return (size_t)w.length == strlen(text) && memcmp(w.text, text, strlen(text)) == 0;
}

// A string in quotes of either kind. Nothing that is read contains a backslash, so none is
// understood.
static bool parse_string(parser *p, const char *what, word *w)
{
    char quote = peek(p);
    if (quote != '\'' && quote != '"')
        return fail(p, "%s is not a string", what);
    w->text = ++p->at;
    while (p->at < p->end && *p->at != quote && *p->at != '\\' && *p->at != '\n')
        p->at++;
    if (p->at == p->end || *p->at != quote)
        return fail(p, "%s is a string without an end", what);
    ptrdiff_t length = p->at++ - w->text;
    w->length = length < 40 ? (int)length : 40;
    return true;
}

static bool is_little_endian(void)
{
    const unsigned short one = 1;
    return *(const unsigned char *)&one == 1;
}

static const struct {
    faltung_dtype dtype;
    const char *name;
} types[] = {
    {FALTUNG_F16, "f2"},  {FALTUNG_F32, "f4"}, {FALTUNG_F64, "f8"}, {FALTUNG_I8, "i1"},
    {FALTUNG_U8, "u1"},   {FALTUNG_I32, "i4"}, {FALTUNG_C64, "c8"}, {FALTUNG_C128, "c16"},
    {FALTUNG_BF16, "V2"}, // as ml_dtypes has it saved: NumPy itself knows no bfloat16
};
enum { TYPES = sizeof types / sizeof *types };

// What the elements are that are not read, by the letter that NumPy gives them.
static const struct {
    char letter;
    const char *name;
} kinds[] = {
    {'f', "floating-point numbers of another width"},
    {'c', "complex numbers of another width"},
    {'i', "integers of another width"},
    {'u', "unsigned integers of another width"},
    {'b', "truth values"},
    {'V', "raw bytes, but not the two of which bfloat16 is saved as"},
    {'O', "Python objects"},
    {'S', "bytes"},
    {'U', "text"},
    {'M', "dates"},
    {'m', "time intervals"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

#define NPY_TYPES "f2, f4, f8, i1, u1, i4, c8, c16 and V2 (bfloat16)"

static bool refuse_type(parser *p, word descr, word name)
{
    int i = 0;
    while (i < KINDS && (!name.length || kinds[i].letter != *name.text))
        i++;
    return fail(p, "its elements are '%.*s' (%s); only " NPY_TYPES " are read", descr.length,
                descr.text, i < KINDS ? kinds[i].name : "not known");
}

static bool parse_descr(parser *p, npy_header *header)
{
    word descr;
    if (peek(p) == '[' || peek(p) == '(')
        return fail(p, "its elements are structured; only " NPY_TYPES " are read");
    if (!parse_string(p, "'descr'", &descr))
        return false;
    bool ordered = descr.length && *descr.text && strchr("<>=|", *descr.text);
    char order = ordered ? *descr.text : '=';
    word name = {descr.text + ordered, descr.length - ordered};
    for (int i = 0; i < TYPES; i++) {
        if (!equal(name, types[i].name))
            continue;
        header->dtype = types[i].dtype;
        header->swapped = order == (is_little_endian() ? '>' : '<');
        return true;
    }
    return refuse_type(p, descr, name);
}

static bool parse_order(parser *p, npy_header *header)
{
    static const char *const truths[] = {"False", "True"};
    peek(p);
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(truths[i]);
        if ((size_t)(p->end - p->at) < length || memcmp(p->at, truths[i], length) != 0)
            continue;
        p->at += length;
        header->fortran_order = i;
        return true;
    }
    return fail(p, "'fortran_order' is neither True nor False");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse_size(parser *p, int64_t *size)
{
    if (peek(p) == '-')
        return fail(p, "'shape' has a negative size");
    if (!is_digit(peek(p)))
        return fail(p, "'shape' is not a tuple of numbers");
    for (*size = 0; p->at < p->end && is_digit(*p->at); p->at++) {
        int digit = *p->at - '0';
        if (*size > (INT64_MAX - digit) / 10)
            return fail(p, "'shape' has a size beyond 64 bits");
        *size = *size * 10 + digit;
    }
    if (p->at < p->end && *p->at == 'L')
        p->at++;
    return true;
}

static bool parse_shape(parser *p, npy_header *header)
{
    if (!accept(p, '('))
        return fail(p, "'shape' is not a tuple");
    bool comma = true;
    for (header->rank = 0; !accept(p, ')'); header->rank++) {
        if (!comma)
            return fail(p, "'shape' has no ',' or ')' where one is expected");
        if (header->rank == FALTUNG_MAX_RANK)
            return fail(p, "it has more than %d axes", FALTUNG_MAX_RANK);
        if (!parse_size(p, &header->shape[header->rank]))
            return false;
        comma = accept(p, ',');
    }
    // To Python "(3)" is the number 3.
    return header->rank != 1 || comma || fail(p, "'shape' is not a tuple");
}

static const struct {
    const char *name;
    bool (*parse)(parser *p, npy_header *header);
} keys[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool parse_item(parser *p, npy_header *header, bool seen[KEYS])
{
    word key;
    if (!parse_string(p, "a key", &key))
        return false;
    int i = 0;
    while (i < KEYS && !equal(key, keys[i].name))
        i++;
    if (i == KEYS)
        return fail(p, "the key '%.*s' is not known", key.length, key.text);
    if (seen[i])
        return fail(p, "'%s' is there twice", keys[i].name);
    seen[i] = true;
    if (!accept(p, ':'))
        return fail(p, "'%s' has no value", keys[i].name);
    return keys[i].parse(p, header);
}

bool npy_header_parse(const char *text, size_t length, npy_header *header, npy_reason *reason)
{
    parser p = {text, text + length, reason};
    bool seen[KEYS] = {false};
    if (!accept(&p, '{'))
        return fail(&p, "its header is not a dictionary");
    bool comma = true;
    while (!accept(&p, '}')) {
        if (!comma)
            return fail(&p, "its header has no ',' or '}' where one is expected");
        if (!parse_item(&p, header, seen))
            return false;
        comma = accept(&p, ',');
    }
    if (peek(&p) || p.at < p.end)
        return fail(&p, "its header goes on after the dictionary");
    for (int i = 0; i < KEYS; i++)
        if (!seen[i])
            return fail(&p, "'%s' is missing", keys[i].name);
    return true;
}

// NumPy leaves as many spaces as the largest size would take more digits than the first axis has.
static int room_to_grow(int rank, const int64_t *shape)
{
    enum { MOST_DIGITS = 21 };
    return rank ? MOST_DIGITS - snprintf(NULL, 0, "%lld", (long long)shape[0]) : 0;
}

// A single byte has no order.
static char order_of(faltung_dtype dtype)
{
    return faltung_dtype_size(dtype) == 1 ? '|' : is_little_endian() ? '<' : '>';
}

size_t npy_header_write(char text[NPY_HEADER_ROOM], faltung_dtype dtype, int rank,
                        const int64_t *shape)
{
    enum { PREFIX = 10, ALIGNMENT = 64 };
    int type = 0;
    while (type < TYPES - 1 && types[type].dtype != dtype)
        type++;
    shape_text shape_as_text;
    int length = snprintf(text + PREFIX, NPY_HEADER_ROOM - PREFIX,
                          "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }%*s",
                          order_of(types[type].dtype), types[type].name,
                          shape_write(&shape_as_text, rank, shape), room_to_grow(rank, shape), "");
    size_t used = PREFIX + (size_t)length + 1;
    size_t total = used + ALIGNMENT - used % ALIGNMENT;
    memset(text + PREFIX + length, ' ', total - PREFIX - (size_t)length);
    text[total - 1] = '\n';
    memcpy(text, "\x93NUMPY\x01\x00", 8);
    text[8] = (char)((total - PREFIX) & 0xff);
    text[9] = (char)((total - PREFIX) >> 8);
    return total;
}
