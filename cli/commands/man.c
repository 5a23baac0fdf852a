// SPDX-License-Identifier: Apache-2.0
//
// The manual page, from the tables of commands and options.
#include "commands/run.h"

#include "help.h"

// Text in roff: dashes, backslashes and quotes are escaped, because they are to be typed as they
// are, and no line begins like a request.
static void put(FILE *out, const char *text)
{
    bool line_begins = true;
    for (const char *c = text; *c; c++) {
        if (line_begins && *c == '.')
            fputs("\\&", out);
        if (*c == '-')
            fputs("\\-", out);
        else if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '\'')
            fputs("\\(aq", out);
        else
            fputc(*c, out);
        line_begins = *c == '\n';
    }
}

static void put_option(FILE *out, const option_spec *spec)
{
    fputs(".TP\n\\fB", out);
    if (spec->letter)
        fprintf(out, "\\-%c\\fR, \\fB", spec->letter);
    fputs("\\-\\-", out);
    put(out, spec->name);
    fputs("\\fR", out);
    if (spec->argument) {
        fputs(" \\fI", out);
        put(out, spec->argument);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put(out, spec->help);
    fputs(".\n", out);
}

static void put_command(FILE *out, const command *c)
{
    fputs(".SS ", out);
    put(out, c->name);
    if (c->operands[0]) {
        fputs(" \\fI", out);
        put(out, c->operands);
        fputs("\\fR", out);
    }
    fputs("\n", out);
    put(out, c->summary);
    fputs(".\n", out);
    if (c->details) {
        put(out, c->details);
        fputc('\n', out);
    }
    fputs(".PP\n.nf\n", out);
    put(out, c->example);
    fputs("\n.fi\n.PP\nOptions:", out);
    for (int id = 0; id < OPTION_COUNT; id++)
        if (c->options >> id & 1) {
            fputs(" \\fB\\-\\-", out);
            put(out, option_specs[id].name);
            fputs("\\fR", out);
        }
    fputs(".\n", out);
}

static void put_environment(FILE *out)
{
    static const char *const variables[][2] = {
        {"OMP_NUM_THREADS",
         "The most threads to use where --threads is not given; without it there "
         "is one for each processor. bench uses one."},
        {"FALTUNG_ISA",
         "The instruction set to use: amx, avx512, avx2, neon or scalar. The best that "
         "the processor has is used without it; the result does not depend on it, but for bf16 by "
         "amx."},
        {"NO_COLOR", "If it is not empty, nothing is coloured or bold."},
        {"COLUMNS", "The width of the terminal, where that is not known."},
        {"TMPDIR", "Where tour works if it is given no folder."},
    };
    fputs(".SH ENVIRONMENT\n", out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        fprintf(out, ".TP\n\\fB%s\\fR\n", variables[i][0]);
        put(out, variables[i][1]);
        fputc('\n', out);
    }
}

int run_man(session *s, const command *c, const options *o)
{
    (void)c;
    (void)o;
    FILE *out = s->out;
    fprintf(out, ".\\\" made by `faltung man`\n.TH FALTUNG 1 \"\" \"faltung %s\"\n",
            faltung_version());
    fputs(".SH NAME\nfaltung \\- convolutions with PyTorch's functional semantics\n"
          ".SH SYNOPSIS\n.B faltung\n.I COMMAND\n[operands] [options]\n"
          ".SH DESCRIPTION\nComputes convolutions of arrays in files, and the sizes and paddings "
          "that go with them. Data goes to standard output, all else to standard error. Nothing "
          "is overwritten without \\fB\\-\\-force\\fR, and an output appears under its name only "
          "when it is complete. Values per axis are joined by commas and stand in the order "
          "height, width (depth, height, width); \\fIbegin\\fR:\\fIend\\fR gives the two sides of "
          "an axis; shapes are written 1x64x56x56.\n.SH COMMANDS\n",
          out);
    for (int i = 0; i < command_count; i++)
        put_command(out, &commands[i]);
    fputs(".SH OPTIONS\n", out);
    for (int id = 0; id < OPTION_COUNT; id++)
        put_option(out, &option_specs[id]);
    put_environment(out);
    fputs(".SH EXIT STATUS\n0 success, 1 failure, 2 usage, 3 bad input file. \\fBcompare\\fR: 1 if "
          "the arrays differ.\n",
          out);
    return EXIT_DONE;
}
