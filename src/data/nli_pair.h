/* nli_pair.h: a hypothesis, and a premise that gives it a label. */
#ifndef LEVIN_DATA_NLI_PAIR_H
#define LEVIN_DATA_NLI_PAIR_H

#include "data/nli_sentence.h"

/* GLUE's order. */
typedef enum nli_label { NLI_ENTAILMENT, NLI_NEUTRAL, NLI_CONTRADICTION } nli_label;

/** A sentence that can be a hypothesis of any label. */
nli_sentence levin__nli_hypothesis(levin_generator *g);
/** A premise that makes label true of the hypothesis. */
nli_sentence levin__nli_premise(levin_generator *g, const nli_sentence *hypothesis,
                                nli_label label);

/* Shared by both. */
/** Adds a quality, a place or a time; false if what was drawn is there already or does not fit. */
bool levin__nli_add_modifier(levin_generator *g, nli_sentence *s);
/** Active or passive, and what stands first. */
void levin__nli_draw_surface(levin_generator *g, nli_sentence *s);

#endif
