// SPDX-License-Identifier: Apache-2.0
#include "tour/tour.h"

#include "charts/gnuplot.h"
#include "tour/folder.h"
#include "tour/interrupt.h"
#include "tour/page.h"
#include "tour/text.h"
#include "tour/walk.h"

#include <stdlib.h>

// Without gnuplot there is no tour; that is better said before anything else.
static int check_gnuplot(session *s)
{
    char *output = NULL;
    size_t size;
    const int status = gnuplot_run(s, "", &output, &size);
    free(output);
    return status;
}

// Walks in a folder of its own, which is put in place if all went well and somewhere is given.
static int walk_in_folder(session *s, const step *steps, int count, const char *path, bool force,
                          report *r)
{
    folder f;
    int status = folder_begin(s, &f, path, force);
    if (status)
        return status;
    status = walk_steps(s, steps, count, text_figure_columns(s), r);
    const bool publish = !status && path && !r->wrong;
    if (publish)
        status = write_as_page(s, r);
    if (publish && !status && !interrupt_came())
        return folder_publish(s, &f);
    folder_abandon(&f);
    return status;
}

int make_tour(session *s, const step *steps, int count, const char *path, bool force)
{
    report r = {0};
    int status = check_gnuplot(s);
    if (status)
        return status;
    interrupt_catch();
    status = walk_in_folder(s, steps, count, path, force, &r);
    interrupt_release();
    if (!status) {
        write_as_text(s, &r);
        if (r.wrong)
            status = refuse_wrong(s, &r);
        else if (path)
            fprintf(s->out, "Written: %s/index.html\n", path);
    }
    report_free(&r);
    return status;
}
