// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/choice.h"

#include "algorithms/winograd/layout.h"

double fal_winograd_find_work(const fal_task *task)
{
    return fal_winograd_count_work(&task->problem, fal_winograd_find_form(task));
}

// Transformed weights that lie in memory are never so many, but those of a view by strides of 0 may
// be.
static bool is_huge(const fal_problem *p)
{
    const double most = (double)(INT64_C(1) << 40); // numbers
    double planes = (double)p->input_channels * (double)p->axis[0].kernel;
    const fal_winograd_phases phases = fal_winograd_find_phases(p);
    double elements = phases.inputs * phases.outputs > 1 ? 25 : 36;
    planes *= phases.inputs;
    double pairs = planes * phases.outputs * (double)p->output_channels * (double)p->groups;
    return planes > 8192 || elements * pairs > most;
}

// Whether a form that was asked for is for such kernels.
static bool is_of_form(const fal_problem *p, const fal_winograd_form *form)
{
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    return (form->high == 1) == (row->kernel == 1) &&
           (form->kernel == 2) == fal_winograd_has_phases(column);
}

const char *fal_winograd_cannot(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    if (p->accuracy == FALTUNG_ACCURACY_EXACT)
        return "accuracy is exact, and its transforms round";
    if (p->dtype != FALTUNG_F32 && p->dtype != FALTUNG_F16 && p->dtype != FALTUNG_BF16)
        return "it computes f32 and halves only";
    if (p->of_weight)
        return "it is a weight's gradient";
    if (!fal_winograd_has_form(p))
        return "it computes kernels of 3x3 or 3, or of such slices, without stride and dilation, "
               "and of 3 to 4 along each axis with a stride of 2 and zeros at the border";
    if (task->form && !is_of_form(p, task->form))
        return "its tiles are for kernels of 3x3 without a stride";
    if (p->input_channels == 0)
        return "there are no products to sum";
    if (is_huge(p))
        return "a few tiles of over 8192 channels, or over 2^40 transformed weights, are too much";
    return NULL;
}

// Of plain sums, without the products with zeros between an input's elements; but phases each pack
// and write for themselves.
static double plain_work(const fal_task *task)
{
    const double of_phases = 1.2;
    double work = fal_direct.work(task);
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        work /= (double)task->problem.axis[i].input_dilation;
    return task->problem.axis[2].input_dilation > 1 ? of_phases * work : work;
}

// Errors of fewer would be more than twice those of plain sums, or two and a half times if accuracy
// is fast.
static int64_t fewest_channels(const fal_problem *p)
{
    const bool fast = p->accuracy == FALTUNG_ACCURACY_FAST;
    if (p->axis[2].input_dilation == 2)
        return fast ? 32 : 48;
    return fast && p->axis[2].stride == 1 ? 16 : 32;
}

const char *fal_winograd_should_not(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const double worth = 1.1; // times less work
    const int64_t least = p->accuracy == FALTUNG_ACCURACY_FAST ? 16 : 32;
    if (fal_count_planes(p) < fewest_channels(p) || p->output_channels < least)
        return "of few channels, transforms take longer than the products that they save, or have "
               "larger errors";
    if (fal_winograd_find_work(task) * worth > plain_work(task))
        return "transforms would take longer than the products that they save";
    return NULL;
}
