/* nli_premise.c: makes a premise out of a hypothesis by steps whose effect on the truth is known
 * (natural logic, after MacCartney and Manning 2009):
 *
 *   entailment     a word made more special, a modifier added, "x and y", active for passive
 *   neutral        a word made more general, a modifier dropped, "x or y", somebody else
 *   contradiction  a word replaced by one that excludes it, another number, a denial
 *
 * One step gives the label; others that keep it are mixed in, and remarks about something else, so
 * that neither length, nor the share of common words, nor a "not" gives the label away. */
#include "data/nli_pair.h"

#include <string.h>

enum { ATTEMPTS = 30 };

typedef struct maker {
    levin_generator *g;
    nli_sentence s;          // the premise in the making
    bool fixed[NLI_N_SLOTS]; // the label hangs on this slot: leave it alone
    bool number_fixed;
} maker;

/* What may replace the noun in a slot: things that the verb and the quality go with. */
static uint32_t fitting(const nli_sentence *s, nli_slot slot)
{
    nli_word quality = s->word[NLI_QUALITY];
    uint32_t mask = ~0u;
    if (slot == NLI_OBJECT && s->frame == NLI_DO)
        mask &= s->word[NLI_VERB].domain->of;
    if (quality.domain && slot == (s->frame == NLI_BE ? NLI_SUBJECT : NLI_OBJECT))
        mask &= quality.domain->of;
    return slot == NLI_OBJECT || slot == NLI_SUBJECT ? mask : 0;
}

static bool exclude(maker *m, nli_slot slot, nli_word *w)
{
    return levin__nli_exclude(m->g, w, fitting(&m->s, slot));
}

/* Tries the slots from a random one on. */
static bool on_some_slot(maker *m, bool (*step)(maker *m, nli_slot slot))
{
    int first = levin__below(m->g, NLI_N_SLOTS);
    for (int i = 0; i < NLI_N_SLOTS; i++) {
        nli_slot slot = (nli_slot)((first + i) % NLI_N_SLOTS);
        if (!m->fixed[slot] && m->s.word[slot].domain && step(m, slot))
            return m->fixed[slot] = true;
    }
    return false;
}

/* In a group the noun says who is counted: another noun, however near, is another group. */
static bool is_counted(const nli_sentence *s, nli_slot slot)
{
    return s->frame == NLI_GROUP && slot == NLI_SUBJECT;
}

static bool specialise_at(maker *m, nli_slot slot)
{
    return !is_counted(&m->s, slot) && levin__nli_specialise(m->g, &m->s.word[slot]);
}
static bool generalise_at(maker *m, nli_slot slot)
{
    return !is_counted(&m->s, slot) && levin__nli_generalise(m->g, &m->s.word[slot]);
}
static bool drop_at(maker *m, nli_slot slot)
{
    if (slot < NLI_QUALITY || (slot == NLI_QUALITY && m->s.frame == NLI_BE))
        return false;
    m->s.word[slot].domain = NULL;
    return true;
}
static bool replace_at(maker *m, nli_slot slot)
{
    return slot != NLI_SUBJECT && exclude(m, slot, &m->s.word[slot]);
}

static bool specialise(maker *m) { return on_some_slot(m, specialise_at); }
static bool generalise(maker *m) { return on_some_slot(m, generalise_at); }
static bool drop(maker *m) { return on_some_slot(m, drop_at); }

static bool somebody_else(maker *m)
{
    nli_slot slot = m->s.frame == NLI_THERE ? NLI_OBJECT : NLI_SUBJECT;
    return m->fixed[slot] = exclude(m, slot, &m->s.word[slot]);
}

/* Numbers: "at least four", "seven", "most of the". */

static bool strengthen_number(maker *m)
{
    nli_sentence *s = &m->s;
    if (s->number == NLI_AT_LEAST) {
        s->number = NLI_EXACTLY;
        s->count += levin__below(m->g, 3);
    } else if (s->frame == NLI_GROUP && s->number != NLI_ALL) {
        s->number = NLI_ALL;
    }
    return true;
}

static bool weaken_number(maker *m)
{
    nli_sentence *s = &m->s;
    if (s->number == NLI_ONE || s->number == NLI_ANY)
        return false;
    s->number = NLI_ANY;
    return m->number_fixed = true;
}

