/* nli_sentence.h: what a sentence of the generated set says, as slots, and how it is written. */
#ifndef LEVIN_DATA_NLI_SENTENCE_H
#define LEVIN_DATA_NLI_SENTENCE_H

#include "base/buffer.h"
#include "data/nli_word.h"

typedef enum nli_frame {
    NLI_DO,    // the nurse was buying a hammer
    NLI_ACT,   // the nurse was running
    NLI_BE,    // the bus was dirty
    NLI_THERE, // there were three horses in the field
    NLI_HAVE,  // the nurse had three hammers
    NLI_GROUP, // most of the nurses were running
} nli_frame;
enum { NLI_N_FRAMES = 6 };

typedef enum nli_slot {
    NLI_SUBJECT, // of THERE: none
    NLI_VERB,    // of DO, ACT and GROUP
    NLI_OBJECT,  // of DO, THERE and HAVE
    NLI_QUALITY, // of the object; of the subject of BE
    NLI_PLACE,
    NLI_TIME,
    NLI_N_SLOTS,
} nli_slot;

typedef enum nli_number {
    NLI_ONE, // "a hammer"
    NLI_EXACTLY,
    NLI_AT_LEAST,
    NLI_ANY, // "hammers", "some of"
    NLI_MOST,
    NLI_ALL,
} nli_number;

/* A second word beside the one in a slot. */
typedef enum nli_pairing { NLI_ALONE, NLI_AND, NLI_OR, NLI_RATHER } nli_pairing; // "x, not y"

typedef struct nli_sentence {
    nli_frame frame;
    nli_word word[NLI_N_SLOTS];
    nli_word second_quality; // "a big red bus"
    nli_number number;       // of the object; of the subject of GROUP
    int count;               // of EXACTLY and AT_LEAST
    nli_pairing pairing;
    nli_slot paired;
    nli_word other;
    bool negated, past, passive, fronted;
    int aside; // index, or -1
    bool aside_negated;
    char tag[64];
} nli_sentence;

/** Writes the sentence, with a capital and a full stop, into an empty buffer. */
void levin__nli_write(levin_buffer *out, const nli_sentence *s);

#endif
