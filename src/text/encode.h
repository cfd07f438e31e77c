/* encode.h: encodings, for the files of this room that make or change them. */
#ifndef LEVIN_TEXT_ENCODE_H
#define LEVIN_TEXT_ENCODE_H

#include "text/encoding.h"
#include "text/tokenizer.h"

typedef struct levin_text {
    const char *bytes;
    size_t n;
} levin_text;

/* What goes from one text to the next: options, scratch memory, room for results. */
typedef struct levin_encoder {
    const levin_tokenizer *t;
    const levin_encode_opts *opts;
    const levin_template *template; // for the present text, or pair of texts
    bool specials, offsets, pair;
    levin_pieces pieces[2];
    levin_cut cuts[2];
    levin_encoding_room room;
    levin_scope *scope;
} levin_encoder;

extern const levin_encode_opts levin__encode_defaults;

/** Whether a call makes sense before any text is looked at: 0, the pending error, or a new one. */
int levin__encode_check(const levin_tokenizer *t, const void *texts, const void *out,
                        const levin_encode_opts *opts);
/** Opens a scope: 0, or an error code, and then there is nothing to end. */
int levin__encoder_begin(levin_encoder *c, const levin_tokenizer *t, const levin_encode_opts *opts);
/** levin_tokenizer_encode, once that is checked; pair may be NULL. */
int levin__encoder_text(levin_encoder *c, const levin_text *text, const levin_text *pair,
                        levin_encoding *out);
void levin__encoder_end(levin_encoder *c);

#endif
