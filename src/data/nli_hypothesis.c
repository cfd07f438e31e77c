/* nli_hypothesis.c: draws what a hypothesis says. It knows nothing of labels, and every sentence
 * that it draws can be entailed, contradicted and left open by some premise. */
#include "data/nli_pair.h"

static nli_word quality_of(levin_generator *g, nli_word noun)
{
    return levin__nli_draw(g, levin__nli_draw_domain(g, levin__nli_qualities, levin__nli_is(noun)));
}

bool levin__nli_add_modifier(levin_generator *g, nli_sentence *s)
{
    nli_word *w = s->word;
    nli_slot slot = (nli_slot)(NLI_QUALITY + levin__below(g, 3));
    bool fits = slot == NLI_QUALITY
                    ? w[NLI_OBJECT].domain && levin__nli_is(w[NLI_OBJECT]) != NLI_DRINK
                : slot == NLI_PLACE ? s->frame != NLI_BE
                                    : s->past;
    if (w[slot].domain || !fits)
        return false;
    w[slot] = slot == NLI_QUALITY ? quality_of(g, w[NLI_OBJECT])
              : slot == NLI_PLACE
                  ? levin__nli_draw(g, &levin__nli_places)
                  : levin__nli_draw(g, levin__nli_draw_domain(g, levin__nli_times, 0));
    return true;
}

void levin__nli_draw_surface(levin_generator *g, nli_sentence *s)
{
    s->passive = s->frame == NLI_DO && levin__chance(g, 8);
    s->fronted = levin__chance(g, 8);
}

/* Somebody, or now and then no more than "the person". */
static nli_word subject(levin_generator *g, const nli_domain *d)
{
    nli_word w = levin__nli_draw(g, d);
    if (levin__chance(g, 8))
        w.kind = NLI_TOP;
    return w;
}

static nli_word activity_of(levin_generator *g, nli_word who)
{
    return levin__nli_draw(g, levin__nli_draw_domain(g, levin__nli_activities, levin__nli_is(who)));
}

static void draw_count(levin_generator *g, nli_sentence *s)
{
    s->number = levin__chance(g, 25) ? NLI_AT_LEAST : NLI_EXACTLY;
    s->count = 3 + levin__below(g, 5);
}

static void draw_core(levin_generator *g, nli_sentence *s)
{
    static const nli_number groups[] = { NLI_ANY, NLI_MOST, NLI_ALL };
    nli_word *w = s->word;
    const nli_domain *living = levin__chance(g, 70) ? &levin__nli_people : &levin__nli_animals;
    uint32_t possessions = NLI_GOODS | NLI_FOOD | NLI_FLOWER;
    switch (s->frame) {
    case NLI_DO:
        w[NLI_SUBJECT] = subject(g, &levin__nli_people);
        w[NLI_VERB] = levin__nli_draw(g, levin__nli_draw_domain(g, levin__nli_actions, 0));
        w[NLI_OBJECT] = levin__nli_draw_noun(g, w[NLI_VERB].domain->of);
        break;
    case NLI_ACT:
        w[NLI_SUBJECT] = subject(g, living);
        w[NLI_VERB] = activity_of(g, w[NLI_SUBJECT]);
        break;
    case NLI_BE:
        w[NLI_SUBJECT] =
            levin__chance(g, 50) ? levin__nli_draw_noun(g, NLI_GOODS) : subject(g, living);
        w[NLI_QUALITY] = quality_of(g, w[NLI_SUBJECT]);
        break;
    case NLI_THERE:
        w[NLI_OBJECT] = levin__nli_draw_noun(g, possessions | NLI_ANIMAL | NLI_PERSON);
        draw_count(g, s);
        break;
    case NLI_HAVE:
        w[NLI_SUBJECT] = subject(g, &levin__nli_people);
        w[NLI_OBJECT] = levin__nli_draw_noun(g, possessions);
        draw_count(g, s);
        break;
    case NLI_GROUP:
        w[NLI_SUBJECT] = levin__nli_draw(g, living);
        w[NLI_VERB] = activity_of(g, w[NLI_SUBJECT]);
        s->number = groups[levin__below(g, 3)];
    }
}

nli_sentence levin__nli_hypothesis(levin_generator *g)
{
    static const nli_frame shares[] = { NLI_DO,  NLI_DO, NLI_DO,    NLI_DO,   NLI_ACT,
                                        NLI_ACT, NLI_BE, NLI_THERE, NLI_HAVE, NLI_GROUP };
    nli_sentence s = { .aside = -1, .past = levin__chance(g, 60) };
    s.frame = shares[levin__below(g, sizeof shares / sizeof *shares)];
    draw_core(g, &s);
    if (levin__chance(g, 75))
        levin__nli_add_modifier(g, &s);
    levin__nli_draw_surface(g, &s);
    bool deniable = s.frame == NLI_DO || s.frame == NLI_ACT || s.frame == NLI_BE;
    s.negated = deniable && levin__chance(g, 7);
    return s;
}
