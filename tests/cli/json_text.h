// SPDX-License-Identifier: Apache-2.0
//
// Whether what a line prints is JSON.
#ifndef TESTS_CLI_JSON_TEXT_H
#define TESTS_CLI_JSON_TEXT_H

// Runs a line, which must succeed; asserts that every line it prints is a JSON object, and that
// these words are among them.
void assert_json(const char *line, const char *words);

#endif
