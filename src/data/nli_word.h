/* nli_word.h: a word of the grammar, and the steps up, down and aside from it. */
#ifndef LEVIN_DATA_NLI_WORD_H
#define LEVIN_DATA_NLI_WORD_H

#include "base/random.h"
#include "data/nli_grammar.h"

/* A kind of a class, the class itself, or the top of its domain. */
enum { NLI_GENERAL = -1, NLI_TOP = -2 };
typedef struct nli_word {
    const nli_domain *domain; // NULL: nothing is said
    int class, kind;          // kind may be NLI_GENERAL or NLI_TOP
} nli_word;

const char *levin__nli_text(nli_word w);
/** The bit of a noun (NLI_FRUIT, ...). */
uint32_t levin__nli_is(nli_word noun);

bool levin__chance(levin_generator *g, unsigned percent);
int levin__below(levin_generator *g, int n);

/** A class of the domain or one of its kinds. */
nli_word levin__nli_draw(levin_generator *g, const nli_domain *d);
/** A thing, an animal or a person that is one of mask. */
nli_word levin__nli_draw_noun(levin_generator *g, uint32_t mask);
/** A domain that goes with nouns of these bits; any, for 0. */
const nli_domain *levin__nli_draw_domain(levin_generator *g, nli_domains among, uint32_t of);

/* Each changes the word and returns true, or leaves it alone. */
bool levin__nli_specialise(levin_generator *g, nli_word *w); // into a word that implies it
bool levin__nli_generalise(levin_generator *g, nli_word *w); // into a word that it implies
/** Into a word that excludes it, of these bits if mask is not 0. */
bool levin__nli_exclude(levin_generator *g, nli_word *w, uint32_t mask);
/** Two kinds of a class that exclude each other. */
bool levin__nli_two_kinds(levin_generator *g, nli_word *w, nli_word *other);

#endif
