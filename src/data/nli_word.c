/* nli_word.c: see nli_word.h. Draws are made with integers alone, so that they are the same on
 * every machine. */
#include "data/nli_word.h"

#include <stddef.h>

enum { SHARE_GENERAL = 35 }; // percent of words that name a class though it has kinds

static const nli_class *class_of(nli_word w) { return &w.domain->classes[w.class]; }

static int n_kinds(nli_word w)
{
    int n = 0;
    while (class_of(w)->kinds && class_of(w)->kinds[n])
        n++;
    return n;
}

const char *levin__nli_text(nli_word w)
{
    if (w.kind == NLI_TOP)
        return w.domain->top;
    return w.kind == NLI_GENERAL ? class_of(w)->name : class_of(w)->kinds[w.kind];
}

uint32_t levin__nli_is(nli_word noun) { return noun.domain ? class_of(noun)->is : 0; }

bool levin__chance(levin_generator *g, unsigned percent)
{
    return levin__generator_below(g, 100) < percent;
}

int levin__below(levin_generator *g, int n) { return (int)levin__generator_below(g, (uint64_t)n); }

nli_word levin__nli_draw(levin_generator *g, const nli_domain *d)
{
    nli_word w = { d, levin__below(g, d->n_classes), NLI_GENERAL };
    if (n_kinds(w) && !levin__chance(g, SHARE_GENERAL))
        w.kind = levin__below(g, n_kinds(w));
    return w;
}

nli_word levin__nli_draw_noun(levin_generator *g, uint32_t mask)
{
    const nli_domain *domains[] = { &levin__nli_things, &levin__nli_animals, &levin__nli_people };
    for (;;) {
        nli_word w = levin__nli_draw(g, domains[levin__below(g, 3)]);
        if (levin__nli_is(w) & mask)
            return w;
    }
}

const nli_domain *levin__nli_draw_domain(levin_generator *g, nli_domains among, uint32_t of)
{
    for (;;) {
        const nli_domain *d = &among.list[levin__below(g, among.n)];
        if (!of || (d->of & of))
            return d;
    }
}

bool levin__nli_specialise(levin_generator *g, nli_word *w)
{
    if (!w->domain || w->kind >= 0 || (w->kind == NLI_GENERAL && !n_kinds(*w)))
        return false;
    if (w->kind == NLI_TOP)
        *w = levin__nli_draw(g, w->domain);
    else
        w->kind = levin__below(g, n_kinds(*w));
    return true;
}

bool levin__nli_generalise(levin_generator *g, nli_word *w)
{
    if (!w->domain || w->kind == NLI_TOP || (w->kind == NLI_GENERAL && !w->domain->top))
        return false;
    bool to_top = w->domain->top && (w->kind == NLI_GENERAL || levin__chance(g, 40));
    w->kind = to_top ? NLI_TOP : NLI_GENERAL;
    return true;
}

bool levin__nli_exclude(levin_generator *g, nli_word *w, uint32_t mask)
{
    if (!w->domain || w->kind == NLI_TOP)
        return false;
    for (int attempt = 0; attempt < 40; attempt++) {
        nli_word other = levin__nli_draw(g, w->domain);
        bool excludes = other.class != w->class || (!class_of(other)->shades && other.kind >= 0 &&
                                                    w->kind >= 0 && other.kind != w->kind);
        if (excludes && (!mask || (levin__nli_is(other) & mask))) {
            *w = other;
            return true;
        }
    }
    return false;
}

bool levin__nli_two_kinds(levin_generator *g, nli_word *w, nli_word *other)
{
    if (!w->domain || w->kind != NLI_GENERAL || class_of(*w)->shades || n_kinds(*w) < 2)
        return false;
    *other = *w;
    w->kind = levin__below(g, n_kinds(*w));
    other->kind = levin__below(g, n_kinds(*w) - 1);
    other->kind += other->kind >= w->kind;
    return true;
}
