// SPDX-License-Identifier: Apache-2.0
//
// The texts made from the tables of commands and options: help, the man page, completion.
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *options; // that its help must mention
} commands[] = {
    {"conv1d", "--stride --padding --dilation --groups --threads --accuracy --output --force"},
    {"conv2d", "--workspace-limit --stride --padding --dilation --groups --threads --accuracy "
               "--output --force"},
    {"conv3d", "--stride --padding --dilation --groups --threads --accuracy --output --force"},
    {"conv_transpose1d", "--stride --padding --output-padding --output-size --threads --accuracy"},
    {"conv_transpose2d", "--stride --padding --output-padding --output-size --threads --accuracy"},
    {"conv_transpose3d", "--stride --padding --output-padding --output-size --threads --accuracy"},
    {"conv1d_input", "--stride --padding --dilation --groups --input-size --threads --output"},
    {"conv2d_weight", "--stride --padding --dilation --groups --weight-size --threads --output"},
    {"conv1d_bias", "--threads --output --force"},
    {"conv_transpose2d_bias", "--threads --output --force"},
    {"conv_transpose3d_weight", "--stride --padding --dilation --groups --weight-size --output"},
    {"unfold", "--kernel --stride --padding --dilation --axes --threads --output --force"},
    {"fold", "--kernel --stride --padding --dilation --axes --output-size --output --force"},
    {"size", "--input --kernel --stride --padding --dilation --transposed --output-padding --json"},
    {"padding", "--input --kernel --stride --dilation --rule --unique --explain --json"},
    {"plot", "--input --kernel --stride --dilation --output --force"},
    {"draw",
     "--input --kernel --stride --padding --transposed --output-padding --animate --output"},
    {"randn", "--seed --dtype --output --force"},
    {"array", "--shape --dtype --output --force"},
    {"show", "--json"},
    {"info", "--json"},
    {"compare", "--rtol --atol --equal-nan --json"},
    {"explain", "--threads --accuracy --json"},
    {"bench", "--table --list --file --seconds --threads --accuracy --check --json"},
    {"man", "--help"},
    {"completion", "--help"},
    {"help", "--help"},
};

static void assert_lines_fit(const char *line)
{
    for (const char *at = ran.out; *at; at += strcspn(at, "\n") + 1)
        if (strcspn(at, "\n") > 80)
            fail_msg("%s: more than 80 columns: %.*s", line, (int)strcspn(at, "\n"), at);
}

static void every_command_has_help_with_an_example_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        char line[128], words[256], begin[64];
        snprintf(line, sizeof line, "faltung %s --help", commands[i].name);
        snprintf(begin, sizeof begin, "faltung %s", commands[i].name);
        snprintf(words, sizeof words, "%s --help --version", commands[i].options);
        succeed("%s", line);
        assert_in_range(strstr(ran.out, begin) - ran.out, 0, strcspn(ran.out, "\n"));
        assert_non_null(strstr(ran.out, "\nusage: faltung "));
        assert_lines_fit(line);
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
            if (!strstr(strstr(ran.out, "\noptions:\n"), word))
                fail_msg("%s: no word about %s", line, word);
        char *help = strdup(ran.out);
        snprintf(line, sizeof line, "faltung help %s", commands[i].name);
        assert_prints(line, help);
        snprintf(line, sizeof line, "faltung %s -h", commands[i].name);
        assert_prints(line, help);
        free(help);
    }
}

static void the_overview_names_every_command(void **state)
{
    (void)state;
    succeed("faltung --help");
    assert_lines_fit("faltung --help");
    for (size_t i = 0; i < COUNT(commands); i++) {
        char begin[64];
        snprintf(begin, sizeof begin, "\n  %s ", commands[i].name);
        assert_non_null(strstr(ran.out, begin));
    }
    char *help = strdup(ran.out);
    assert_prints("faltung help", help);
    assert_prints("faltung -h", help);
    free(help);
}

