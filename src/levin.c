/* levin.c: the one file that may see every room: it lists the back ends, and reads the variables
 * that choose among them (docs/environment.md). */
#include "backends/cpu/cpu.h"
#if LEVIN_HAS_DNNL
#    include "backends/dnnl/dnnl.h"
#endif
#include "backends/ref/ref.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/suggest.h"
#include "tensor/backends.h"
#include "tensor/dispatch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const levin_kernels nothing = { .name = "none" };

/* What the environment may say, closed by NULL. */
static const char *const back_ends[] = { "ref", "cpu", "dnnl", NULL };
static const char *const caps[] = { "amx",  "avx512_bf16", "avx512_vnni", "avx512",
                                    "avx2", "generic",     NULL };

static const levin_kernels *tables[LEVIN_MAX_TABLES];
static levin_error_note wrong; // what it says and may not; code LEVIN_OK if nothing
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is(const char *word, const char *other) { return word && strcmp(word, other) == 0; }

static void set_tables(const levin_kernels *first, const levin_kernels *second)
{
    tables[0] = first;
    tables[1] = second;
    tables[2] = &levin__ref_kernels;
    tables[3] = &nothing;
}

/* The best set for this machine that is not above the cap (NULL: no cap); the last fits any. */
static const levin_kernels *best_kernels(const char *cap)
{
    const levin_cpu_set *set = levin__cpu_sets;
    while (cap && !is(cap, set->name))
        set++;
    while (!levin__cpu_gains_by(set->name))
        set++;
    return set->kernels;
}

/* Our own products go first everywhere: they finish a tile in cache, and their bits do not depend
 * on the number of threads, which oneDNN does not promise. */
static void set_best(const levin_kernels *kernels, const char *cap, const char *back_end)
{
#if LEVIN_HAS_DNNL
    levin__dnnl_cap(cap ? cap : "");
    if (is(back_end, "dnnl")) {
        set_tables(&levin__dnnl_kernels, kernels);
        return;
    }
#else
    (void)cap;
    (void)back_end;
#endif
    set_tables(kernels, &nothing);
}

static void refuse(const char *variable, const char *value, const char *const *words)
{
    const char *near = levin__suggest(value, words);
    levin_buffer known = LEVIN_BUFFER(256);
    for (; *words; words++)
        levin__buffer_addf(&known, "%s%s", known.size ? ", " : "", *words);
    levin__error_set(LEVIN_EINVAL, "unknown %s '%.60s'%s%s%s known: %s", variable, value,
                     near ? ", did you mean " : ",", near ? near : "", near ? "?" : "",
                     known.data ? known.data : "");
    levin__buffer_free(&known);
}

/* Which of the words a variable holds; NULL if it is unset or empty, or after an error. */
static const char *wish(const char *variable, const char *const *words)
{
    const char *value = getenv(variable);
    if (!value || !*value)
        return NULL;
    for (int i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0)
            return words[i];
    refuse(variable, value, words);
    return NULL;
}

/* A wish that cannot be met is noted, and an error of this thread; the tables are then as without
 * it. */
static void choose_by_environment(void)
{
    levin_error_note before;
    levin__error_take(&before); // which stands, but must not hide what comes
    const char *back_end = wish("LEVIN_BACKEND", back_ends), *cap = wish("LEVIN_CPU", caps);
    if (is(back_end, "dnnl") && !LEVIN_HAS_DNNL)
        levin__error_set(LEVIN_EUNSUPPORTED, "LEVIN_BACKEND 'dnnl': this levin was built without "
                                             "oneDNN, known: ref, cpu");
    if (is(back_end, "ref"))
        set_tables(&levin__ref_kernels, &nothing);
    else
        set_best(best_kernels(cap), cap, back_end);
    levin__error_take(&wrong);
    levin__error_give(&before);
    levin__error_give(&wrong);
}

const levin_kernels *const *levin__kernel_tables(void)
{
    pthread_once(&once, choose_by_environment);
    return (const levin_kernels *const *)tables;
}

int levin__check_environment(void)
{
    pthread_once(&once, choose_by_environment);
    levin__error_give(&wrong);
    levin_num_threads();
    return levin_error();
}

bool levin__use_back_end(const char *name)
{
    pthread_once(&once, choose_by_environment);
    if (!name) {
        choose_by_environment();
        return !wrong.code;
    }
    if (is(name, "ref")) {
        set_tables(&levin__ref_kernels, &nothing);
        return true;
    }
    if (is(name, "dnnl")) {
        if (LEVIN_HAS_DNNL)
            set_best(best_kernels(NULL), NULL, name);
        return LEVIN_HAS_DNNL;
    }
    const levin_cpu_set *set = levin__cpu_sets;
    while (set->name && !is(name, set->name))
        set++;
    if (!set->name || !levin__cpu_has(name))
        return false;
    set_best(set->kernels, name, NULL);
    return true;
}

void levin__use_kernels(const levin_kernels *kernels)
{
    pthread_once(&once, choose_by_environment);
    set_tables(kernels, &nothing);
}

const char *levin__back_end_name(void) { return levin__kernel_tables()[0]->name; }
