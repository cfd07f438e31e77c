/* nli_grammar.h: the words of levin's own NLI set, and what each of them implies and rules out.
 *
 * Words stand in domains. The classes of a domain exclude each other (red, blue). A kind implies
 * its class (apple, fruit); kinds exclude each other too (apple, pear) unless they are shades of
 * one meaning (huge, enormous). A class implies the name of its domain, if it has one (dog,
 * animal). Every label of the set follows from this. */
#ifndef LEVIN_DATA_NLI_GRAMMAR_H
#define LEVIN_DATA_NLI_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

/* What a noun class is, so that verbs and qualities can say what they go with. */
enum {
    NLI_FRUIT = 1 << 0,
    NLI_VEGETABLE = 1 << 1,
    NLI_TOOL = 1 << 2,
    NLI_VEHICLE = 1 << 3,
    NLI_TOY = 1 << 4,
    NLI_INSTRUMENT = 1 << 5,
    NLI_CONTAINER = 1 << 6,
    NLI_CLOTHING = 1 << 7,
    NLI_FURNITURE = 1 << 8,
    NLI_FLOWER = 1 << 9,
    NLI_DRINK = 1 << 10,
    NLI_ANIMAL = 1 << 11,
    NLI_PERSON = 1 << 12,
    NLI_FOOD = NLI_FRUIT | NLI_VEGETABLE,
    NLI_GOODS = NLI_TOOL | NLI_VEHICLE | NLI_TOY | NLI_INSTRUMENT | NLI_CONTAINER | NLI_CLOTHING |
                NLI_FURNITURE,
};

typedef struct nli_class {
    const char *name;         // "fruit"; a verb of two forms is "eating|eaten"
    const char *const *kinds; // "apple", ..., closed by NULL; NULL if there are none
    bool shades;              // the kinds do not exclude each other
    uint32_t is;              // of a noun: one of the bits above
} nli_class;

typedef struct nli_domain {
    const char *top; // implied by every class; NULL if there is no such word
    const nli_class *classes;
    int n_classes;
    uint32_t of; // of a verb or a quality: the nouns that it goes with
} nli_domain;

typedef struct nli_domains {
    const nli_domain *list;
    int n;
} nli_domains;

extern const nli_domain levin__nli_people, levin__nli_animals, levin__nli_things;
extern const nli_domain levin__nli_places;
extern const nli_domains levin__nli_times;      // "on Monday"
extern const nli_domains levin__nli_qualities;  // "red"
extern const nli_domains levin__nli_activities; // "running"; of: who does it
extern const nli_domains levin__nli_actions;    // "eating|eaten"; of: what it is done to

/* Something that may have been the case as well ("the radio" ... "playing"). No hypothesis is about
 * any of it. */
typedef struct nli_aside {
    const char *subject, *predicate;
} nli_aside;
extern const nli_aside levin__nli_asides[];
extern const int levin__nli_n_asides;

#endif
