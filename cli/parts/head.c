// SPDX-License-Identifier: Apache-2.0
#include "parts/head.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char of_weight[] = "gradient of a weight of";

static uint64_t hash_array(const array *a)
{
    int64_t count = 0;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);         // FNV-1a
    (void)faltung_tensor_count(&a->tensor, &count, NULL); // it is in memory
    const size_t bytes = (size_t)count * faltung_dtype_size(a->tensor.dtype);
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ ((const unsigned char *)a->memory)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static faltung_problem problem_of(const parts_request *r, const parts_job *job)
{
    const npy_header *input = &job->input.header;
    faltung_problem p = {.conv = *r->conv, .dtype = input->dtype};
    p.input_rank = input->rank;
    memcpy(p.input_shape, input->shape, (size_t)input->rank * sizeof *input->shape);
    p.weight_rank = r->weight ? r->weight->tensor.rank : r->rank;
    memcpy(p.weight_shape, r->weight ? r->weight->shape : r->shape,
           (size_t)p.weight_rank * sizeof *r->shape);
    if (!r->weight) // whose size the problem has as its own
        p.conv.has_output_size = false;
    return p;
}

// Adds a line to a text that has room for it.
static void add_line(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_line(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, JOURNAL_HEAD - length, format, arguments);
    va_end(arguments);
    strncat(text, "\n", JOURNAL_HEAD - strlen(text) - 1);
}

static void add_version(char *text, const char *name, const box_file *f)
{
    const file_version *v = &f->version;
    if (f->file)
        add_line(text, "%s: %" PRId64 " bytes, changed at %" PRId64 ".%09" PRId64, name, v->bytes,
                 v->seconds, v->nanoseconds);
}

static void add_weight(char *text, const parts_request *r)
{
    char shape[FALTUNG_MAX_RANK * 22] = "";
    for (int i = 0; i < r->rank; i++) {
        size_t length = strlen(shape);
        snprintf(shape + length, sizeof shape - length, "%s%" PRId64, i ? "x" : "", r->shape[i]);
    }
    add_line(text, "%s: %s", of_weight, shape);
}

int head_write(session *s, const parts_request *r, const parts_job *job, const char *algorithm,
               char head[JOURNAL_HEAD])
{
    char text[1024];
    faltung_message message;
    const faltung_problem problem = problem_of(r, job);
    if (faltung_problem_format(&problem, text, sizeof text, &message))
        return refuse(s, EXIT_REFUSED, "%s", message.text);
    *head = 0;
    add_line(head, "version of Faltung: %s", faltung_version());
    add_line(head, "convolution: %s", text);
    if (!r->weight)
        add_weight(head, r);
    add_line(head, "accuracy: %d", (int)r->conv->accuracy);
    add_line(head, "zero points: %d and %d", r->conv->input_zero_point, r->conv->weight_zero_point);
    add_line(head, "algorithm: %s", algorithm); // which matrix tiles are, where they are
    add_version(head, "input", &job->input);
    add_version(head, r->weight ? "residual" : "grad_output", &job->second);
    if (r->weight)
        add_line(head, "weight: %s, %016" PRIx64, faltung_dtype_name(r->weight->tensor.dtype),
                 hash_array(r->weight));
    if (r->bias)
        add_line(head, "bias: %016" PRIx64, hash_array(r->bias));
    add_line(head, "pixels: %" PRId64, grid_all(&job->grid).end);
    return EXIT_DONE;
}

int head_find_weight(const char *head, int64_t shape[FALTUNG_MAX_RANK])
{
    int rank = 0;
    const char *line = strstr(head, of_weight);
    if (!line || (line != head && line[-1] != '\n'))
        return 0;
    line += strlen(of_weight) + 1;
    for (char *end = NULL; rank < FALTUNG_MAX_RANK && (*line == ' ' || *line == 'x'); line = end) {
        shape[rank++] = strtoll(line + 1, &end, 10);
        if (end == line + 1)
            return 0;
    }
    return rank;
}