static void the_version_is_printed_by_every_command(void **state)
{
    (void)state;
    succeed("faltung --version");
    assert_memory_equal(ran.out, "faltung ", strlen("faltung "));
    assert_int_equal(strspn(ran.out + strlen("faltung "), "0123456789."),
                     ran.out_length - strlen("faltung ") - 1);
    char *version = strdup(ran.out);
    for (size_t i = 0; i < COUNT(commands); i++) {
        char line[128];
        snprintf(line, sizeof line, "faltung %s --version", commands[i].name);
        assert_prints(line, version);
    }
    free(version);
}

static void help_goes_before_what_is_missing(void **state)
{
    (void)state;
    assert_says("faltung conv2d x.npy --help", "usage: faltung conv2d");
    assert_says("faltung size --input 8 --help --bogus", "usage: faltung size");
}

static void the_man_page_renders_without_warnings(void **state)
{
    (void)state;
    assert_prints("faltung man >faltung.1", "");
    if (!has_program("groff"))
        skip();
    succeed("groff -ww -man -Tutf8 -P-cbou faltung.1 2>&1 >page");
    assert_string_equal(ran.out, "");
    for (size_t i = 0; i < COUNT(commands); i++) {
        run("grep -q '%s' page", commands[i].name);
        assert_int_equal(ran.status, 0);
    }
    static const char *const variables[] = {"OMP_NUM_THREADS", "FALTUNG_ISA", "NO_COLOR", "COLUMNS",
                                            "TMPDIR"};
    for (size_t i = 0; i < COUNT(variables); i++) {
        run("grep -q '%s' page", variables[i]);
        assert_int_equal(ran.status, 0);
    }
    // What is to be typed stays what it is: no typographic quotes or dashes.
    succeed("groff -ww -man -Tutf8 -P-c faltung.1 | grep -- \"faltung array '1,0,-1;2,0,-2\"");
}

// What bash completes at the end of a line of words.
static void assert_completes(const char *words, const char *expected)
{
    succeed("bash -c 'source completion; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); "
            "_faltung; printf \"%%s\\n\" \"${COMPREPLY[@]}\"'",
            words);
    if (strcmp(ran.out, expected) != 0)
        fail_msg("%s: completed as \"%s\", not \"%s\"", words, ran.out, expected);
}

static void bash_completes_commands_options_and_names(void **state)
{
    (void)state;
    assert_prints("faltung completion bash >completion", "");
    if (!has_program("bash"))
        skip();
    assert_prints("bash -n completion", "");
    assert_completes("faltung conv_transpose1", "conv_transpose1d\nconv_transpose1d_input\nconv_"
                                                "transpose1d_weight\nconv_transpose1d_bias\n");
    assert_completes("faltung --v", "--version\n");
    assert_completes("faltung size --inp", "--input\n--input-dilation\n");
    assert_completes("faltung conv2d --acc", "--accuracy\n");
    assert_completes("faltung conv2d x --padding same_s", "same_symmetric\n");
    assert_completes("faltung conv2d --accuracy e", "exact\n");
    assert_completes("faltung conv2d x --padding = same_s", "same_symmetric\n");
    assert_completes("faltung conv2d x --accuracy =", "exact\nbalanced\nfast\n");
    assert_completes("faltung plot \"\"", "padding\n");
    assert_completes("faltung completion z", "zsh\n");
    assert_completes("faltung help conv_transpose3d_i", "conv_transpose3d_input\n");
    assert_completes("faltung plot padding -o compl", "completion\n");
    assert_completes("faltung show compl", "completion\n");
    assert_completes("faltung array 1 -o compl", "completion\n");
    assert_completes("faltung bench --file compl", "completion\n");
}

static void zsh_takes_its_completion(void **state)
{
    (void)state;
    assert_says("faltung completion zsh >completion; head -n 1 completion", "#compdef faltung\n");
    if (!has_program("zsh"))
        skip();
    assert_prints("zsh -n completion", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(every_command_has_help_with_an_example_first),
        program_test(the_overview_names_every_command),
        program_test(the_version_is_printed_by_every_command),
        program_test(help_goes_before_what_is_missing),
        program_test(the_man_page_renders_without_warnings),
        program_test(bash_completes_commands_options_and_names),
        program_test(zsh_takes_its_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
