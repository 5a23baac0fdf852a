// SPDX-License-Identifier: Apache-2.0
//
// Where products read: in a packed band, or in the input itself.
#include "algorithms/direct/work.h"

#include "base/checked.h"

// Whether no output needs what is outside the input.
static bool is_inside(const fal_problem *p)
{
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        const fal_problem_axis *axis = &p->axis[i];
        int64_t past = (axis->output - 1) * axis->stride + axis->dilation * (axis->kernel - 1);
        if (axis->padding != 0 || past >= axis->input)
            return false;
    }
    return true;
}

// Whether every element that a band of so many images needs is near enough for the offsets.
static bool is_near(const fal_problem *p, const fal_view *input, int64_t images)
{
    const double most = (double)(INT32_C(1) << 30);
    double reach = (double)(images - 1) * (double)input->outer;
    reach = (reach < 0 ? -reach : reach);
    double channels = (double)(p->input_channels - 1) * (double)input->channel;
    reach += channels < 0 ? -channels : channels;
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        double along = (double)(p->axis[i].input - 1) * (double)input->axis[i];
        reach += along < 0 ? -along : along;
    }
    return reach <= most;
}

bool fal_can_be_in_place(const fal_task *task, const fal_layout *l, int64_t columns)
{
    const fal_problem *p = &task->problem;
    const int64_t often = l->taps == 1 ? 4 : 1; // others read a line for several products
    bool wide = columns >= task->kernels->lanes || l->lanes.pieces > 1 || l->rows > 1;
    return task->kernels->input_size == task->kernels->size && l->lanes.is_long && wide &&
           (p->input_channels / often <= task->tuning.in_place || fal_can_be_kept(task, l)) &&
           l->phases == 1 && is_inside(p);
}

// Whether so many columns are whole runs, where there are runs.
static bool are_whole_runs(const fal_layout *l, int64_t columns)
{
    return l->lanes.is_long || columns % l->lanes.wide->run == 0;
}

bool fal_can_be_broadcast(const fal_task *task, const fal_layout *l)
{
    const fal_problem *p = &task->problem;
    return !l->lanes.is_long && are_whole_runs(l, l->columns) && fal_is_pointwise(p) &&
           task->kernels->input_size == task->kernels->size &&
           (l->channels_last || p->input_channels <= task->tuning.broadcast);
}

// Whether it can for a part, of whole runs, and of which nothing lies so far apart that it meets in
// few sets of a cache. The last row may be no whole runs, and is packed then, if the channels of a
// pixel lie together: as they do in a band, so that products are as far from each other there.
static bool is_broadcast(const fal_work *w)
{
    const fal_view *input = &w->all->input;
    const bool last = w->l->channels_last;
    const int64_t far = 2048, size = w->task->kernels->size; // bytes
    const int64_t apart = (last ? input->axis[2] : input->channel) * size;
    const int64_t begin = w->part->begin[FAL_COLUMN], columns = w->part->end[FAL_COLUMN] - begin;
    return fal_can_be_broadcast(w->task, w->l) && are_whole_runs(w->l, columns) &&
           (last || are_whole_runs(w->l, w->last_columns - begin)) &&
           (last ? input->channel : input->axis[2]) == 1 && apart <= far && -apart <= far;
}

// Whether vectors of one piece that are wider than a band stay in the input, though some lanes read
// what is behind a row, in the next one at most, or before the last row of a band (long.c).
static bool stay_inside(const fal_work *w, int64_t columns)
{
    const int64_t lanes = w->task->kernels->lanes;
    const int64_t rows = w->part->end[FAL_ROW] - w->part->begin[FAL_ROW];
    if (rows == 1 || w->l->rows == 1)
        return columns >= lanes;
    return w->all->input.axis[1] >= lanes;
}

// The same for vectors of two halves, which read a pixel more than is theirs, behind the first half
// and before the second one, or what fills a row that is narrower than they are: a band's first
// half is where it begins, and the second one where it ends.
static bool do_halves_stay_inside(const fal_work *w, int64_t columns)
{
    const fal_view *input = &w->all->input;
    const int64_t lanes = w->task->kernels->lanes;
    const int64_t rows = w->part->end[FAL_ROW] - w->part->begin[FAL_ROW];
    if (w->l->images > 1 && input->outer < lanes)
        return false;
    if (rows == 1 || w->l->rows == 1)
        return columns > lanes / 2;
    return w->task->problem.axis[1].stride * input->axis[1] >= lanes;
}

// Whether vectors do, whichever way they are made.
static bool do_vectors_stay_inside(const fal_work *w, int64_t columns)
{
    if (w->l->lanes.step == 2)
        return do_halves_stay_inside(w, columns);
    return w->l->lanes.pieces > 1 || stay_inside(w, columns);
}

static bool is_in_place(const fal_work *w)
{
    const fal_view *input = &w->all->input;
    int64_t columns = w->part->end[FAL_COLUMN] - w->part->begin[FAL_COLUMN];
    if (!is_near(&w->task->problem, input, w->l->images))
        return false;
    return is_broadcast(w) || (fal_can_be_in_place(w->task, w->l, columns) && input->axis[2] == 1 &&
                               do_vectors_stay_inside(w, columns));
}

