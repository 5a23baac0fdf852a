// SPDX-License-Identifier: Apache-2.0
#include "tour/wording.h"

#include <inttypes.h>

// "1,234,567"
static const char *group_digits(char text[32], int64_t number)
{
    char digits[24];
    const int count = snprintf(digits, sizeof digits, "%" PRId64, number);
    char *to = text;
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

void word_claim(char text[MAX_WORDING], const block *b, const outcome *o)
{
    const claim_domain *d = &b->domain;
    const struct {
        const char *name;
        int64_t most;
    } quantities[] = {{"$K$", d->kernel},
                      {"$S$", d->stride},
                      {"$D$", d->dilation},
                      {"$P$", d->padding},
                      {d->output ? "$o$" : "$W$", d->width}};
    char cases[32];
    size_t length = (size_t)snprintf(text, MAX_WORDING, "Checked");
    const char *before = " for ";
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        if (!quantities[i].most)
            continue;
        length += (size_t)snprintf(text + length, MAX_WORDING - length, "%s%s to %" PRId64, before,
                                   quantities[i].name, quantities[i].most);
        before = ", ";
    }
    group_digits(cases, o->found.cases);
    if (o->found.cases > 1)
        snprintf(text + length, MAX_WORDING - length, ": %s %s.", cases, b->unit);
    else
        snprintf(text + length, MAX_WORDING - length, ".");
}

void word_report(char text[MAX_WORDING], const report *r)
{
    char cases[32], wrong[64] = "all are as stated";
    if (r->wrong)
        snprintf(wrong, sizeof wrong, "%d not as stated", r->wrong);
    snprintf(text, MAX_WORDING,
             "Checked %d results in %d steps: %d commands, %d figures, %d tables and %d statements "
             "about %s cases; %s.",
             report_results(r), r->step_count, r->commands, r->figures, r->tables, r->claims,
             group_digits(cases, r->cases), wrong);
}
