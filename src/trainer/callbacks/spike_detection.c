/* spike_detection.c: Lightning's SpikeDetection: the loss of a batch against the mean of those
 * before it. A jump ends fit; skip_batches.json names the batch and the one before it, either of
 * which may have done it. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/options.h"
#include "trainer/classes.h"
#include "trainer/state.h"
#include "trainer/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    levin_callback base;
    levin_spike_detection_opts opts; // exclude_batches_path is ours
    int64_t window, warmup;
    double rtol;
    double *losses; // a ring of the window newest
    int64_t seen;   // losses put into it
    double last;
} spike_detection;

static double mean(const spike_detection *c)
{
    int64_t n = c->seen < c->window ? c->seen : c->window;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += c->losses[i];
    return n > 0 ? sum / (double)n : (double)NAN;
}

static bool is_spike(const spike_detection *c, double loss)
{
    double running = mean(c), change = loss - c->last, distance = fabs(loss - running);
    if (levin__is_on(c->opts.finite_only, true) && !isfinite(loss))
        return true;
    if (c->opts.mode == LEVIN_MODE_MIN ? change <= 0 : change >= 0)
        return false;
    return (!c->opts.atol.is_given || distance >= fabs(c->opts.atol.value)) &&
           (isinf(c->rtol) || distance >= fabs(c->rtol * running));
}

/* The batches are counted over the run, from 0. */
static void write_batches(const spike_detection *c, int64_t batch)
{
    const char *path = c->opts.exclude_batches_path;
    size_t n = strlen(path);
    bool is_file = n > 5 && strcmp(path + n - 5, ".json") == 0;
    char *file = is_file ? levin__strdup(path) : levin__path_join(path, "skip_batches.json");
    json_t *list = json_pack("[I, I]", (json_int_t)batch - 1, (json_int_t)batch);
    if (file && (is_file || levin__make_dirs(path) == LEVIN_OK))
        levin__json_save(file, list);
    json_decref(list);
    levin__free(file);
}

static void on_train_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    spike_detection *c = (spike_detection *)base;
    int64_t batch = t->position.total_batches - 1;
    double loss = t->loss;
    (void)m;
    if (b->batch_idx >= c->warmup && c->seen > 0 && is_spike(c, loss)) {
        write_batches(c, batch);
        levin__error_set(LEVIN_ENUMERIC,
                         "SpikeDetection: the loss jumped from %g (mean %g) to %g in batch %lld, "
                         "epoch %lld",
                         c->last, mean(c), loss, (long long)b->batch_idx,
                         (long long)t->current_epoch);
        return;
    }
    if (!isfinite(loss))
        return;
    c->losses[c->seen++ % c->window] = loss;
    c->last = loss;
}

static void state_dict(levin_callback *base, levin_state *s)
{
    const spike_detection *c = (spike_detection *)base;
    char name[32];
    levin_state_set_number(s, "seen", (double)c->seen);
    levin_state_set_number(s, "last", c->last);
    for (int64_t i = 0; i < c->window && i < c->seen; i++) {
        snprintf(name, sizeof name, "loss.%lld", (long long)i);
        levin_state_set_number(s, name, c->losses[i]);
    }
}

static void load_state_dict(levin_callback *base, const levin_state *s)
{
    spike_detection *c = (spike_detection *)base;
    char name[32];
    c->seen = levin__state_count(s, "seen", 0);
    c->last = levin_state_number(s, "last", 0);
    for (int64_t i = 0; i < c->window && i < c->seen; i++) {
        snprintf(name, sizeof name, "loss.%lld", (long long)i);
        c->losses[i] = levin_state_number(s, name, c->last);
    }
}

static void free_callback(levin_callback *base)
{
    spike_detection *c = (spike_detection *)base;
    levin__free(c->losses);
    levin__free((void *)c->opts.exclude_batches_path);
}

static const levin_callback_class spike_detection_class = {
    .name = "SpikeDetection",
    .size = sizeof(spike_detection),
    .free = free_callback,
    .state_dict = state_dict,
    .load_state_dict = load_state_dict,
    .on_train_batch_end = on_train_batch_end,
};

levin_callback *levin_spike_detection(const levin_spike_detection_opts *opts)
{
    static const levin_spike_detection_opts plain;
    enum { MOST = 1 << 20 };
    const levin_spike_detection_opts *o = opts ? opts : &plain;
    int64_t window = levin__number_or(o->window, 10), warmup = levin__number_or(o->warmup, 1);
    if (levin_error())
        return NULL;
    if (window < 1 || window > MOST || warmup < 0) {
        levin__error_set(LEVIN_EINVAL,
                         "SpikeDetection: window %lld must be 1 to %d, warmup %lld at least 0",
                         (long long)window, MOST, (long long)warmup);
        return NULL;
    }
    spike_detection *c = (spike_detection *)levin_callback_new(&spike_detection_class);
    if (!c)
        return NULL;
    const char *path = o->exclude_batches_path;
    c->opts = *o;
    c->opts.exclude_batches_path = levin__strdup(path ? path : ".");
    c->window = window;
    c->warmup = warmup;
    c->rtol = o->rtol.is_given ? o->rtol.value : 2;
    c->losses = levin__calloc((size_t)window, sizeof *c->losses);
    if (!levin_error())
        return &c->base;
    levin_callback_free(&c->base);
    return NULL;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_spike_detection_opts, field, missing, help)

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT_WORDS(levin_spike_detection_opts, mode, "min", "which losses are better",
                         "min max"),
    ARGUMENT(window, "10", "batches of the mean"),
    ARGUMENT(warmup, "1", "batches before it looks"),
    ARGUMENT(atol, "null", "a distance from the mean that is no spike"),
    ARGUMENT(rtol, "2.0", "the same as a multiple of the mean; inf: none"),
    ARGUMENT(exclude_batches_path, "null", "skip_batches.json, or its folder"),
    ARGUMENT(finite_only, "true", "a loss that is not finite is a spike"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_spike_detection(options); }

const levin_class levin__class_spike_detection = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "SpikeDetection",
    .paths = (const char *const[]){ "lightning.fabric.utilities.spike.SpikeDetection", NULL },
    .help = "ends training when the loss jumps",
    .size = sizeof(levin_spike_detection_opts),
    .arguments = arguments,
    .make.callback = make,
};