static bool contradict_number(maker *m)
{
    nli_sentence *s = &m->s;
    if (s->number != NLI_EXACTLY && s->number != NLI_AT_LEAST)
        return false;
    bool fewer = s->number == NLI_AT_LEAST || levin__chance(m->g, 50);
    s->number = NLI_EXACTLY;
    s->count += (fewer ? -1 : 1) * (1 + levin__below(m->g, 2));
    if (s->count == 1)
        s->number = NLI_ONE;
    return m->number_fixed = true;
}

/* Some may run while others sleep, but not while all do. */
static bool contradict_group(maker *m)
{
    if (!exclude(m, NLI_VERB, &m->s.word[NLI_VERB]))
        return false;
    m->s.number = m->s.number == NLI_ALL ? NLI_ANY : NLI_ALL;
    return m->number_fixed = m->fixed[NLI_VERB] = true;
}

static bool contradict(maker *m)
{
    switch (m->s.frame) {
    case NLI_THERE:
    case NLI_HAVE:
        return contradict_number(m);
    case NLI_GROUP:
        return contradict_group(m);
    default:
        return on_some_slot(m, replace_at);
    }
}

/* Two words in one slot. */

static bool can_pair(const nli_sentence *s, nli_slot slot)
{
    if (s->pairing != NLI_ALONE ||
        (s->frame != NLI_DO && s->frame != NLI_ACT && s->frame != NLI_BE))
        return false;
    return slot == NLI_VERB ? s->frame == NLI_ACT : slot != NLI_SUBJECT || s->frame != NLI_BE;
}

static bool pair(maker *m, nli_slot slot, nli_pairing pairing, bool any_order)
{
    nli_word other = m->s.word[slot];
    if (!can_pair(&m->s, slot) || !exclude(m, slot, &other))
        return false;
    m->s.pairing = pairing;
    m->s.paired = slot;
    m->s.other = other;
    if (any_order && levin__chance(m->g, 50)) {
        m->s.other = m->s.word[slot];
        m->s.word[slot] = other;
    }
    return true;
}

/* "x or y", where the hypothesis says x. */
static bool leave_open_at(maker *m, nli_slot slot) { return pair(m, slot, NLI_OR, true); }
/* "x and y" */
static bool join_at(maker *m, nli_slot slot)
{
    return (slot == NLI_SUBJECT || slot == NLI_OBJECT) && pair(m, slot, NLI_AND, true);
}
/* "x, not y" */
static bool contrast_at(maker *m, nli_slot slot)
{
    return slot != NLI_SUBJECT && (slot != NLI_QUALITY || m->s.frame == NLI_BE) &&
           pair(m, slot, NLI_RATHER, false);
}
/* "x or z" for a word that both are kinds of. */
static bool name_kinds_at(maker *m, nli_slot slot)
{
    nli_word other;
    if (slot == NLI_SUBJECT || !can_pair(&m->s, slot) ||
        !levin__nli_two_kinds(m->g, &m->s.word[slot], &other))
        return false;
    m->s.pairing = NLI_OR;
    m->s.paired = slot;
    m->s.other = other;
    return true;
}

static bool leave_open(maker *m) { return on_some_slot(m, leave_open_at); }

/* "y, not x", where the hypothesis says x. */
static bool deny_word(maker *m)
{
    if (!on_some_slot(m, contrast_at))
        return false;
    nli_word said = m->s.word[m->s.paired];
    m->s.word[m->s.paired] = m->s.other;
    m->s.other = said;
    return true;
}

/* Something else about the same person or thing. */
static bool other_fact(maker *m)
{
    nli_sentence *s = &m->s, fact = { .frame = NLI_BE, .past = s->past, .aside = -1 };
    if (s->frame != NLI_DO && s->frame != NLI_ACT && s->frame != NLI_BE)
        return false;
    fact.word[NLI_SUBJECT] = s->word[NLI_SUBJECT];
    fact.word[NLI_TIME] = s->word[NLI_TIME];
    if (s->frame == NLI_DO && levin__chance(m->g, 50)) {
        fact.frame = NLI_HAVE;
        fact.word[NLI_OBJECT] = s->word[NLI_OBJECT];
        fact.word[NLI_PLACE] = s->word[NLI_PLACE];
    } else {
        const nli_domain *d;
        do
            d = levin__nli_draw_domain(m->g, levin__nli_qualities,
                                       levin__nli_is(fact.word[NLI_SUBJECT]));
        while (d == s->word[NLI_QUALITY].domain);
        fact.word[NLI_QUALITY] = levin__nli_draw(m->g, d);
    }
    *s = fact;
    return true;
}

