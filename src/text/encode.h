/* encode.h: encodings, for the files of this room that make or change them. */
#ifndef LEVIN_TEXT_ENCODE_H
#define LEVIN_TEXT_ENCODE_H

#include "text/tokenizer.h"

typedef struct levin_text {
    const char *bytes;
    size_t n;
} levin_text;

extern const levin_encode_opts levin__encode_defaults;

/** Whether a call makes sense before any text is looked at: 0, the pending error, or a new one. */
int levin__encode_check(const levin_tokenizer *t, const void *texts, const void *out,
                        const levin_encode_opts *opts);
/** levin_tokenizer_encode, once that is checked; pair may be NULL. */
int levin__encode(const levin_tokenizer *t, const levin_text *text, const levin_text *pair,
                  const levin_encode_opts *opts, levin_encoding *out);
/** Gives e room for n tokens and moves its own to begin at shift; the others hold nothing yet. */
int levin__encoding_resize(levin_encoding *e, int64_t n, int64_t shift);

#endif
