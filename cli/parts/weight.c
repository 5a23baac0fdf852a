// SPDX-License-Identifier: Apache-2.0
#include "parts/weight.h"
#include "files/array.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------------ units

// What a unit reads, so that its numbers are few beside it.
static const int64_t least_bytes = 8 << 20, times_weight = 16;

static int channel_axis(const weight_units *u)
{
    return u->batched ? 1 : 0;
}

// Bytes of a row, of all channels, along the first spatial axis.
static double bytes_of_row(const box_file *f, int channel)
{
    double bytes = (double)faltung_dtype_size(f->header.dtype);
    for (int i = channel; i < f->header.rank; i++)
        if (i != channel + 1)
            bytes *= (double)f->header.shape[i];
    return bytes;
}

static void choose_rows(weight_units *u, const box_file *input, const box_file *grad_output,
                        size_t unit)
{
    const int channel = channel_axis(u);
    const box_file *divided = u->transposed ? input : grad_output;
    const box_file *other = u->transposed ? grad_output : input;
    double wanted = (double)least_bytes, weight = (double)u->numbers;
    weight *= (double)faltung_dtype_size(input->header.dtype) * (double)times_weight;
    double of_row =
        bytes_of_row(divided, channel) + (double)u->conv->stride[0] * bytes_of_row(other, channel);
    if (weight > wanted)
        wanted = weight;
    if (unit)
        wanted = (double)unit;
    double rows = wanted / (of_row > 1 ? of_row : 1);
    u->images = u->batched ? divided->header.shape[0] : 1;
    u->rows = divided->header.shape[channel + 1];
    u->each = rows < 1 ? 1 : rows < (double)u->rows ? (int64_t)rows : u->rows;
    u->in_an_image = (u->rows + u->each - 1) / u->each;
}

static bool has_sums(faltung_dtype dtype)
{
    return dtype == FALTUNG_F32 || dtype == FALTUNG_F64 || is_complex(dtype);
}

int weight_divide(session *s, const faltung_conv *conv, const box_file *input,
                  const box_file *grad_output, const int64_t *shape, size_t unit, weight_units *u,
                  size_t *workspace)
{
    const faltung_tensor x = box_file_tensor(input), y = box_file_tensor(grad_output);
    faltung_message message;
    faltung_explanation e;
    if (!has_sums(x.dtype))
        return refuse(s, EXIT_REFUSED,
                      "part by part, gradients of a weight are those of f32, f64, c64 and c128, "
                      "not of %s",
                      faltung_dtype_name(x.dtype));
    if (faltung_explain(conv, &x, &y, &e, &message))
        return refuse(s, EXIT_REFUSED, "%s", message.text);
    *u = (weight_units){.conv = conv,
                        .transposed = conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT,
                        .batched = x.rank == conv->axes + 2,
                        .rank = conv->axes + 2,
                        .numbers = 1};
    memcpy(u->padding, e.padding, sizeof u->padding);
    memcpy(u->shape, shape, (size_t)u->rank * sizeof *shape);
    for (int i = 0; i < u->rank; i++)
        u->numbers *= shape[i];
    choose_rows(u, input, grad_output, unit);
    // In the end there are the sums, a unit and the result, when all else has been given back.
    const size_t of_sums = 3 * sizeof(double) * (size_t)u->numbers * (is_complex(x.dtype) ? 2 : 1);
    *workspace = e.workspace_bytes + e.packed_bytes;
    if (*workspace < of_sums)
        *workspace = of_sums;
    return EXIT_DONE;
}

grid weight_grid(const weight_units *u)
{
    return (grid){.channels = u->numbers,
                  .axes = 1,
                  .size = {u->images * u->in_an_image},
                  .block = {1},
                  .most = 1};
}

// ----------------------------------------------------------------------------------------- pieces

// Rows of both pictures that belong together.
typedef struct unit_rows {
    span divided;       // of the one
    span wanted, other; // of the other: under the kernel, and those of them that there are
} unit_rows;

static unit_rows rows_of(const parts_job *job, int64_t unit)
{
    const weight_units *u = job->units;
    const faltung_conv *c = u->conv;
    const box_file *other = u->transposed ? &job->second : &job->input;
    const int64_t size = other->header.shape[channel_axis(u) + 1];
    const int64_t begin = unit % u->in_an_image * u->each;
    unit_rows r = {.divided = {begin, begin + u->each < u->rows ? begin + u->each : u->rows}};
    r.wanted.begin = r.divided.begin * c->stride[0] - u->padding[0].begin;
    r.wanted.end = (r.divided.end - 1) * c->stride[0] - u->padding[0].begin +
                   c->dilation[0] * (u->shape[2] - 1) + 1;
    r.other.begin = r.wanted.begin < 0 ? 0 : r.wanted.begin < size ? r.wanted.begin : size;
    r.other.end = r.wanted.end < size ? r.wanted.end : size;
    if (r.other.end < r.other.begin)
        r.other.end = r.other.begin;
    return r;
}

