// SPDX-License-Identifier: Apache-2.0
#include "help.h"

#include <string.h>

enum { WIDTH = 80, COMMAND_COLUMN = 20, OPTION_COLUMN = 26 };

// Prints words, broken into lines of WIDTH at most that begin at `indent`; the first line is
// already at column `at`.
static void print_wrapped(FILE *file, const char *text, int indent, int at)
{
    if (at < indent)
        fprintf(file, "%*s", indent - at, "");
    at = at < indent ? indent : at;
    for (bool first = true; *text; first = false) {
        int length = (int)strcspn(text, " ");
        if (!first && at + 1 + length > WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', file);
            at++;
        }
        fprintf(file, "%.*s", length, text);
        at += length;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', file);
}

void print_synopsis(FILE *file, const command *c)
{
    bool to_file = c->options & OPTION_BIT(OPTION_OUTPUT);
    // -o is an option proper where the result can go elsewhere: to the terminal.
    bool optional = !c->least || strcmp(c->name, "plot") == 0;
    fprintf(file, "faltung %s%s%s", c->name, c->operands[0] ? " " : "", c->operands);
    if (to_file)
        fputs(optional ? " [-o FILE]" : " -o FILE", file);
    fputs(" [options]", file);
}

void print_overview(session *s)
{
    FILE *out = s->out;
    fputs("faltung conv2d x.npy kernel.npy -o y.npy --padding same\n\n"
          "Convolutions with PyTorch's functional semantics, and their sizes and paddings.\n\n"
          "usage: faltung COMMAND [operands] [options]\n\ncommands:\n",
          out);
    for (int i = 0; i < command_count; i++) {
        int at = fprintf(out, "  %s ", commands[i].name);
        print_wrapped(out, commands[i].summary, COMMAND_COLUMN, at);
    }
    fputs("\nfaltung COMMAND --help explains a command; faltung --version prints the version.\n"
          "Exit status: 0 success, 1 failure, 2 usage, 3 bad input file.\n",
          out);
}

static void print_option(FILE *out, const option_spec *spec)
{
    int at = fprintf(out, "  ");
    if (spec->letter)
        at += fprintf(out, "-%c, ", spec->letter);
    at += fprintf(out, "--%s%s%s ", spec->name, spec->argument ? " " : "",
                  spec->argument ? spec->argument : "");
    print_wrapped(out, spec->help, OPTION_COLUMN, at);
}

int print_help(session *s, const command *c)
{
    FILE *out = s->out;
    fprintf(out, "%s\n\nusage: ", c->example);
    print_synopsis(out, c);
    fputs("\n\n", out);
    print_wrapped(out, c->summary, 0, 0);
    if (c->details) {
        fputc('\n', out);
        print_wrapped(out, c->details, 0, 0);
    }
    fputs("\noptions:\n", out);
    for (int id = 0; id < OPTION_COUNT; id++)
        if (c->options >> id & 1)
            print_option(out, &option_specs[id]);
    return EXIT_DONE;
}
