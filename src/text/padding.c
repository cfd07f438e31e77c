/* padding.c: encodings of one length, as Hugging Face pads them. levin's own batches are packed;
 * this is for comparing. */
#include "text/encoding.h"
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"

typedef struct {
    int64_t length;
    int32_t id, type_id;
    bool left;
} padding;

static void put_pad(levin_encoding *e, int64_t at, const padding *p)
{
    e->ids[at] = p->id;
    e->type_ids[at] = p->type_id;
    if (!e->offsets)
        return;
    e->offsets[at][0] = e->offsets[at][1] = 0;
    e->word_ids[at] = -1;
    e->sequence_ids[at] = -1;
    e->special_tokens_mask[at] = 1;
}

static int pad_one(levin_encoding *e, const padding *p)
{
    for (int64_t i = 0; i < e->n_overflowing; i++)
        if (pad_one(&e->overflowing[i], p) != LEVIN_OK)
            return LEVIN_ENOMEM;
    int64_t n = e->n, missing = p->length - n;
    if (missing <= 0)
        return LEVIN_OK;
    if (levin__encoding_resize(e, p->length, p->left ? missing : 0) != LEVIN_OK)
        return LEVIN_ENOMEM;
    for (int64_t i = 0; i < missing; i++)
        put_pad(e, p->left ? i : n + i, p);
    return LEVIN_OK;
}

/* One for each token, zero for each pad: e had n tokens before. */
static int8_t *mask_of(const levin_encoding *e, int64_t n, bool left)
{
    int8_t *mask = levin__calloc((size_t)e->n, 1);
    if (mask)
        memset(mask + (left ? e->n - n : 0), 1, (size_t)n);
    return mask;
}

static int64_t target_length(const levin_encoding *batch, int64_t n, const levin_padding_opts *o)
{
    int64_t length = o->length;
    for (int64_t i = 0; !o->length && i < n; i++)
        if (batch[i].n > length)
            length = batch[i].n;
    if (o->pad_to_multiple_of > 0 && length % o->pad_to_multiple_of)
        length += o->pad_to_multiple_of - length % o->pad_to_multiple_of;
    return length;
}

static bool pad_all(levin_encoding *batch, int64_t n, const padding *p, int8_t **attention_mask)
{
    for (int64_t i = 0; attention_mask && i < n; i++)
        attention_mask[i] = NULL;
    for (int64_t i = 0; i < n; i++) {
        int64_t tokens = batch[i].n;
        if (pad_one(&batch[i], p) != LEVIN_OK)
            return false;
        if (attention_mask && !(attention_mask[i] = mask_of(&batch[i], tokens, p->left)))
            return false;
    }
    return true;
}

int levin_tokenizer_pad(const levin_tokenizer *t, levin_encoding *batch, int64_t n,
                        const levin_padding_opts *opts, int8_t **attention_mask)
{
    levin_padding_opts o = opts ? *opts : (levin_padding_opts){ 0 };
    if (levin_error() != LEVIN_OK)
        return levin_error();
    if (!t || (n > 0 && !batch))
        return levin__error_set(LEVIN_EINVAL, "pad: no %s given", t ? "batch" : "tokenizer");
    if (o.length < 0 || o.pad_to_multiple_of < 0 || o.pad_id < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "pad: length %d, pad_to_multiple_of %d and pad_id %d, "
                                "none may be negative",
                                o.length, o.pad_to_multiple_of, (int)o.pad_id);
    padding p = { .id = o.pad_id ? o.pad_id : levin_tokenizer_token_to_id(t, t->special[LEVIN_PAD]),
                  .type_id = o.pad_type_id,
                  .left = o.pad_left.value > 0 };
    if (p.id < 0)
        return levin__error_set(LEVIN_EINVAL, "pad: the vocabulary has no pad token, pad_id is "
                                              "needed");
    p.length = target_length(batch, n, &o);
    if (pad_all(batch, n, &p, attention_mask))
        return LEVIN_OK;
    for (int64_t i = 0; attention_mask && i < n; i++) {
        levin__free(attention_mask[i]);
        attention_mask[i] = NULL;
    }
    return LEVIN_ENOMEM;
}
