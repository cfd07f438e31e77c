/* own_rows.c: see own_rows.h. */
#include "trainer/own_rows.h"

#include "base/error.h"

int levin__own_rows_need_logger(const levin_trainer *t, const char *name)
{
    if (t->n_loggers > 0 || t->set.fast_dev_run)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL,
                            "%s: there is no logger to write to; leave logger at "
                            "true, or leave this callback out",
                            name);
}

bool levin__own_row_is_due(const levin_trainer *t, const levin_batch *b)
{
    int64_t every = t->set.log_every_n_steps;
    int64_t n = t->stage == LEVIN_STAGE_TRAIN ? t->position.stepped_batches : b->batch_idx;
    return t->n_loggers > 0 && !t->sanity && every != 0 && ((n + 1) % every == 0 || t->should_stop);
}

int levin__own_metric(levin_trainer *t, const char *name, double value)
{
    int i = levin__log_name(&t->log, name);
    if (i < 0)
        return levin_error();
    t->log.metrics[i].value[LEVIN_FOR_CALLBACKS] = value;
    t->log.metrics[i].known[LEVIN_FOR_CALLBACKS] = true;
    return LEVIN_OK;
}
