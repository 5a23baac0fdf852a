// SPDX-License-Identifier: Apache-2.0
//
// How exact convolutions are. An error is relative to what rounding could do at all: to the sum of
// the absolute values of an output's products, in units of half the distance of neighbouring
// numbers of the type that is stored. What is expected is computed in f64 of the same operands.
#include "commands/run.h"

#include "errors/data.h"
#include "files/array.h"
#include "json.h"
#include "rounding.h"
#include "values.h"

#include <math.h>
#include <string.h>

// One for each algorithm, of shapes of known networks; all quick.
static const char *const published[] = {
    "conv2d:1x64x28x28,64x64x3x3,padding=1",
    "conv2d:1x512x14x14,64x512x3x3,padding=1",
    "conv2d:1x64x28x28,64x64x5x5,padding=2",
    "conv2d:1x3x200x200,3x3x31x31,padding=15",
    "conv2d:1x3x64x64,64x3x7x7,stride=2,padding=3",
    "conv2d:1x1024x14x14,256x1024x1x1",
    "conv2d:1x96x28x28,96x1x7x7,padding=3,groups=96",
    "conv_transpose2d:1x128x16x16,128x64x4x4,stride=2,padding=1",
    "conv1d:1x384x500,64x384x3,padding=1",
    "conv3d:1x16x8x28x28,32x16x3x3x3,padding=1",
    "conv2d_weight:4x32x28x28,32x32x3x3,padding=1",
    "conv2d_weight:1x48x28x28,48x1x3x3,padding=1,groups=48",
    "conv2d:1x64x28x28,64x64x3x3,padding=1,dtype=f16",
    "conv2d:1x64x28x28,64x64x3x3,padding=1,dtype=bf16",
};
enum { PUBLISHED = sizeof published / sizeof *published };

// The operands of a problem, as they are and in f64, and what is to come of them.
typedef struct case_of_data {
    const char *text;
    const data_kind *data;
    faltung_call call;
    array operand[2], wide[2], magnitude[2];
    array expected, bound, result; // sums, and those of absolute values, in f64
} case_of_data;

typedef struct errors {
    double most, mean_square; // relative to the bound
    const char *algorithm;
} errors;

static int refuse_library(session *s, const char *text, const faltung_message *message)
{
    return refuse(s, EXIT_REFUSED, "'%s': %s", text, message->text);
}

// ------------------------------------------------------------------------------------- operands

// One operand: numbers, rounded to the type; the same in f64, and their absolute values.
static int make_operand(session *s, case_of_data *c, int i)
{
    const bool is_weight = i == 1;
    const faltung_call *call = &c->call;
    const int rank = is_weight ? call->weight_rank : call->input_rank;
    const int64_t *shape = is_weight ? call->weight_shape : call->input_shape;
    array numbers;
    int64_t count;
    int status = array_make(s, &numbers, FALTUNG_F32, rank, shape);
    if (status)
        return status;
    faltung_tensor_count(&numbers.tensor, &count, NULL);
    c->data->fill(numbers.tensor.data, count, is_weight);
    status = array_copy(s, &c->operand[i], &numbers.tensor, call->dtype);
    array_free(&numbers);
    if (!status)
        status = array_copy(s, &c->wide[i], &c->operand[i].tensor, FALTUNG_F64);
    if (!status)
        status = array_copy(s, &c->magnitude[i], &c->wide[i].tensor, FALTUNG_F64);
    if (status)
        return status;
    double *x = c->magnitude[i].tensor.data;
    for (int64_t k = 0; k < count; k++)
        x[k] = fabs(x[k]);
    return EXIT_DONE;
}

static int convolve(session *s, const case_of_data *c, const array *operands, array *result,
                    faltung_accuracy accuracy)
{
    faltung_conv conv = c->call.conv;
    faltung_message message;
    conv.accuracy = accuracy;
    if (faltung_convolve(&conv, &operands[0].tensor, &operands[1].tensor, NULL, &result->tensor,
                         &message))
        return refuse_library(s, c->text, &message);
    return EXIT_DONE;
}

static int expect(session *s, case_of_data *c)
{
    const faltung_call *call = &c->call;
    int status = array_make(s, &c->expected, FALTUNG_F64, call->output_rank, call->output_shape);
    if (!status)
        status = array_make(s, &c->bound, FALTUNG_F64, call->output_rank, call->output_shape);
    if (!status)
        status =
            array_make(s, &c->result, call->output_dtype, call->output_rank, call->output_shape);
    if (!status)
        status = convolve(s, c, c->wide, &c->expected, FALTUNG_ACCURACY_EXACT);
    return status ? status : convolve(s, c, c->magnitude, &c->bound, FALTUNG_ACCURACY_EXACT);
}

