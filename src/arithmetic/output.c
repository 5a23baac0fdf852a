// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/axis.h"

#include "base/checked.h"

faltung_status fal_axis_extent(const faltung_axis *axis, int64_t *extent)
{
    bool fits = fal_subtract(axis->kernel, 1, extent) &&
                fal_multiply(*extent, axis->dilation, extent) && fal_add(*extent, 1, extent);
    return fits ? FALTUNG_OK : FALTUNG_ERROR_OVERFLOW;
}

// floor((W + begin + end - K_eff)/S) + 1
static faltung_status forward_output(const faltung_axis *axis, int64_t extent, int64_t *size)
{
    int64_t padded;
    if (!fal_add(axis->input, axis->padding.begin, &padded) ||
        !fal_add(padded, axis->padding.end, &padded))
        return FALTUNG_ERROR_OVERFLOW;
    if (padded < extent)
        return FALTUNG_ERROR_TOO_SMALL;
    *size = (padded - extent) / axis->stride + 1;
    return FALTUNG_OK;
}

// (W - 1)*S + K_eff + output_padding, before anything is cropped.
static bool full_output(const faltung_axis *axis, int64_t extent, int64_t *size)
{
    return fal_multiply(axis->input - 1, axis->stride, size) && fal_add(*size, extent, size) &&
           fal_add(*size, axis->output_padding, size);
}

static bool crop(const faltung_axis *axis, int64_t *size)
{
    return fal_subtract(*size, axis->padding.begin, size) &&
           fal_subtract(*size, axis->padding.end, size);
}

faltung_status fal_axis_output(const faltung_axis *axis, int64_t *size)
{
    int64_t extent;
    if (fal_axis_extent(axis, &extent))
        return FALTUNG_ERROR_OVERFLOW;
    if (!axis->transposed)
        return forward_output(axis, extent, size);
    if (!full_output(axis, extent, size) || !crop(axis, size))
        return FALTUNG_ERROR_OVERFLOW;
    return *size < 1 ? FALTUNG_ERROR_TOO_SMALL : FALTUNG_OK;
}

faltung_status fal_axis_output_range(const faltung_axis *axis, int64_t *low, int64_t *high)
{
    faltung_axis plain = *axis;
    int64_t extent;
    plain.output_padding = 0;
    bool fits = !fal_axis_extent(&plain, &extent) && full_output(&plain, extent, low) &&
                crop(&plain, low) && fal_add(*low, axis->stride - 1, high);
    return fits ? FALTUNG_OK : FALTUNG_ERROR_OVERFLOW;
}
