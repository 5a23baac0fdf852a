// SPDX-License-Identifier: Apache-2.0
#include "commands/run.h"

#include "files/array.h"
#include "files/shape.h"
#include "geometry.h"
#include "json.h"

#include <inttypes.h>

static int describe_file(session *s, const options *o)
{
    array a;
    shape_text shape;
    int64_t count;
    int status = array_read(s, &a, o->operand[0]);
    if (status)
        return status;
    const faltung_tensor *t = &a.tensor;
    faltung_tensor_count(t, &count, NULL);
    if (o->json) {
        json j = json_begin(s->out);
        json_text(&j, "dtype", faltung_dtype_name(t->dtype));
        json_integers(&j, "shape", t->rank, t->shape);
        json_integer(&j, "elements", count);
        json_integer(&j, "bytes", count * (int64_t)faltung_dtype_size(t->dtype));
        json_end(&j);
    } else {
        fprintf(s->out, "%s %s\n", faltung_dtype_name(t->dtype),
                shape_write(&shape, t->rank, t->shape));
    }
    array_free(&a);
    return EXIT_DONE;
}

// The algorithms there are and the kernels in use for a type, as any problem lists them.
static int find_algorithms(session *s, faltung_dtype dtype, faltung_explanation *explanation)
{
    const faltung_conv conv = FALTUNG_CONV1D;
    const int64_t shape[] = {1, 1, 1};
    const faltung_tensor one = {NULL, dtype, 3, shape, NULL};
    faltung_message message;
    if (faltung_explain(&conv, &one, &one, explanation, &message))
        return refuse_message(s, &message); // FALTUNG_ISA may name what is not there
    return EXIT_DONE;
}

int run_info(session *s, const command *c, const options *o)
{
    (void)c;
    if (o->operands)
        return describe_file(s, o);
    faltung_explanation explanation, of_halves;
    int status = find_algorithms(s, FALTUNG_F32, &explanation);
    if (!status)
        status = find_algorithms(s, FALTUNG_BF16, &of_halves);
    if (status)
        return status;
    if (o->json) {
        json j = json_begin(s->out);
        json_text(&j, "version", faltung_version());
        json_texts(&j, "algorithms", explanation.algorithms, explanation.algorithm);
        json_text(&j, "instruction_set", explanation.instruction_set);
        json_text(&j, "instruction_set_bf16_i8_u8", of_halves.instruction_set);
        json_end(&j);
        return EXIT_DONE;
    }
    fprintf(s->out, "faltung %s\nalgorithms:", faltung_version());
    for (int i = 0; i < explanation.algorithms; i++)
        fprintf(s->out, "%s %s", i ? "," : "", explanation.algorithm[i]);
    fprintf(s->out,
            "\nkernels: %s; bf16, i8 and u8: %s\ntypes: f32, f64, f16 and bf16 (stored; sums are "
            "wider), i8 and u8 (summed in i32), c64, c128\n",
            explanation.instruction_set, of_halves.instruction_set);
    return EXIT_DONE;
}
