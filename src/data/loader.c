/* loader.c: batches of an epoch, in order. With prefetch, a thread of the loader's own fills a ring
 * of slots ahead of the caller; without it the caller fills one slot himself. Both walk the same
 * batches with the same functions, so the results are the same.
 *
 * One mutex guards the numbers below it. Batch number b lies in slot b % n_slots; the thread may
 * write a slot only while made - taken says that the caller is done with it. */
#include "data/loader.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/span.h"
#include "data/collate.h"
#include "data/dataset.h"
#include "data/sampler.h"
#include "nn/init.h"

#include <pthread.h>

enum { N_SLOTS = 4 }; // one lent to the caller, up to three ahead

struct levin_dataloader {
    levin_dataset *dataset;
    levin_dataloader *next;        // put behind it by levin_dataloader_and; owned
    int64_t batch_size, n_batches; // -1: of a stream
    bool drop_last;
    int64_t stream_row; // which the stream gives next
    levin_sampler sampler;
    int64_t n_slots; // 0 before the first begin
    levin_slot slots[N_SLOTS];
    levin_error_note notes[N_SLOTS];
    bool prefetch, thread_runs, lent;
    pthread_t thread;

    pthread_mutex_t mutex;
    pthread_cond_t work, ready; // for the thread; for the caller
    int64_t made, taken, end;   // batch numbers: made so far, given back so far, one past the last
    bool busy, quit;
};

static bool is_stream(const levin_dataloader *l) { return l->sampler.n < 0; }

/* Reads on to a row of a stream that lies ahead; false at its end or after an error. */
static bool skip_to(levin_dataloader *l, int64_t row)
{
    levin_example e;
    while (l->stream_row < row && levin__dataset_get(l->dataset, l->stream_row, &e) == LEVIN_OK)
        l->stream_row++;
    return l->stream_row == row;
}

/* Fills the slot of batch b and notes the error, if any. False if a stream ended before it. */
static bool make(levin_dataloader *l, int64_t b)
{
    levin_slot *slot = &l->slots[b % l->n_slots];
    int64_t first = b * l->batch_size, n = l->batch_size;
    double began = levin__span_begin();
    if (!is_stream(l) && n > l->sampler.n - first)
        n = l->sampler.n - first;
    slot->batch.size = 0;
    bool there = !is_stream(l) || skip_to(l, first);
    if (there) {
        levin__sampler_rows(&l->sampler, first, n, slot->rows);
        levin__collate(slot, l->dataset, n);
    }
    slot->batch.batch_idx = b;
    l->stream_row += slot->batch.size;
    levin_error_note *note = &l->notes[b % l->n_slots];
    levin__error_take(note);
    if (levin__span_is_heard(began))
        levin__span_tell(LEVIN_SPAN_WORK, "batch", began, 0);
    if (!is_stream(l) || note->code)
        return true;
    return there && slot->batch.size > (l->drop_last ? n - 1 : 0);
}

/* With the mutex: the batch that was tried is there, or it was the end of a stream. */
static void count_made(levin_dataloader *l, bool made)
{
    if (!made) {
        l->end = l->made;
        return;
    }
    const levin_slot *slot = &l->slots[l->made % l->n_slots];
    bool failed = l->notes[l->made % l->n_slots].code != 0;
    l->made++;
    if (failed || (is_stream(l) && slot->batch.size < l->batch_size))
        l->end = l->made; // nothing is worth making behind an error, nor behind the end
}

static bool may_make(const levin_dataloader *l)
{
    return l->made < l->end && l->made - l->taken < l->n_slots;
}

