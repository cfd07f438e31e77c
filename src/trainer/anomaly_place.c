/* anomaly_place.c: see anomaly_place.h. The tape knows operators and tensors; names of parameters,
 * epochs and batches are known here. */
#include "trainer/anomaly_place.h"

#include "autograd/anomaly.h"
#include "base/buffer.h"
#include "nn/module.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 1 << 12, SHOWN = 400 };
static const char begins[] = "detect_anomaly: ";

/* Adds ", near bert.encoder.layer.0.output.dense.weight". */
static void add_parameter(levin_buffer *out, const levin_module *top, const levin_tensor *wanted)
{
    for (const levin_module *m = wanted ? top : NULL; m; m = levin__module_next(top, m))
        for (const levin_parameter *p = m->node->first; p; p = p->next)
            if (&p->tensor == wanted) {
                levin__buffer_add_text(out, ", near ");
                levin__module_path(out, m, top);
                levin__buffer_add_text(out, p->name);
            }
}

void levin__anomaly_place(const levin_trainer *t, levin_error_note *note)
{
    const size_t n = sizeof begins - 1;
    if (note->code != LEVIN_ENUMERIC || strncmp(note->message, begins, n) != 0)
        return;
    levin_buffer place = LEVIN_BUFFER(MAX_NAME);
    if (t->sanity)
        levin__buffer_add_text(&place, "sanity check");
    else if (t->stage == LEVIN_STAGE_VALIDATE)
        levin__buffer_addf(&place, "validation of epoch %lld", (long long)t->current_epoch);
    else
        levin__buffer_addf(&place, "epoch %lld, batch %lld", (long long)t->current_epoch,
                           (long long)t->position.batch);
    add_parameter(&place, t->module, levin__anomaly_parameter());
    const levin_error_note before = *note;
    if (place.data)
        snprintf(note->message, sizeof note->message, "%s%.*s: %.*s", begins, SHOWN, place.data,
                 SHOWN, before.message + n);
    levin__buffer_free(&place);
}
