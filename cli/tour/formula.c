// SPDX-License-Identifier: Apache-2.0
#include "tour/formula.h"

#include <ctype.h>
#include <string.h>

typedef struct typesetter {
    FILE *file;
    bool display;
} typesetter;

static void write_terms(const typesetter *t, const char *from, const char *to);

static bool is_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_digit(char c)
{
    return isdigit((unsigned char)c) || c == '.';
}

static bool equals(const char *from, const char *to, const char *word)
{
    return (size_t)(to - from) == strlen(word) && memcmp(from, word, strlen(word)) == 0;
}

// Behind the bracket that closes the one at `from`; `from` if none does.
static const char *group_end(const char *from, const char *to)
{
    int depth = 0;
    for (const char *c = from; c < to; c++) {
        depth += (*c == '(') - (*c == ')');
        if (depth == 0)
            return c + 1;
    }
    return from;
}

static const char *name_end(const char *from, const char *to)
{
    while (from < to && is_name(*from))
        from++;
    return from;
}

// Behind the operand that begins at `from`: a number, a name, a group, or a name with its group.
// `from` itself if it is none.
static const char *operand_end(const char *from, const char *to)
{
    const char *end = from;
    if (from < to && *from == '(')
        return group_end(from, to);
    if (from < to && is_digit(*from))
        while (end < to && is_digit(*end))
            end++;
    else
        end = name_end(from, to);
    const bool called = end > from && end < to && *end == '(' && !is_digit(*from);
    return called ? group_end(end, to) : end;
}

// ---------------------------------------------------------------------------------------- operands

// One letter is a quantity and slanted; a word is upright.
static void write_name(const typesetter *t, const char *from, const char *to)
{
    const char *index = memchr(from, '_', (size_t)(to - from));
    if (equals(from, to, "mod"))
        fputs("<mo lspace=\"0.3em\" rspace=\"0.3em\">mod</mo>", t->file);
    else if (index)
        fprintf(t->file, "<msub><mi>%.*s</mi><mi class=\"word\">%.*s</mi></msub>",
                (int)(index - from), from, (int)(to - index - 1), index + 1);
    else
        fprintf(t->file, "<mi%s>%.*s</mi>", to - from > 1 ? " class=\"word\"" : "",
                (int)(to - from), from);
}

static void write_group(const typesetter *t, const char *open, const char *from, const char *to,
                        const char *close)
{
    fprintf(t->file, "<mrow><mo>%s</mo>", open);
    write_terms(t, from + 1, to - 1);
    fprintf(t->file, "<mo>%s</mo></mrow>", close);
}

static void write_operand(const typesetter *t, const char *from, const char *to)
{
    const char *group = memchr(from, '(', (size_t)(to - from));
    if (is_digit(*from)) {
        fprintf(t->file, "<mn>%.*s</mn>", (int)(to - from), from);
    } else if (!group) {
        write_name(t, from, to);
    } else if (equals(from, group, "floor")) {
        write_group(t, "\u230a", group, to, "\u230b");
    } else if (equals(from, group, "ceil")) {
        write_group(t, "\u2308", group, to, "\u2309");
    } else if (equals(from, group, "sum_")) {
        fputs("<munder><mo>\u2211</mo><mrow>", t->file);
        write_terms(t, group + 1, to - 1);
        fputs("</mrow></munder>", t->file);
    } else {
        if (group > from)
            write_name(t, from, group);
        write_group(t, "(", group, to, ")");
    }
}

// The brackets around a whole numerator or denominator are the fraction's line.
static void write_part(const typesetter *t, const char *from, const char *to)
{
    const bool grouped = *from == '(';
    fputs("<mrow>", t->file);
    write_terms(t, from + grouped, to - grouped);
    fputs("</mrow>", t->file);
}

// Writes what begins at `from`, an operand or a fraction. Returns where it ends.
static const char *write_quotient(const typesetter *t, const char *from, const char *end,
                                  const char *to)
{
    const char *below = end < to && *end == '/' ? end + 1 : NULL;
    const char *below_end = below ? operand_end(below, to) : NULL;
    if (!t->display || !below || below_end == below) {
        write_operand(t, from, end);
        return end;
    }
    fputs("<mfrac>", t->file);
    write_part(t, from, end);
    write_part(t, below, below_end);
    fputs("</mfrac>", t->file);
    return below_end;
}

// --------------------------------------------------------------------------------------- operators

static const char *write_operator(const typesetter *t, const char *from)
{
    static const struct {
        const char *sign, *element;
    } operators[] = {
        {"<=", "<mo>\u2264</mo>"},
        {">=", "<mo>\u2265</mo>"},
        {"<", "<mo>&lt;</mo>"},
        {">", "<mo>&gt;</mo>"},
        {"&", "<mo>&amp;</mo>"},
        {"-", "<mo>\u2212</mo>"},
        {"*", "<mo>\u00b7</mo>"},
        {"[", "<mo stretchy=\"false\">[</mo>"},
        {"]", "<mo stretchy=\"false\">]</mo>"},
        {")", "<mo stretchy=\"false\">)</mo>"},
        {",   ", "<mo>,</mo><mspace width=\"2em\"></mspace>"},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strncmp(from, operators[i].sign, strlen(operators[i].sign)) == 0) {
            fputs(operators[i].element, t->file);
            return from + strlen(operators[i].sign);
        }
    fprintf(t->file, "<mo>%c</mo>", *from);
    return from + 1;
}

static void write_terms(const typesetter *t, const char *from, const char *to)
{
    while (from < to) {
        const char *end = operand_end(from, to);
        if (*from == ' ')
            from++;
        else if (end > from)
            from = write_quotient(t, from, end, to);
        else
            from = write_operator(t, from);
    }
}

void formula_write(FILE *file, const char *text, size_t length, bool display)
{
    const typesetter t = {file, display};
    fputs(display ? "<math display=\"block\"><mrow>" : "<math><mrow>", file);
    write_terms(&t, text, text + length);
    fputs("</mrow></math>", file);
}
