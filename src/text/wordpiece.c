/* wordpiece.c: see wordpiece.h. Either every byte of a word is covered, or the word is [UNK]. */
#include "text/wordpiece.h"

#include "text/unicode.h"

static int64_t unknown(const levin_wordpiece *w, size_t n, int32_t *ids, int32_t *ends)
{
    ids[0] = w->unknown;
    if (ends)
        ends[0] = (int32_t)n;
    return 1;
}

/* A word that is no token. */
static int64_t split(const levin_wordpiece *w, const char *word, size_t n, int32_t *ids,
                     int32_t *ends)
{
    int64_t count = 0;
    for (size_t at = 0, size; at < n; at += size) {
        size_t most = n - at - (at == 0); // the whole word is no token
        int32_t id = levin__vocab_longest(w->vocab, word + at, most, at > 0, &size);
        if (id < 0)
            return unknown(w, n, ids, ends);
        ids[count] = id;
        if (ends)
            ends[count] = (int32_t)(at + size);
        count++;
    }
    return count;
}

int64_t levin__wordpiece(const levin_wordpiece *w, const char *word, size_t n, int32_t *ids,
                         int32_t *ends)
{
    if (n > w->max_chars_per_word && levin__utf8_count(word, n) > w->max_chars_per_word)
        return unknown(w, n, ids, ends);
    if (n <= w->vocab->longest[0]) { // most words are tokens
        ids[0] = levin__vocab_find(w->vocab, word, n, 0);
        if (ends)
            ends[0] = (int32_t)n;
        if (ids[0] >= 0)
            return 1;
    }
    return split(w, word, n, ids, ends);
}