static void *run(void *argument)
{
    levin_dataloader *l = argument;
    levin__thread_set_name("loader", -1);
    pthread_mutex_lock(&l->mutex);
    while (!l->quit) {
        if (!may_make(l)) {
            pthread_cond_wait(&l->work, &l->mutex);
            continue;
        }
        int64_t b = l->made;
        l->busy = true;
        pthread_mutex_unlock(&l->mutex);
        bool made = make(l, b);
        pthread_mutex_lock(&l->mutex);
        l->busy = false;
        count_made(l, made);
        pthread_cond_signal(&l->ready);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* Waits until the thread makes nothing and will make nothing. */
static void halt(levin_dataloader *l)
{
    pthread_mutex_lock(&l->mutex);
    l->end = 0;
    while (l->busy)
        pthread_cond_wait(&l->ready, &l->mutex);
    pthread_mutex_unlock(&l->mutex);
}

static int start_thread(levin_dataloader *l)
{
    if (l->thread_runs)
        return LEVIN_OK;
    int err = pthread_create(&l->thread, NULL, run, l);
    if (err)
        return levin__error_system(err, "dataloader: cannot start a thread");
    l->thread_runs = true;
    return LEVIN_OK;
}

static int64_t count_batches(const levin_dataloader *l)
{
    int64_t n = l->sampler.n, size = l->batch_size;
    if (n < 0)
        return -1;
    return l->drop_last ? n / size : n / size + (n % size != 0);
}

static int check_new(const levin_dataloader *l)
{
    const char *name = l->dataset->node->name;
    if (l->batch_size < 1)
        return levin__error_set(LEVIN_EINVAL, "%s: batch_size %lld, expected 1 or more", name,
                                (long long)l->batch_size);
    if (l->sampler.n == 0)
        return levin__error_set(LEVIN_EINVAL, "%s: an empty data set: no rows", name);
    if (is_stream(l) && l->sampler.shuffle)
        return levin__error_set(LEVIN_EINVAL,
                                "%s: a stream comes in its own order, it cannot be shuffled", name);
    return LEVIN_OK;
}

levin_dataloader *levin_dataloader_new(levin_dataset *dataset, const levin_dataloader_opts *opts)
{
    static const levin_dataloader_opts defaults;
    opts = opts ? opts : &defaults;
    levin_dataloader *l = dataset && !levin_error() ? levin__calloc(1, sizeof *l) : NULL;
    if (!l) {
        levin_dataset_free(dataset);
        return NULL;
    }
    l->dataset = dataset;
    l->batch_size = opts->batch_size ? opts->batch_size : 1;
    l->prefetch = opts->prefetch.value >= 0;
    l->sampler = (levin_sampler){ .n = levin_dataset_len(dataset),
                                  .shuffle = opts->shuffle.value > 0,
                                  .seed = opts->seed ? opts->seed : levin__seed() };
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->ready, NULL);
    l->drop_last = opts->drop_last.value > 0;
    l->n_batches = l->batch_size > 0 ? count_batches(l) : 0;
    if (check_new(l) == LEVIN_OK)
        return l;
    levin_dataloader_free(l);
    return NULL;
}

void levin_dataloader_free(levin_dataloader *l)
{
    if (!l)
        return;
    levin_dataloader_free(l->next);
    if (l->thread_runs) {
        pthread_mutex_lock(&l->mutex);
        l->quit = true;
        pthread_cond_signal(&l->work);
        pthread_mutex_unlock(&l->mutex);
        pthread_join(l->thread, NULL);
    }
    pthread_mutex_destroy(&l->mutex);
    pthread_cond_destroy(&l->work);
    pthread_cond_destroy(&l->ready);
    for (int64_t i = 0; i < l->n_slots; i++)
        levin__slot_free(&l->slots[i]);
    levin__sampler_free(&l->sampler);
    levin_dataset_free(l->dataset);
    levin__free(l);
}

/* Whether l stands in the chain that begins with first. */
static bool has(const levin_dataloader *first, const levin_dataloader *l)
{
    while (first && first != l)
        first = first->next;
    return first != NULL;
}

levin_dataloader *levin_dataloader_and(levin_dataloader *first, levin_dataloader *next)
{
    if (!first || !next) {
        levin_dataloader_free(first ? first : next);
        return NULL;
    }
    if (has(first, next) || has(next, first)) {
        levin__error_set(LEVIN_EINVAL, "%s: the same loader is given twice; make one for each",
                         first->dataset->node->name);
        levin_dataloader_free(has(first, next) ? first : next);
        return NULL;
    }
    levin_dataloader *last = first;
    while (last->next)
        last = last->next;
    last->next = next;
    return first;
}

levin_dataloader *levin__dataloader_unchain(levin_dataloader *l)
{
    levin_dataloader *next = l->next;
    l->next = NULL;
    return next;
}

int64_t levin_dataloader_len(const levin_dataloader *l) { return l ? l->n_batches : 0; }
int64_t levin_dataloader_batch_size(const levin_dataloader *l) { return l ? l->batch_size : 0; }
const levin_dataset *levin_dataloader_dataset(const levin_dataloader *l)
{
    return l ? l->dataset : NULL;
}

/* Only begin looks at these two; the thread has its order already. */
bool levin_dataloader_shuffle(const levin_dataloader *l) { return l && l->sampler.shuffle; }
uint64_t levin_dataloader_seed(const levin_dataloader *l) { return l ? l->sampler.seed : 0; }
void levin_dataloader_set_order(levin_dataloader *l, bool shuffle, uint64_t seed)
{
    if (!l)
        return;
    l->sampler.shuffle = shuffle;
    l->sampler.seed = seed;
}

int levin_dataloader_set_batch_size(levin_dataloader *l, int64_t batch_size)
{
    if (!l || levin_error())
        return levin_error();
    if (batch_size < 1)
        return levin__error_set(LEVIN_EINVAL, "%s: batch_size %lld, expected 1 or more",
                                l->dataset->node->name, (long long)batch_size);
    halt(l);
    for (; l->n_slots > 0; l->n_slots--)
        levin__slot_free(&l->slots[l->n_slots - 1]);
    l->batch_size = batch_size;
    l->n_batches = count_batches(l);
    return LEVIN_OK;
}

/* A stream's next batch is made while this one is lent: only so is the last one known. */
static int init_slots(levin_dataloader *l)
{
    int64_t wanted = l->prefetch ? N_SLOTS : is_stream(l) ? 2 : 1;
    for (; l->n_slots < wanted; l->n_slots++) {
        int code = levin__slot_init(&l->slots[l->n_slots], l->dataset, l->batch_size);
        if (code != LEVIN_OK) {
            levin__slot_free(&l->slots[l->n_slots]);
            return code;
        }
    }
    return LEVIN_OK;
}

int levin_dataloader_begin(levin_dataloader *l, int64_t epoch, int64_t first)
{
    if (!l || levin_error())
        return levin_error();
    int64_t most = is_stream(l) ? INT64_MAX / l->batch_size - N_SLOTS : l->n_batches;
    if (epoch < 0 || first < 0 || first > most)
        return levin__error_set(LEVIN_EINVAL, "dataloader: batch %lld of epoch %lld; it has %lld",
                                (long long)first, (long long)epoch, (long long)most);
    halt(l);
    if (init_slots(l) != LEVIN_OK || levin__sampler_begin(&l->sampler, epoch) != LEVIN_OK)
        return levin_error();
    pthread_mutex_lock(&l->mutex);
    l->made = l->taken = first;
    l->end = is_stream(l) ? INT64_MAX : l->n_batches;
    l->stream_row = 0;
    l->lent = false;
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->mutex);
    return l->prefetch ? start_thread(l) : LEVIN_OK;
}

