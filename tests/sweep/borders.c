// SPDX-License-Identifier: Apache-2.0
#include "borders.h"

// Along an axis, the element that is shown at a position of the padded input, counted from the
// input's own first; -1: a zero.
static int64_t shown_at(faltung_padding_mode mode, const faltung_axis *axis, int64_t at)
{
    int64_t size = axis->input, period = 2 * size - 2, first = 0;
    switch (mode) {
    case FALTUNG_PADDING_REPLICATE:
        return at < 0 ? 0 : at >= size ? size - 1 : at;
    case FALTUNG_PADDING_REFLECT:
        at = period ? (at % period + period) % period : 0;
        return at < size ? at : period - at;
    case FALTUNG_PADDING_CIRCULAR: // what is cropped does not go round
        first = axis->padding.begin < 0 ? -axis->padding.begin : 0;
        size -= first + (axis->padding.end < 0 ? -axis->padding.end : 0);
        return ((at - first) % size + size) % size + first;
    default:
        return at >= 0 && at < size ? at : -1;
    }
}

static bool takes_mode(const sample *s, faltung_padding_mode mode)
{
    for (int i = 0; i < 3; i++) {
        const faltung_axis *a = &s->axis[i];
        const faltung_padding p = a->padding;
        int64_t most = a->input;
        if (mode == FALTUNG_PADDING_REFLECT)
            most--;
        if (mode == FALTUNG_PADDING_CIRCULAR)
            most += (p.begin < 0 ? p.begin : 0) + (p.end < 0 ? p.end : 0);
        bool fits = mode == FALTUNG_PADDING_REPLICATE || (p.begin <= most && p.end <= most);
        if (a->transposed || a->input_dilation > 1 || !fits)
            return false;
    }
    return true;
}

faltung_padding_mode choose_mode(const sample *s, prng *random)
{
    int64_t mode = random_between(random, FALTUNG_PADDING_ZEROS, FALTUNG_PADDING_CIRCULAR);
    return takes_mode(s, (faltung_padding_mode)mode) ? (faltung_padding_mode)mode
                                                     : FALTUNG_PADDING_ZEROS;
}

// Fills the input of a sample without padding with what another one, padded, shows.
static void fill_padded(const sample *padded, const sample *s, const operands *o,
                        faltung_padding_mode mode, array *to)
{
    const faltung_axis *from = s->axis, *in = padded->axis;
    int64_t pixels = from[0].input * from[1].input * from[2].input;
    int64_t flat = 0, planes = to->count / (in[0].input * in[1].input * in[2].input);
    for (int64_t plane = 0; plane < planes; plane++)
        for (int64_t d = 0; d < in[0].input; d++)
            for (int64_t h = 0; h < in[1].input; h++)
                for (int64_t w = 0; w < in[2].input; w++, flat++) {
                    int64_t z = shown_at(mode, &from[0], d - from[0].padding.begin);
                    int64_t y = shown_at(mode, &from[1], h - from[1].padding.begin);
                    int64_t x = shown_at(mode, &from[2], w - from[2].padding.begin);
                    int64_t at = plane * pixels + (z * from[1].input + y) * from[2].input + x;
                    array_set(to, flat, z < 0 || y < 0 || x < 0 ? 0 : array_get(&o->input, at));
                }
}

oracle_sum *sums_of_padded(const trial *t, const operands *o, faltung_padding_mode mode)
{
    sample padded = t->sample;
    operands p;
    for (int i = 0; i < 3; i++) {
        faltung_axis *a = &padded.axis[i];
        a->input += a->padding.begin + a->padding.end;
        a->padding = (faltung_padding){0, 0};
    }
    operands_make(&p, &padded, t->dtype);
    fill_padded(&padded, &t->sample, o, mode, &p.input);
    for (int64_t i = 0; i < p.weight.count; i++)
        array_set(&p.weight, i, array_get(&o->weight, i));
    for (int64_t i = 0; i < p.bias.count; i++)
        array_set(&p.bias, i, array_get(&o->bias, i));
    oracle_sum *sums = oracle_convolve(&padded, &p, t->with_bias);
    operands_free(&p);
    return sums;
}
