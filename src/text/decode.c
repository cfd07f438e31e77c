/* decode.c: ids back to text, as the WordPiece decoder of `tokenizers` has it: pieces are joined by
 * blanks, the continuation prefix falls away, and each piece is cleaned up on its own. */
#include "text/tokenizer.h"

#include "base/buffer.h"
#include "base/error.h"

static const size_t TEXT_LIMIT = (size_t)1 << 31;

/* Replaces every from in the text by to, which is no longer. */
static void replace(char *text, size_t *n, const char *from, const char *to)
{
    size_t n_from = strlen(from), n_to = strlen(to), kept = 0;
    for (size_t at = 0; at < *n;) {
        if (*n - at >= n_from && memcmp(text + at, from, n_from) == 0) {
            memcpy(text + kept, to, n_to);
            kept += n_to;
            at += n_from;
        } else {
            text[kept++] = text[at++];
        }
    }
    *n = kept;
}

static void clean_up(char *text, size_t *n)
{
    static const char *const RULES[][2] = {
        { " .", "." },   { " ?", "?" },     { " !", "!" },     { " ,", "," },
        { " ' ", "'" },  { " n't", "n't" }, { " 'm", "'m" },   { " do not", " don't" },
        { " 's", "'s" }, { " 've", "'ve" }, { " 're", "'re" },
    };
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        replace(text, n, RULES[i][0], RULES[i][1]);
}

/* Whether the text that stands for an id is the content of a special token; one that is searched in
 * normalised text, and differs there, is therefore never passed over. */
static bool is_special(const levin_tokenizer *t, const char *token)
{
    int32_t at = levin__added_find(&t->added, token, strlen(token));
    return at >= 0 && t->added.items[at].token.special;
}

static void add_token(const levin_tokenizer *t, levin_buffer *b, const char *token, bool first)
{
    size_t prefix = strlen(t->decoder_prefix), before = b->size;
    bool continues = !first && strncmp(token, t->decoder_prefix, prefix) == 0;
    if (!first && !continues)
        levin__buffer_add_char(b, ' ');
    if (!levin__buffer_add_text(b, continues ? token + prefix : token) || !t->decoder_cleanup)
        return;
    size_t n = b->size - before;
    clean_up(b->data + before, &n);
    b->size = before + n;
    b->data[b->size] = '\0';
}

char *levin_tokenizer_decode(const levin_tokenizer *t, const int32_t *ids, int64_t n,
                             bool skip_special_tokens)
{
    if (!t || (n > 0 && !ids))
        return NULL;
    levin_buffer b = LEVIN_BUFFER(TEXT_LIMIT);
    bool first = true;
    for (int64_t i = 0; i < n && !b.failed; i++) {
        const char *token = levin_tokenizer_id_to_token(t, ids[i]);
        if (!token || (skip_special_tokens && is_special(t, token)))
            continue;
        add_token(t, &b, token, first);
        first = false;
    }
    return levin__buffer_take(&b);
}