static fal_source source_in_place(const fal_work *w)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_view *input = &w->all->input;
    return (fal_source){
        .image = input->outer,
        .row = axis[1].stride * input->axis[1],
        .column = w->l->channels_last ? input->axis[2] : w->l->step,
        .channel = input->channel,
        .plane = axis[0].dilation * input->axis[0],
        .kernel_row = axis[1].dilation * input->axis[1],
    };
}

static fal_source source_in_band(const fal_work *w)
{
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_layout *l = w->l;
    return (fal_source){
        .data = w->desk.band,
        .row = l->rows > 1 ? axis[1].stride * l->row : 0, // a stride may be any number
        .column = l->step,
        .channel = l->channel,
        .plane = l->plane,
        .kernel_row = axis[1].dilation * l->row,
    };
}

void fal_find_source(fal_work *w)
{
    w->in_place = is_in_place(w);
    w->source = w->in_place ? source_in_place(w) : source_in_band(w);
    if (w->in_place && fal_can_be_kept(w->task, w->l))
        fal_find_kept(w);
}

bool fal_is_in_place(const fal_work *w, const fal_band *band)
{
    return w->in_place && are_whole_runs(w->l, band->last_columns);
}

void fal_begin_source(fal_work *w, const fal_band *band)
{
    if (!fal_is_in_place(w, band)) {
        w->source = source_in_band(w);
        return;
    }
    w->source = source_in_place(w);
    w->source.data = fal_find_in_place(w, band);
}

const char *fal_find_in_place(const fal_work *w, const fal_band *band)
{
    const fal_view *input = &w->all->input;
    const int64_t at = band->image * input->outer + band->group * input->group +
                       band->depth * w->task->problem.axis[0].stride * input->axis[0] +
                       band->row * w->source.row + band->column * w->source.column;
    return (const char *)input->data + at * w->task->kernels->size;
}

char *fal_find_corner(const fal_work *w, const fal_band *band)
{
    const fal_view *output = &w->all->output;
    const int64_t at = band->image * output->outer + band->group * output->group +
                       band->depth * output->axis[0] + band->row * output->axis[1] +
                       band->column * output->axis[2];
    return (char *)output->data + at * w->task->kernels->output_size;
}

// Numbers by which vectors of a view that lie side by side, from an address on, are beyond a line
// in every channel; 0 if not all channels are alike.
static int64_t count_beyond(const fal_work *w, const fal_view *view, const char *data)
{
    const int64_t size = w->task->kernels->size, lanes = w->task->kernels->lanes;
    return view->channel % lanes ? 0 : (int64_t)((uintptr_t)data % (size_t)(lanes * size)) / size;
}

int64_t fal_find_head(const fal_work *w, const fal_band *band)
{
    const fal_view *output = &w->all->output;
    const int64_t lanes = w->task->kernels->lanes, few = 4 * lanes;
    const int64_t left = w->part->end[FAL_COLUMN] - band->column;
    if (!w->in_place || !w->l->lanes.is_long || w->l->lanes.pieces > 1 || w->l->taps > 1 ||
        w->l->rows > 1 || band->images > 1 || left < few)
        return 0;
    const bool writes =
        w->keeps && output->axis[2] == 1 && w->task->kernels->output_size == w->task->kernels->size;
    const int64_t beyond = writes ? count_beyond(w, output, fal_find_corner(w, band))
                                  : count_beyond(w, &w->all->input, fal_find_in_place(w, band));
    return beyond ? lanes - beyond : 0;
}

// The offsets of the products of a chunk, from their pixels.
static void fill_chunk(const fal_work *w, int64_t channels, int32_t *to)
{
    const fal_problem *p = &w->task->problem;
    const fal_source *s = &w->source;
    for (int64_t kw = 0; kw < p->axis[2].kernel; kw++) {
        int64_t x = kw * p->axis[2].dilation, phases = w->l->phases;
        int64_t column = (x % phases * w->l->phase_pitch + x / phases) * w->l->pixel;
        for (int64_t kd = 0; kd < p->axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < p->axis[1].kernel; kh++)
                for (int64_t c = 0; c < channels; c++)
                    *to++ = (int32_t)(column + kd * s->plane + kh * s->kernel_row + c * s->channel);
    }
}

void fal_fill_offsets(const fal_work *w)
{
    int64_t channels = w->task->problem.input_channels, chunk = w->l->chunk_channels;
    fill_chunk(w, chunk, w->desk.offset);
    fill_chunk(w, (channels - 1) % chunk + 1, w->desk.last);
}

const fal_source *fal_present_source(const fal_work *w)
{
    return w->keeps && w->is_kept ? &w->kept : &w->source;
}

fal_products fal_chunk(const fal_work *w, const fal_block *b, int64_t channel, int64_t width)
{
    const int64_t size = w->task->kernels->size;
    const fal_source *s = fal_present_source(w);
    int64_t left = w->task->problem.input_channels - channel;
    int64_t channels = fal_least(left, w->l->chunk_channels);
    return (fal_products){
        .input = s->data + channel * s->channel * size,
        .offset = left <= w->l->chunk_channels ? w->desk.last : w->desk.offset,
        .weight = b->weight + channel * w->l->taps * width * size,
        .count = channels * w->l->taps,
        .unit = channels,
    };
}
