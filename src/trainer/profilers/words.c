/* words.c: see words.h; and freeing a profiler, which leaves those that stand for a word alone. */
#include "trainer/profilers/words.h"

#include "base/error.h"
#include "base/memory.h"

#include <levin/sys/profiler.h>
#include <strings.h>

static levin_profiler *make_simple(void) { return levin_simple_profiler(NULL); }
static levin_profiler *make_advanced(void) { return levin_advanced_profiler(NULL); }
static levin_profiler *make_trace(void) { return levin_trace_profiler(NULL); }

static const struct {
    const char *word, *also;
    levin_profiler *(*make)(void);
} words[] = {
    { "simple", "SimpleProfiler", make_simple },
    { "advanced", "AdvancedProfiler", make_advanced },
    { "trace", "TraceProfiler", make_trace },
};
enum { WORDS = sizeof words / sizeof *words };
static levin_profiler stand_ins[WORDS]; // of no type: never called

/* Lightning's that have no meaning here, and what to take instead. */
static const struct {
    const char *word, *also, *why;
} foreign[] = {
    { "pytorch", "PyTorchProfiler",
      "looks into PyTorch; trace draws the operators of a step, advanced counts them" },
    { "xla", "XLAProfiler", "is for TPUs; use simple, advanced or trace" },
};

static bool is(const char *word, const char *a, const char *b)
{
    return strcasecmp(word, a) == 0 || strcasecmp(word, b) == 0;
}

levin_profiler *levin__profiler_of_word(const char *word)
{
    for (int i = 0; i < WORDS; i++)
        if (is(word, words[i].word, words[i].also))
            return &stand_ins[i];
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (is(word, foreign[i].word, foreign[i].also))
            levin__error_set(LEVIN_EUNSUPPORTED, "profiler: %s %s", word, foreign[i].why);
    levin__error_set(LEVIN_EINVAL, "profiler: '%s' is not simple, advanced or trace", word);
    return NULL;
}

const char *levin__word_of_profiler(const levin_profiler *p)
{
    for (int i = 0; i < WORDS; i++)
        if (p == &stand_ins[i])
            return words[i].word;
    return NULL;
}

levin_profiler *levin__profiler_make(levin_profiler *p)
{
    for (int i = 0; i < WORDS; i++)
        if (p == &stand_ins[i])
            return words[i].make();
    return p;
}

void levin_profiler_free(levin_profiler *p)
{
    if (!p || !p->type)
        return;
    if (p->type->free)
        p->type->free(p);
    levin__free(p);
}
