/* encode.h: encodings, for the files of this room that make or change them. */
#ifndef LEVIN_TEXT_ENCODE_H
#define LEVIN_TEXT_ENCODE_H

#include "text/encoding.h"
#include "text/tokenizer.h"

typedef struct levin_text {
    const char *bytes;
    size_t n;
} levin_text;

extern const levin_encode_opts levin__encode_defaults;

/** Whether a call makes sense before any text is looked at: 0, the pending error, or a new one. */
int levin__encode_check(const levin_tokenizer *t, const void *texts, const void *out,
                        const levin_encode_opts *opts);
/** levin_tokenizer_encode, once that is checked; pair may be NULL, and so may room. */
int levin__encode(const levin_tokenizer *t, const levin_text *text, const levin_text *pair,
                  const levin_encode_opts *opts, levin_encoding_room *room, levin_encoding *out);

#endif