// Some rows of an image.
static faltung_part box_of(const parts_job *job, const box_file *f, int64_t unit, span rows)
{
    const weight_units *u = job->units;
    faltung_part box = {{0}, {0}};
    memcpy(box.end, f->header.shape, (size_t)f->header.rank * sizeof *box.end);
    if (u->batched) {
        box.begin[0] = unit / u->in_an_image;
        box.end[0] = box.begin[0] + 1;
    }
    box.begin[channel_axis(u) + 1] = rows.begin;
    box.end[channel_axis(u) + 1] = rows.end;
    return box;
}

static void cut(const parts_job *job, span left, piece *next)
{
    const weight_units *u = job->units;
    const unit_rows r = rows_of(job, left.begin);
    next->pixels = (span){left.begin, left.begin + 1};
    next->output = (faltung_part){{left.begin, 0}, {left.begin + 1, u->numbers}};
    next->input = box_of(job, &job->input, left.begin, u->transposed ? r.divided : r.other);
    next->second = box_of(job, &job->second, left.begin, u->transposed ? r.other : r.divided);
}

// The gradient of a unit is one of its own: what its rows miss of the other picture is padding.
static faltung_status compute(const parts_job *job, const piece *p, const faltung_tensor *input,
                              const faltung_tensor *second, const faltung_tensor *output,
                              void *workspace, faltung_message *message)
{
    (void)workspace;
    const weight_units *u = job->units;
    const unit_rows r = rows_of(job, p->pixels.begin);
    const faltung_tensor weight = {output->data, output->dtype, u->rank, u->shape, NULL};
    faltung_conv conv = *u->conv;
    if (r.other.begin == r.other.end) { // nothing but padding
        memset(output->data, 0, (size_t)u->numbers * faltung_dtype_size(output->dtype));
        return FALTUNG_OK;
    }
    conv.padding_rule = FALTUNG_PADDING_EXPLICIT;
    memcpy(conv.padding, u->padding, sizeof conv.padding);
    conv.padding[0].begin = r.other.begin - r.wanted.begin;
    conv.padding[0].end = r.wanted.end - r.other.end;
    return faltung_convolve(&conv, input, second, NULL, &weight, message);
}

const parts_work weight_work = {cut, compute};

// ------------------------------------------------------------------------------------- the finish

// Numbers of a type as doubles, a complex one as two.
static double get(const void *numbers, faltung_dtype dtype, size_t i)
{
    return dtype == FALTUNG_F32 || dtype == FALTUNG_C64 ? (double)((const float *)numbers)[i]
                                                        : ((const double *)numbers)[i];
}

static void put(void *numbers, faltung_dtype dtype, size_t i, double value)
{
    if (dtype == FALTUNG_F32 || dtype == FALTUNG_C64)
        ((float *)numbers)[i] = (float)value;
    else
        ((double *)numbers)[i] = value;
}

// Adds all rows of the file up.
static int add_units(session *s, const box_file *f, double *sums, size_t count, slab *row)
{
    store_reason why;
    for (int64_t unit = 0; unit < f->header.shape[0]; unit++) {
        const faltung_part box = {{unit, 0}, {unit + 1, f->header.shape[1]}};
        slab_shape(row, f, &box);
        if (!box_file_read(f, &box, NULL, 0, row, &box, &why))
            return refuse(s, EXIT_REFUSED, "cannot read '%s': %s", f->path,
                          why.ended ? "it is too short" : why.text);
        for (size_t i = 0; i < count; i++)
            sums[i] += get(row->tensor.data, f->header.dtype, i);
    }
    return EXIT_DONE;
}

// The sums of a file of units, as an array of this shape.
static int sum_file(session *s, const box_file *f, int rank, const int64_t *shape, array *result)
{
    const faltung_dtype dtype = f->header.dtype;
    slab row = {.tensor = {.data = NULL}};
    int status = array_make(s, result, dtype, rank, shape);
    if (status)
        return status;
    const size_t count = (size_t)f->header.shape[1] * (is_complex(dtype) ? 2 : 1);
    double *sums = calloc(count ? count : 1, sizeof *sums);
    row.tensor.data = calloc(count ? count : 1, sizeof *sums);
    status = sums && row.tensor.data ? add_units(s, f, sums, count, &row)
                                     : refuse(s, EXIT_REFUSED, "out of memory");
    for (size_t i = 0; !status && i < count; i++)
        put(result->memory, dtype, i, sums[i]);
    free(row.tensor.data);
    free(sums);
    if (status)
        array_free(result);
    return status;
}

int weight_finish(session *s, const journal_names *names, int rank, const int64_t *shape,
                  bool force)
{
    box_file f;
    array result;
    int status = box_file_open(s, &f, names->partial, &posix_store);
    if (status)
        return status;
    status = sum_file(s, &f, rank, shape, &result);
    box_file_close(&f);
    if (status)
        return status;
    status = array_write(s, &result.tensor, names->output, force);
    array_free(&result);
    return status ? status : journal_discard(s, names);
}
