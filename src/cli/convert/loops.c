/* loops.c: how far a run has come, in the counters of Lightning 2: for each thing that repeats how
 * often it was ready, started, processed and completed, in total and in the epoch under way. They
 * are set as Lightning's own ModelCheckpoint finds them: at the end of an epoch before it counts as
 * completed, after a batch before that does. */
#include "base/error.h"
#include "base/json.h"
#include "cli/convert/convert.h"
#include "trainer/position.h"

#include <string.h>

static json_t *counter(int64_t begun, int64_t processed, int64_t completed)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "ready", (json_int_t)begun, "started",
                     (json_int_t)begun, "processed", (json_int_t)processed, "completed",
                     (json_int_t)completed);
}

static json_t *both(json_t *total, json_t *current)
{
    return json_pack("{s:o, s:o}", "total", total, "current", current);
}

static json_t *batches(json_t *total, json_t *current, bool is_last)
{
    json_t *o = both(total, current);
    json_object_set_new(o, "is_last_batch", json_boolean(is_last));
    return o;
}

/* Optimizer steps: ready and completed, and for zero_grad also started. */
static json_t *steps(int64_t total, int64_t current, bool starts)
{
    json_t *o = json_pack("{s:{s:I, s:I}, s:{s:I, s:I}}", "total", "ready", (json_int_t)total,
                          "completed", (json_int_t)total, "current", "ready", (json_int_t)current,
                          "completed", (json_int_t)current);
    if (starts) {
        json_object_set_new(json_object_get(o, "total"), "started", json_integer(total));
        json_object_set_new(json_object_get(o, "current"), "started", json_integer(current));
    }
    return o;
}

static json_t *idle_loop(void)
{
    return json_pack("{s:{}, s:o}", "state_dict", "batch_progress",
                     batches(counter(0, 0, 0), counter(0, 0, 0), false));
}

/* Whether the batch that was done last was its epoch's: earlier epochs tell how many each has. */
static bool is_last_batch(const levin_position *p)
{
    return p->moment == LEVIN_AT_EPOCH_END ||
           (p->batch > 0 && p->epoch > 0 && p->batch * p->epoch == p->total_batches - p->batch);
}

static json_t *fit_loop(const levin_position *p, int64_t steps_of_epoch)
{
    bool at_start = p->moment == LEVIN_AT_EPOCH_START, at_end = p->moment == LEVIN_AT_EPOCH_END;
    int64_t begun = at_start ? p->epoch : p->epoch + 1, processed = at_end ? begun : p->epoch;
    /* A batch that is done, but not yet counted: the same moment in both trainers. */
    bool waits = !at_start && !at_end && p->moment != LEVIN_AT_BATCH;
    json_t *out = json_object();
    json_object_set_new(out, "state_dict", json_object());
    json_object_set_new(
        out, "epoch_loop.state_dict",
        json_pack("{s:I}", "_batches_that_stepped", (json_int_t)p->stepped_batches));
    json_object_set_new(
        out, "epoch_loop.batch_progress",
        batches(counter(p->total_batches, p->total_batches, p->total_batches - waits),
                counter(p->batch, p->batch, p->batch - waits), is_last_batch(p)));
    json_object_set_new(out, "epoch_loop.scheduler_progress",
                        steps(p->global_step, steps_of_epoch, false));
    json_object_set_new(out, "epoch_loop.automatic_optimization.state_dict", json_object());
    json_object_set_new(out, "epoch_loop.automatic_optimization.optim_progress",
                        json_pack("{s:{s:o, s:o}}", "optimizer", "step",
                                  steps(p->global_step, steps_of_epoch, false), "zero_grad",
                                  steps(p->global_step, steps_of_epoch, true)));
    json_object_set_new(out, "epoch_loop.manual_optimization.state_dict", json_object());
    json_object_set_new(out, "epoch_loop.manual_optimization.optim_step_progress",
                        steps(0, 0, false));
    json_object_set_new(out, "epoch_loop.val_loop.state_dict", json_object());
    json_object_set_new(out, "epoch_loop.val_loop.batch_progress",
                        batches(counter(0, 0, 0), counter(0, 0, 0), at_end));
    json_object_set_new(
        out, "epoch_progress",
        both(counter(begun, processed, p->epoch), counter(begun, processed, p->epoch)));
    return out;
}

/* A checkpoint of weights alone tells epoch and step, but no position. */
static levin_position position(const json_t *header, const char *where)
{
    const json_t *loops = json_object_get(header, "loops");
    const char *moment = levin__json_string(loops, "moment", "epoch_start", where);
    const json_t *from = loops ? loops : header;
    int64_t step = levin__json_int(from, "global_step", 0, where);
    char shown[80];
    if (levin__moment_find(moment) == LEVIN_MOMENTS)
        levin__error_set(LEVIN_EFORMAT, "%s: an unknown moment '%s'", where,
                         levin__printable(shown, moment, strlen(moment)));
    return (levin_position){
        .moment = levin__moment_find(moment),
        .epoch = levin__json_int(from, "epoch", 0, where),
        .batch = levin__json_int(loops, "batch", 0, where),
        .global_step = step,
        .total_batches = levin__json_int(loops, "total_batches", step, where),
        .stepped_batches = levin__json_int(loops, "stepped_batches", step, where),
        .stepped = levin__json_bool(loops, "stepped", false, where),
    };
}

json_t *cli_lightning_loops(const json_t *header, const char *where)
{
    levin_position p = position(header, where);
    int64_t done = p.batch, all = p.total_batches;
    /* Steps of the epoch under way, as far as batches tell. */
    int64_t current = all > 0 ? p.stepped_batches * done / all : 0;
    return json_pack("{s:o, s:o, s:o, s:o}", "fit_loop", fit_loop(&p, current), "validate_loop",
                     idle_loop(), "test_loop", idle_loop(), "predict_loop", idle_loop());
}
