// SPDX-License-Identifier: Apache-2.0
//
// Completion scripts for shells, from the tables of commands and options.
#include "commands/run.h"

#include <ctype.h>
#include <string.h>

// Whether the option's value is a file, which shells complete by themselves.
static bool is_file(const option_spec *spec)
{
    return spec->argument && strcmp(spec->argument, "FILE") == 0;
}

static void put_options(FILE *out, const command *c, const char *separator)
{
    bool first = true;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (c->options >> id & 1) {
            fprintf(out, "%s--%s", first ? "" : separator, option_specs[id].name);
            first = false;
        }
}

static void put_words(FILE *out, const char *words)
{
    for (; *words; words++)
        fputc(*words == '|' ? ' ' : *words, out);
}

static void put_command_names(FILE *out)
{
    for (int i = 0; i < command_count; i++)
        fprintf(out, "%s%s", i ? " " : "", commands[i].name);
}

// Whether the command's operand is one of some names: of those in its synopsis, which are in small
// letters, or of the commands.
static bool takes_names(const command *c)
{
    return islower((unsigned char)c->operands[0]) || strcmp(c->operands, "[COMMAND]") == 0;
}

static void put_operand_names(FILE *out, const command *c)
{
    if (islower((unsigned char)c->operands[0]))
        put_words(out, c->operands);
    else
        put_command_names(out);
}

// The shell takes "--padding=same" for three words.
static void put_bash_begin(FILE *out)
{
    fputs("# bash completion for faltung; made by `faltung completion bash`\n"
          "_faltung() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} words= names=\n"
          "    [[ $word != '=' ]] || word=\n"
          "    [[ $before != '=' ]] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W '",
          out);
    put_command_names(out);
    fputs(" --help --version' -- \"$word\"))\n        return\n    fi\n", out);
}

static void put_bash(FILE *out)
{
    put_bash_begin(out);
    fputs("    case $before in\n", out);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option_spec *spec = &option_specs[id];
        if (!spec->argument || is_file(spec))
            continue;
        fprintf(out, "    --%s) COMPREPLY=($(compgen -W '", spec->name);
        put_words(out, spec->words ? spec->words : "");
        fputs("' -- \"$word\")); return ;;\n", out);
    }
    fputs("    esac\n    case $command in\n", out);
    for (int i = 0; i < command_count; i++) {
        fprintf(out, "    %s) words='", commands[i].name);
        put_options(out, &commands[i], " ");
        fputc('\'', out);
        if (takes_names(&commands[i])) {
            fputs(" names='", out);
            put_operand_names(out, &commands[i]);
            fputc('\'', out);
        }
        fputs(" ;;\n", out);
    }
    fputs("    esac\n"
          "    if [[ $word == -* && $before != -o && $before != --output && $before != --file ]]; "
          "then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    elif [[ $names && $before != -o && $before != --output ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n"
          "    else\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -F _faltung faltung\n",
          out);
}

// Inside a zsh specification quotes, brackets and colons mean something.
static void put_zsh_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

// The option's names, as a word that ends within quotes. One with a letter goes by either name, and
// only once unless it `repeats`.
static void put_zsh_names(FILE *out, const option_spec *spec, bool repeats)
{
    const char *value = spec->argument ? "=" : "";
    if (!spec->letter)
        fprintf(out, "'--%s%s", spec->name, value);
    else if (repeats)
        fprintf(out, "'*'{-%c,--%s%s}'", spec->letter, spec->name, value);
    else
        fprintf(out, "'(-%c --%s)'{-%c,--%s%s}'", spec->letter, spec->name, spec->letter,
                spec->name, value);
}

static void put_zsh_option(FILE *out, const command *c, const option_spec *spec)
{
    fputs(" \\\n            ", out);
    put_zsh_names(out, spec, c->run == run_randn && spec->letter == 'o');
    fputc('[', out);
    put_zsh_text(out, spec->help);
    fputc(']', out);
    if (spec->argument) {
        fputc(':', out);
        put_zsh_text(out, spec->argument);
        fputc(':', out);
        if (is_file(spec)) {
            fputs("_files", out);
        } else if (spec->words) {
            fputc('(', out);
            put_words(out, spec->words);
            fputc(')', out);
        }
    }
    fputc('\'', out);
}

static void put_zsh(FILE *out)
{
    fputs("#compdef faltung\n# zsh completion for faltung; made by `faltung completion zsh`\n"
          "_faltung() {\n"
          "    local -a commands=(\n",
          out);
    for (int i = 0; i < command_count; i++) {
        fprintf(out, "        '%s:", commands[i].name);
        put_zsh_text(out, commands[i].summary);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    ((CURRENT--))\n"
          "    case $command in\n",
          out);
    for (int i = 0; i < command_count; i++) {
        fprintf(out, "    %s)\n        _arguments", commands[i].name);
        for (int id = 0; id < OPTION_COUNT; id++)
            if (commands[i].options >> id & 1)
                put_zsh_option(out, &commands[i], &option_specs[id]);
        fputs(" \\\n            '", out);
        if (takes_names(&commands[i])) {
            fputs("1:name:(", out);
            put_operand_names(out, &commands[i]);
            fputs(")' ;;\n", out);
        } else {
            fputs("*:file:_files' ;;\n", out);
        }
    }
    fputs("    esac\n}\n"
          "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _faltung \"$@\"; "
          "else compdef _faltung faltung; fi\n",
          out);
}

int run_completion(session *s, const command *c, const options *o)
{
    static const struct {
        const char *shell;
        void (*put)(FILE *out);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}};
    (void)c;
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(o->operand[0], shells[i].shell) == 0) {
            shells[i].put(s->out);
            return EXIT_DONE;
        }
    return refuse(s, EXIT_USAGE, "shell '%s': allowed is bash or zsh", o->operand[0]);
}
