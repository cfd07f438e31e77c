/* template.h: how special tokens stand around one text or two: TemplateProcessing and
 * BertProcessing of `tokenizers`, flattened into a list of ids. */
#ifndef LEVIN_TEXT_TEMPLATE_H
#define LEVIN_TEXT_TEMPLATE_H

#include <levin/base.h>

enum {
    LEVIN_SEQUENCE_A = -1, // ids are not negative
    LEVIN_SEQUENCE_B = -2,
    LEVIN_TEMPLATE_MAX = 32,
};

typedef struct levin_template_piece {
    int32_t id; // of a special token, or one of the sequences
    int32_t type_id;
} levin_template_piece;

typedef struct levin_template {
    levin_template_piece pieces[LEVIN_TEMPLATE_MAX];
    int n;
    int specials; // pieces that are special tokens
} levin_template;

/** Appends a piece; false when the template is full. */
bool levin__template_add(levin_template *t, int32_t id, int32_t type_id);
/** [CLS] A [SEP] and [CLS] A [SEP] B [SEP]; type 1 from B on. */
void levin__template_bert(levin_template *single, levin_template *pair, int32_t cls, int32_t sep);
/** A alone; A and B: no special tokens. */
void levin__template_bare(levin_template *single, levin_template *pair);
/** Whether each sequence that there is occurs exactly once. */
bool levin__template_complete(const levin_template *t, bool pair);
/** Whether B stands before A. */
bool levin__template_swapped(const levin_template *t);
bool levin__template_equal(const levin_template *a, const levin_template *b);

#endif