/* With the mutex: waits for batch b, or makes it; whether there is one. */
static bool reach(levin_dataloader *l, int64_t b)
{
    while (l->prefetch && l->made <= b && l->made < l->end)
        pthread_cond_wait(&l->ready, &l->mutex);
    if (!l->prefetch && l->made <= b && may_make(l))
        count_made(l, make(l, l->made));
    return b < l->made;
}

/* Gives the lent batch back and waits for the next one: whether there is one. */
static bool await(levin_dataloader *l)
{
    pthread_mutex_lock(&l->mutex);
    if (l->lent) {
        l->taken++;
        pthread_cond_signal(&l->work);
    }
    l->lent = false;
    bool there = reach(l, l->taken);
    pthread_mutex_unlock(&l->mutex);
    return there;
}

bool levin__dataloader_is_last(levin_dataloader *l)
{
    if (!is_stream(l))
        return l->taken + 1 >= l->n_batches;
    pthread_mutex_lock(&l->mutex);
    bool more = reach(l, l->taken + 1);
    pthread_mutex_unlock(&l->mutex);
    return !more;
}

int levin_dataloader_next(levin_dataloader *l, levin_batch *out)
{
    if (!l || !out || levin_error())
        return levin_error();
    if (l->n_slots == 0)
        return levin__error_set(LEVIN_ESTATE, "dataloader: levin_dataloader_begin comes first");
    if (!await(l))
        return 0;
    const levin_error_note *note = &l->notes[l->taken % l->n_slots];
    levin__error_give(note);
    if (note->code)
        return note->code;
    *out = l->slots[l->taken % l->n_slots].batch;
    l->lent = true;
    return 1;
}
