/* nli_generate.c: levin's own NLI set as files in the layout of GLUE's MNLI.
 *
 * Labels are dealt out beforehand, a third each, and hypotheses are drawn without looking at them,
 * so that a hypothesis alone says nothing. Each hypothesis belongs to one split by its hash: what
 * is validated and tested on was never seen in training. */
#include "base/error.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "data/nli_pair.h"

#include <levin/data.h>
#include <string.h>

enum { MAX_ROWS = 200000, MAX_SENTENCE = 2000, SHARES = 8, PREMISES = 50, HYPOTHESES = 10000 };

static const struct split {
    const char *file;
    uint64_t first, end; // its shares of SHARES
} splits[] = {
    { "train.tsv", 0, 6 },
    { "dev_matched.tsv", 6, 7 },
    { "test_matched.tsv", 7, 8 },
};
enum { N_SPLITS = 3 };

static const char header[] =
    "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
    "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n";
static const char *const labels[] = { "entailment", "neutral", "contradiction" };
static const char *const genres[NLI_N_FRAMES] = { "action",   "activity",   "state",
                                                  "presence", "possession", "group" };

typedef struct generation {
    levin_generator g;
    const struct split *split;
    levin_map *seen; // "premise\thypothesis"
    levin_buffer hypothesis, premise, pair;
    nli_frame frame;
} generation;

/* FNV-1a, which no machine's byte order changes. */
static uint64_t hash_of(const levin_buffer *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text->size; i++)
        h = (h ^ (unsigned char)text->data[i]) * 0x100000001b3u;
    return h ^ (h >> 32);
}

static bool write(levin_buffer *out, const nli_sentence *s)
{
    levin__buffer_clear(out);
    levin__nli_write(out, s);
    return !out->failed;
}

/* A premise that is not the hypothesis again, and a pair that was not made before. */
static bool draw_premise(generation *w, const nli_sentence *hypothesis, nli_label label)
{
    for (int i = 0; i < PREMISES; i++) {
        nli_sentence premise = levin__nli_premise(&w->g, hypothesis, label);
        levin__buffer_clear(&w->pair);
        if (!write(&w->premise, &premise) ||
            !levin__buffer_addf(&w->pair, "%s\t%s", w->premise.data, w->hypothesis.data))
            return false;
        if (strcmp(w->premise.data, w->hypothesis.data) != 0 &&
            levin__map_get(w->seen, w->pair.data, w->pair.size, 0) == 0)
            return levin__map_set(w->seen, w->pair.data, w->pair.size, 1) == LEVIN_OK;
    }
    return false;
}

static bool draw_pair(generation *w, nli_label label)
{
    for (int i = 0; i < HYPOTHESES && !levin_error(); i++) {
        nli_sentence hypothesis = levin__nli_hypothesis(&w->g);
        if (!write(&w->hypothesis, &hypothesis))
            return false;
        uint64_t share = hash_of(&w->hypothesis) % SHARES;
        w->frame = hypothesis.frame;
        if (share >= w->split->first && share < w->split->end &&
            draw_premise(w, &hypothesis, label))
            return true;
    }
    levin__error_set(LEVIN_EINVAL, "%s: the grammar has no more new pairs; ask for fewer rows",
                     w->split->file);
    return false;
}

static bool add_row(levin_writer *out, generation *w, int64_t index, nli_label label)
{
    levin_buffer row = LEVIN_BUFFER(4 * MAX_SENTENCE);
    levin__buffer_addf(&row, "%lld\t%lld\t%lld%c\t%s\t-\t-\t-\t-\t%s\t%s\t%s\n", (long long)index,
                       (long long)index, (long long)index, labels[label][0], genres[w->frame],
                       w->pair.data, labels[label], labels[label]);
    bool ok = !row.failed && levin__writer_add(out, row.data, row.size);
    levin__buffer_free(&row);
    return ok;
}

static bool add_rows(levin_writer *out, generation *w, int64_t rows)
{
    int64_t *order = levin__alloc((size_t)rows * sizeof *order);
    w->seen = levin__map_new((size_t)rows);
    bool ok = order && w->seen && levin__writer_add(out, header, sizeof header - 1);
    if (ok)
        levin__generator_permute(&w->g, order, rows);
    for (int64_t i = 0; ok && i < rows; i++) {
        nli_label label = (nli_label)(order[i] % 3);
        ok = draw_pair(w, label) && add_row(out, w, i, label);
    }
    levin__free(order);
    return ok;
}

static int write_split(const char *folder, int index, int64_t rows, uint64_t seed)
{
    generation w = { .split = &splits[index],
                     .hypothesis = LEVIN_BUFFER(MAX_SENTENCE),
                     .premise = LEVIN_BUFFER(MAX_SENTENCE),
                     .pair = LEVIN_BUFFER(2 * MAX_SENTENCE) };
    levin__generator_seed(&w.g, seed * N_SPLITS + (uint64_t)index);
    char *path = levin__path_join(folder, w.split->file);
    levin_writer *out = path ? levin__writer_open(path) : NULL;
    if (out && add_rows(out, &w, rows))
        levin__writer_commit(out);
    else
        levin__writer_abort(out);
    levin__map_free(w.seen);
    levin__buffer_free(&w.hypothesis);
    levin__buffer_free(&w.premise);
    levin__buffer_free(&w.pair);
    levin__free(path);
    return levin_error();
}

int levin_generate_nli(const char *folder, int64_t train_rows, int64_t dev_rows, int64_t test_rows,
                       uint64_t seed)
{
    const int64_t rows[N_SPLITS] = { train_rows, dev_rows, test_rows };
    if (!folder || levin_error())
        return levin_error();
    for (int i = 0; i < N_SPLITS; i++)
        if (rows[i] < 0 || rows[i] > MAX_ROWS)
            return levin__error_set(LEVIN_EINVAL,
                                    "generate_nli: %lld rows for %s; 0 to %d are "
                                    "possible",
                                    (long long)rows[i], splits[i].file, MAX_ROWS);
    if (levin__make_dirs(folder) != LEVIN_OK)
        return levin_error();
    for (int i = 0; i < N_SPLITS; i++)
        if (rows[i] && write_split(folder, i, rows[i], seed) != LEVIN_OK)
            break;
    return levin_error();
}