static int make_case(session *s, case_of_data *c, const char *text, const data_kind *data)
{
    faltung_problem problem;
    faltung_message message;
    *c = (case_of_data){.text = text, .data = data};
    if (faltung_problem_parse(text, &problem, &message))
        return refuse(s, EXIT_USAGE, "'%s': %s", text, message.text);
    if (faltung_problem_call(&problem, &c->call, &message))
        return refuse_library(s, text, &message);
    if (is_complex(c->call.dtype) || is_integer(c->call.dtype))
        return refuse(s, EXIT_REFUSED,
                      "'%s': its numbers are %s, allowed are f32, f64, f16 and bf16", text,
                      faltung_dtype_name(c->call.dtype));
    int status = make_operand(s, c, 0);
    if (!status)
        status = make_operand(s, c, 1);
    return status ? status : expect(s, c);
}

static void free_case(case_of_data *c)
{
    for (int i = 0; i < 2; i++) {
        array_free(&c->operand[i]);
        array_free(&c->wide[i]);
        array_free(&c->magnitude[i]);
    }
    array_free(&c->expected);
    array_free(&c->bound);
    array_free(&c->result);
}

// --------------------------------------------------------------------------------------- errors

static int compare(session *s, const case_of_data *c, errors *e)
{
    const double unit = rounding_of(c->call.dtype).stored, *expected = c->expected.tensor.data,
                 *bound = c->bound.tensor.data;
    int64_t count;
    array wide;
    int status = array_copy(s, &wide, &c->result.tensor, FALTUNG_F64);
    if (status)
        return status;
    const double *result = wide.tensor.data;
    faltung_tensor_count(&wide.tensor, &count, NULL);
    for (int64_t i = 0; i < count; i++) {
        double error = bound[i] > 0 ? fabs(result[i] - expected[i]) / (bound[i] * unit) : 0;
        e->most = fmax(e->most, error);
        e->mean_square += error * error / (double)count;
    }
    array_free(&wide);
    return EXIT_DONE;
}

static int measure(session *s, case_of_data *c, faltung_accuracy accuracy, errors *e)
{
    faltung_conv conv = c->call.conv;
    faltung_explanation explanation;
    faltung_message message;
    conv.accuracy = accuracy;
    *e = (errors){0};
    if (faltung_explain(&conv, &c->operand[0].tensor, &c->operand[1].tensor, &explanation,
                        &message))
        return refuse_library(s, c->text, &message);
    e->algorithm = explanation.algorithm[explanation.chosen];
    int status = convolve(s, c, c->operand, &c->result, accuracy);
    return status ? status : compare(s, c, e);
}

// --------------------------------------------------------------------------------------- report

static void report(session *s, const case_of_data *c, const char *accuracy, const errors *e,
                   bool as_json)
{
    if (!as_json) {
        fprintf(s->out, "%9.3f %9.4f  %-15s %-9s %-12s %s\n", e->most, sqrt(e->mean_square),
                e->algorithm, accuracy, c->data->name, c->text);
        return;
    }
    json j = json_begin(s->out);
    json_text(&j, "problem", c->text);
    json_text(&j, "data", c->data->name);
    json_text(&j, "accuracy", accuracy);
    json_text(&j, "algorithm", e->algorithm);
    json_number(&j, "max", e->most);
    json_number(&j, "rms", sqrt(e->mean_square));
    json_end(&j);
}

// Accuracies that lead to the same algorithm are one.
static int report_case(session *s, case_of_data *c, bool as_json)
{
    static const faltung_accuracy accuracies[] = {FALTUNG_ACCURACY_EXACT, FALTUNG_ACCURACY_BALANCED,
                                                  FALTUNG_ACCURACY_FAST};
    const char *before = "";
    for (int i = 0; i < 3; i++) {
        errors e;
        int status = measure(s, c, accuracies[i], &e);
        if (status)
            return status;
        if (strcmp(e.algorithm, before) != 0)
            report(s, c, accuracy_name(accuracies[i]), &e, as_json);
        before = e.algorithm;
    }
    return EXIT_DONE;
}

int run_errors(session *s, const command *c, const options *o)
{
    (void)c;
    const int count = o->operands ? o->operands : PUBLISHED;
    int status = EXIT_DONE;
    for (int i = 0; !status && i < count * data_kind_count; i++) {
        case_of_data now;
        const char *text =
            o->operands ? o->operand[i / data_kind_count] : published[i / data_kind_count];
        status = make_case(s, &now, text, &data_kinds[i % data_kind_count]);
        if (!status && i == 0 && !o->json)
            fprintf(s->out, "%9s %9s  %-15s %-9s %-12s %s\n", "max", "rms", "algorithm", "accuracy",
                    "data", "problem");
        if (!status)
            status = report_case(s, &now, o->json);
        free_case(&now);
    }
    return status;
}
