// SPDX-License-Identifier: Apache-2.0
//
// The functions behind the commands' names, for the table in commands.c.
#ifndef CLI_COMMANDS_RUN_H
#define CLI_COMMANDS_RUN_H

#include "commands.h"

int run_array(session *s, const command *c, const options *o);
int run_bench(session *s, const command *c, const options *o);
int run_bias(session *s, const command *c, const options *o);
int run_compare(session *s, const command *c, const options *o);
int run_completion(session *s, const command *c, const options *o);
int run_convolve(session *s, const command *c, const options *o);
int run_draw(session *s, const command *c, const options *o);
int run_errors(session *s, const command *c, const options *o);
int run_explain(session *s, const command *c, const options *o);
int run_finish(session *s, const command *c, const options *o);
int run_fold(session *s, const command *c, const options *o);
int run_help(session *s, const command *c, const options *o);
int run_info(session *s, const command *c, const options *o);
int run_man(session *s, const command *c, const options *o);
int run_padding(session *s, const command *c, const options *o);
int run_plot(session *s, const command *c, const options *o);
int run_randn(session *s, const command *c, const options *o);
int run_show(session *s, const command *c, const options *o);
int run_size(session *s, const command *c, const options *o);
int run_tour(session *s, const command *c, const options *o);
int run_unfold(session *s, const command *c, const options *o);

#endif
