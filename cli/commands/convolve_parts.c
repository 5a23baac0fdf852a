// SPDX-License-Identifier: Apache-2.0
#include "commands/convolve.h"

#include "geometry.h"
#include "parts/run.h"
#include "parts/store.h"

#include <string.h>
#include <sys/stat.h>

// What a shard takes where no bound is given.
static const size_t usual_memory = (size_t)1 << 30;

bool is_in_parts(const session *s, const options *o)
{
    return s->team || was_given(o, OPTION_MEMORY) || was_given(o, OPTION_SHARD);
}

// Files only: parts are read and written at their places.
static int check_paths(session *s, const options *o)
{
    const char *const paths[] = {o->output[0], o->operand[INPUT], o->operand[WEIGHT],
                                 was_given(o, OPTION_RESIDUAL) ? o->residual : ""};
    struct stat status;
    if (s->team && was_given(o, OPTION_SHARD))
        return refuse(s, EXIT_USAGE, "--shard: the processes are the parts");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(paths[i], "-") == 0)
            return refuse(s, EXIT_USAGE,
                          "--memory and --shard need files, not standard input or output");
    if (array_is_picture(o->output[0]))
        return refuse(s, EXIT_USAGE, "--memory and --shard write .npy files, not pictures: '%s'",
                      o->output[0]);
    if (stat(o->output[0], &status) == 0 && !S_ISREG(status.st_mode))
        return refuse(s, EXIT_REFUSED, "cannot write '%s' part by part: it is no regular file",
                      o->output[0]);
    return EXIT_DONE;
}

// The first of a team puts the output in place when all have done their parts.
static int finish_together(session *s, const options *o)
{
    int status = EXIT_DONE;
    s->team->wait();
    if (s->team->rank == 0)
        status = parts_finish(s, o->output[0], o->force);
    return status;
}

// As much as there can be, where more was named.
static size_t memory_of(const options *o)
{
    if (!was_given(o, OPTION_MEMORY))
        return usual_memory;
    return (uint64_t)o->memory < SIZE_MAX ? (size_t)o->memory : SIZE_MAX;
}

int compute_parts(session *s, const options *o, const faltung_conv *conv, const array *operand)
{
    const faltung_tensor *input = &operand[INPUT].tensor;
    int64_t shape[FALTUNG_MAX_AXES + 2];
    faltung_message message;
    if (faltung_output_shape(conv, input, &operand[WEIGHT].tensor, shape, &message))
        return refuse_message(s, &message);
    const int rank = is_of_weight(conv) ? conv->axes + 2 : input->rank;
    int status = check_result_shape(s, o, conv, rank, shape);
    if (!status)
        status = array_check(s, o->output[0], rank, shape);
    const parts_request request = {
        .conv = conv,
        .input = o->operand[INPUT],
        .residual = was_given(o, OPTION_RESIDUAL) ? o->residual : NULL,
        .output = o->output[0],
        .grad_output = is_of_weight(conv) ? o->operand[WEIGHT] : NULL,
        .weight = is_of_weight(conv) ? NULL : &operand[WEIGHT],
        .bias = o->operands > BIAS ? &operand[BIAS] : NULL,
        .rank = rank,
        .shape = shape,
        .memory = memory_of(o),
        .part = s->team ? (shard){s->team->rank, s->team->size}
                        : (shard){o->shard.index, o->shard.count},
        .force = o->force,
        .json = o->json,
        .kind = s->team ? s->team->store : &posix_store,
    };
    if (!status)
        status = parts_run(s, &request);
    return status || !s->team ? status : finish_together(s, o);
}

int read_for_parts(session *s, const options *o, const faltung_conv *conv, array *operand,
                   int *count)
{
    int status = check_paths(s, o);
    operand[INPUT].memory = NULL;
    if (!status)
        status = parts_read_shape(s, &operand[INPUT], o->operand[INPUT]);
    for (*count = !status; !status && *count < o->operands; *count += !status)
        status = is_of_weight(conv) ? parts_read_shape(s, &operand[*count], o->operand[*count])
                                    : array_read(s, &operand[*count], o->operand[*count]);
    return status;
}
