// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/shape.h"
#include "geometry.h"
#include "json.h"

#include <inttypes.h>

// One algorithm, why it is taken or not, and what it would take.
static void print_algorithm(session *s, const faltung_explanation *e, int i)
{
    fprintf(s->out, "%s %s: %s", i == e->chosen ? "->" : "  ", e->algorithm[i], e->reason[i]);
    if (e->work[i] > 0)
        fprintf(s->out, " (about the time of %.3g multiply-adds)", e->work[i]);
    fputc('\n', s->out);
}

static void print_text(session *s, const char *problem, int axes, bool transposed,
                       const faltung_explanation *e)
{
    shape_text shape;
    fprintf(s->out, "%s\n", problem);
    fprintf(s->out, "output         %s\n", shape_write(&shape, e->rank, e->output_shape));
    fputs("padding        ", s->out);
    for (int i = 0; i < axes; i++) {
        print_padding(s->out, e->padding[i]);
        fputc(i + 1 < axes ? ',' : '\n', s->out);
    }
    if (transposed) {
        fputs("output padding ", s->out);
        for (int i = 0; i < axes; i++)
            fprintf(s->out, "%" PRId64 "%c", e->output_padding[i], i + 1 < axes ? ',' : '\n');
    }
    fprintf(s->out, "multiply-adds  %.0f\n", e->multiply_adds);
    fprintf(s->out, "operands       %.0f bytes (input, weight and output, each once)\n", e->bytes);
    fprintf(s->out, "moved          %.0f bytes (with packed copies, and weights for every block)\n",
            e->bytes_moved);
    fprintf(s->out, "packed         %zu bytes of weight and bias\n", e->packed_bytes);
    fprintf(s->out, "workspace      %zu bytes", e->workspace_bytes);
    if (e->workspace_bytes != e->workspace_wanted)
        fprintf(s->out, " (%zu without the limit)", e->workspace_wanted);
    fputc('\n', s->out);
    fprintf(s->out, "threads        %d\n", e->threads);
    fprintf(s->out, "kernels        %s\n", e->instruction_set);
    fprintf(s->out, "block          %s\n", shape_write(&shape, e->rank, e->block));
    fprintf(s->out, "%-14s %s\n", e->algorithm[e->chosen], e->how);
    fputs("algorithms, in the order considered:\n", s->out);
    for (int i = 0; i < e->algorithms; i++)
        print_algorithm(s, e, i);
}

static void print_json(session *s, const char *problem, int axes, const faltung_explanation *e)
{
    json j = json_begin(s->out);
    json_text(&j, "problem", problem);
    json_integers(&j, "output", e->rank, e->output_shape);
    json_paddings(&j, "padding", axes, e->padding);
    json_integers(&j, "output_padding", axes, e->output_padding);
    json_number(&j, "multiply_adds", e->multiply_adds);
    json_number(&j, "bytes", e->bytes);
    json_number(&j, "bytes_moved", e->bytes_moved);
    json_integer(&j, "packed_bytes", (int64_t)e->packed_bytes);
    json_integer(&j, "workspace_bytes", (int64_t)e->workspace_bytes);
    json_integer(&j, "workspace_wanted", (int64_t)e->workspace_wanted);
    json_integer(&j, "threads", e->threads);
    json_text(&j, "instruction_set", e->instruction_set);
    json_texts(&j, "algorithms", e->algorithms, e->algorithm);
    json_texts(&j, "reasons", e->algorithms, e->reason);
    json_numbers(&j, "work", e->algorithms, e->work);
    json_text(&j, "chosen", e->algorithm[e->chosen]);
    json_integers(&j, "block", e->rank, e->block);
    json_text(&j, "how", e->how);
    json_end(&j);
}

int run_explain(session *s, const command *c, const options *o)
{
    (void)c;
    faltung_problem problem;
    faltung_explanation explanation;
    faltung_message message;
    char canonical[1024];
    if (faltung_problem_parse(o->operand[0], &problem, &message))
        return refuse(s, EXIT_USAGE, "%s", message.text);
    problem.conv.accuracy = o->accuracy;
    problem.conv.algorithm = o->algorithm;
    problem.conv.threads = (int)o->threads;
    problem.conv.workspace_limit = (size_t)o->workspace_limit;
    faltung_call call;
    if (faltung_problem_call(&problem, &call, &message))
        return refuse_message(s, &message);
    const faltung_tensor input = {NULL, call.dtype, call.input_rank, call.input_shape,
                                  call.input_strides};
    const faltung_tensor weight = {NULL, call.weight_dtype, call.weight_rank, call.weight_shape,
                                   call.weight_strides};
    if (faltung_explain(&call.conv, &input, &weight, &explanation, &message) ||
        faltung_problem_format(&problem, canonical, sizeof canonical, &message))
        return refuse_message(s, &message);
    bool transposed = problem.conv.operation == FALTUNG_CONV_TRANSPOSE;
    if (o->json)
        print_json(s, canonical, problem.conv.axes, &explanation);
    else
        print_text(s, canonical, problem.conv.axes, transposed, &explanation);
    return EXIT_DONE;
}