static bool same_words(const nli_sentence *a, const nli_sentence *b)
{
    for (int i = 0; i < NLI_N_SLOTS; i++) {
        nli_word x = a->word[i], y = b->word[i];
        if (x.domain != y.domain || (x.domain && (x.class != y.class || x.kind != y.kind)))
            return false;
    }
    return a->number == b->number && a->count == b->count;
}

/* Says more than the hypothesis does, in ways that keep the truth. */
static void add_truths(maker *m, unsigned percent)
{
    nli_sentence before = m->s;
    if (levin__chance(m->g, percent + percent / 4))
        specialise(m);
    if (!m->number_fixed && levin__chance(m->g, 2 * percent))
        strengthen_number(m);
    if (levin__chance(m->g, 2 * percent))
        levin__nli_add_modifier(m->g, &m->s);
    for (int i = 0; i < NLI_N_SLOTS; i++)
        if (m->fixed[i] && !before.word[i].domain)
            m->s.word[i] = before.word[i]; // what the label needs unsaid stays unsaid
}

static bool leave_undecided(maker *m)
{
    static bool (*const steps[])(
        maker *) = { drop,          drop,       drop,       drop,          drop,
                     drop,          drop,       drop,       drop,          drop,
                     drop,          drop,       generalise, somebody_else, somebody_else,
                     somebody_else, leave_open, other_fact, weaken_number };
    return steps[levin__below(m->g, sizeof steps / sizeof *steps)](m);
}

/* The whole sentence denied. That is false of the hypothesis if no more than it is denied, and
 * leaves it open if somebody else's doings are. */
static void deny(maker *m, nli_label truth)
{
    m->s.negated = true;
    if (m->s.number != NLI_ONE)
        m->s.number = NLI_ANY;
    if (truth == NLI_NEUTRAL)
        somebody_else(m);
    else if (levin__chance(m->g, 30))
        drop(m);
}

static void affirm(maker *m, nli_label truth, bool negative)
{
    if (truth == NLI_NEUTRAL)
        while (!leave_undecided(m))
            ;
    if (truth == NLI_CONTRADICTION && !(negative && levin__chance(m->g, 50) && deny_word(m)))
        while (!contradict(m))
            ;
    nli_sentence before = m->s;
    bool counted_out = truth == NLI_CONTRADICTION && m->number_fixed;
    add_truths(m, counted_out ? 0 : truth == NLI_ENTAILMENT ? 28 : 12);
    for (int i = 0; i < 5 && truth == NLI_ENTAILMENT && same_words(&before, &m->s); i++)
        add_truths(m, 30); // a mere copy would be refused, and the label's share of "not" with it
    if (negative && levin__chance(m->g, 30))
        on_some_slot(m, contrast_at);
    else if (levin__chance(m->g, 6))
        (void)(on_some_slot(m, name_kinds_at) || on_some_slot(m, join_at));
}

/* Whether a premise holds a "not": as often for every label. */
static bool draw_negative(maker *m, const nli_sentence *hypothesis, nli_label label)
{
    if (!hypothesis->negated)
        return levin__chance(m->g, 12);
    return label == NLI_ENTAILMENT ? levin__chance(m->g, 85)
                                   : label == NLI_NEUTRAL && levin__chance(m->g, 50);
}

nli_sentence levin__nli_premise(levin_generator *g, const nli_sentence *hypothesis, nli_label label)
{
    nli_label truth = label;
    if (hypothesis->negated && label != NLI_NEUTRAL)
        truth = label == NLI_ENTAILMENT ? NLI_CONTRADICTION : NLI_ENTAILMENT;
    maker m = { .g = g, .s = *hypothesis };
    m.s.negated = false;
    bool negative = draw_negative(&m, hypothesis, label);
    if (negative && truth != NLI_ENTAILMENT && (hypothesis->negated || levin__chance(g, 60)))
        deny(&m, truth);
    else
        affirm(&m, truth, negative);
    levin__nli_draw_surface(g, &m.s);
    bool has_not = m.s.negated || m.s.pairing == NLI_RATHER;
    if (negative ? !has_not : levin__chance(g, 6)) {
        m.s.aside = levin__below(g, levin__nli_n_asides);
        m.s.aside_negated = negative;
    }
    return m.s;
}
