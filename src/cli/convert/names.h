/* names.h: where BERT stands in a state dict that somebody else's module named. Lightning puts the
 * attribute's name before it: self.model = BertForSequenceClassification(...) gives model.bert.*
 * and model.classifier.*, self.encoder = BertModel(...) gives encoder.*. */
#ifndef LEVIN_CLI_CONVERT_NAMES_H
#define LEVIN_CLI_CONVERT_NAMES_H

#include "cli/source.h"

/* encoder is what stands before "embeddings.word_embeddings.weight" ("model.bert."), wrapper the
 * part of it that stands before the model's other parts, too ("model."). */
typedef struct cli_root {
    char encoder[256], wrapper[256];
    bool found;
} cli_root;

typedef enum cli_part {
    CLI_PART_ENCODER, // bert.*
    CLI_PART_HEAD,    // classifier.*, cls.* and so on
    CLI_PART_OTHER,   // somebody else's
    CLI_PART_BUFFER,  // numbers of positions, which nobody needs
} cli_part;

/** Finds BERT below prefix (NULL: anywhere). False after an error, for more than one; none at all
 *  is no error unless prefix was given. */
bool cli_root_find(cli_root *out, const cli_source *s, const char *prefix);
/** The part that a name belongs to, and in *renamed (the caller's to free) the name that
 *  Transformers gives it: "bert." and "classifier." begin it. NULL after LEVIN_ENOMEM. */
cli_part cli_root_rename(const cli_root *r, const char *name, char **renamed);

#endif
