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

int64_t levin__wordpiece(const levin_wordpiece *w, const char *word, size_t n, int32_t *ids,
                         int32_t *ends)
{
    if (n > w->max_chars_per_word && levin__utf8_count(word, n) > w->max_chars_per_word)
        return unknown(w, n, ids, ends);
    int64_t count = 0;
    for (size_t at = 0, size; at < n; at += size) {
        int32_t id = levin__vocab_longest(w->vocab, word + at, n - at, at > 0, &size);
        if (id < 0)
            return unknown(w, n, ids, ends);
        ids[count] = id;
        if (ends)
            ends[count] = (int32_t)(at + size);
        count++;
    }
    return count;
}
