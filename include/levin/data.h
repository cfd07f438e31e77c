/* data.h: datasets, samplers and loaders. A dataset is map-style: it knows how many rows it has and
 * hands out any of them. A loader decides which rows, in what order, tokenizes them, and prepares
 * packed batches ahead on a thread of its own. */
#ifndef LEVIN_DATA_H
#define LEVIN_DATA_H

#include <levin/module.h>
#include <levin/tokenizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a step receives. Tensors are lent until the next batch. */
struct levin_batch {
    const levin_tensor *input_ids;      // (B, T*) i32; NULL if the data is not text
    const levin_tensor *token_type_ids; // (B, T*) i32; NULL if the data is not text
    const levin_tensor *features;       // (B, width) f32, for data that is not text; else NULL
    const levin_tensor *labels;         // (B) i64 classes or (B) f32 values; NULL if there are none
    int64_t size;                       // B
    int64_t batch_idx, dataloader_idx;
    const int64_t *indices; // (B) the rows of the dataset that these are
};

/* One row, as a dataset hands it out: a text or a pair of texts, or token ids, or numbers. */
typedef struct levin_example {
    const char *text, *text_pair;              // to be tokenized; text_pair may be NULL
    const int32_t *input_ids, *token_type_ids; // n_ids of them; token_type_ids NULL means zeros
    int64_t n_ids;
    const float *features; // n_features of them, the same number in every row
    int64_t n_features;
    int64_t label; // class number; left at -1 where there is none
    float value;   // target of a regression; left at NaN where there is none
} levin_example;

typedef struct levin_dataset levin_dataset;

/* Filled in as a constant, for data of your own; levin's datasets are made the same way. */
typedef struct levin_dataset_class {
    const char *name;
    size_t size;
    int64_t (*len)(const levin_dataset *d); // -1: a stream, whose end is not known
    /* Fills in row i, 0 <= i < len. What it points to must stay until the next call of get. Called
     * on the loader's thread, for one row at a time. 0, or an error code after recording it. A
     * stream is asked for rows 0, 1, 2 and so on, again from 0 in each epoch, and says 1 at its
     * end. */
    int (*get)(const levin_dataset *d, int64_t i, levin_example *out);
    void (*free)(levin_dataset *d); // what the struct holds, not the struct; may be NULL
    bool changing; // a row may differ from one epoch to the next: its token ids are not kept
} levin_dataset_class;

#define LEVIN_DATASET(type) .name = #type, .size = sizeof(type)

/* Embedded first in the struct of a dataset. */
struct levin_dataset {
    const levin_dataset_class *type;
    struct levin_dataset_node *node; // the library's part: labels, tokenizer, token ids
};

/** A dataset of the class, zeroed behind its base. Yours. */
LEVIN_API levin_dataset *levin_dataset_new(const levin_dataset_class *type);
LEVIN_API void levin_dataset_free(levin_dataset *d);

/** Rows of numbers: features (n, width), labels n class numbers or NULL. Copied. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_numbers(const float *features, int64_t n, int64_t width,
                                                    const int64_t *labels);

typedef struct levin_text_opts {
    const char *text_column, *text_pair_column, *label_column; // NULL: found by the usual names
    const char *const *columns;     // names, for a file that has no header line; ends with NULL
    const char *const *label_names; // in the order of their numbers; NULL: from the file, sorted
    int64_t num_labels;             // how many names
    int64_t max_rows;               // 0: all
    levin_switch regression;        // on: labels are numbers; default off
    levin_switch require_labels;    // default on; off for prediction: labels are taken where known
    levin_switch skip_malformed; // on: rows with a wrong number of fields are skipped and counted
} levin_text_opts;

/** Texts and labels from a file: .tsv and .txt (GLUE's, without quoting), .csv (RFC 4180), .jsonl
 * or .json (an object a line, or one list). Columns by name in the header. Labels by name; a number
 * stands for a class only where no class is called so. Rows whose label is "-" (no agreement, in
 * SNLI) are left out. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_file(const char *path, const levin_text_opts *opts);
/** One text or pair a row, with labels or NULL. Copied. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_texts(const char *const *texts,
                                                  const char *const *pairs, const int64_t *labels,
                                                  int64_t n);

/** Rows; -1 of a stream. */
LEVIN_API int64_t levin_dataset_len(const levin_dataset *d);
/** Texts of row i, lent as get says; NULL if there are none. */
LEVIN_API const char *levin_dataset_text(const levin_dataset *d, int64_t i);
LEVIN_API const char *levin_dataset_text_pair(const levin_dataset *d, int64_t i);
/** Class number of row i, -1 without labels. */
LEVIN_API int64_t levin_dataset_label(const levin_dataset *d, int64_t i);
/** Target of row i of a regression, NaN without one. */
LEVIN_API float levin_dataset_value(const levin_dataset *d, int64_t i);
/** Classes; 0 if it is not known or the labels are numbers. */
LEVIN_API int64_t levin_dataset_num_labels(const levin_dataset *d);
/** NULL if there is no such class; "0", "1", ... for classes without names. Lent. */
LEVIN_API const char *levin_dataset_label_name(const levin_dataset *d, int64_t label);
/** Sets the number of classes, which bounds the labels, and their names (NULL: numbers). */
LEVIN_API int levin_dataset_set_labels(levin_dataset *d, int64_t num_labels,
                                       const char *const *names);
/** Rows of the file that were left out: malformed ones, and those whose label is "-". */
LEVIN_API int64_t levin_dataset_skipped(const levin_dataset *d);
/** Sets the tokenizer that makes its batches and how many tokens a row may have, 0 for no limit
 * but the tokenizer's own; longer rows are truncated, the longer text first. The tokenizer is lent
 * and must outlive the dataset. */
LEVIN_API void levin_dataset_set_tokenizer(levin_dataset *d, const levin_tokenizer *t,
                                           int max_length);

typedef struct levin_dataloader_opts {
    int64_t batch_size;     // 0 means 1
    levin_switch shuffle;   // default off
    levin_switch drop_last; // default off
    levin_switch prefetch;  // default on: prepares batches ahead on another thread
    uint64_t seed;          // of the shuffle; 0: the thread's seed (levin_seed_everything)
    int max_length;         // tokens of a row, for loaders that make their own dataset; 0 means 128
    const char *data_dir;   // where those look for files
} levin_dataloader_opts;

/** A loader over dataset, which it takes. Yours, unless the trainer takes it. With prefetch it
 * belongs to this process: its thread does not come along to the child of a fork, which is to make
 * a loader of its own and leave this one alone. */
LEVIN_API levin_dataloader *levin_dataloader_new(levin_dataset *dataset,
                                                 const levin_dataloader_opts *opts);
/** Frees l, and the loaders that levin_dataloader_and put behind it. */
LEVIN_API void levin_dataloader_free(levin_dataloader *l);
/** [first, next]: for hooks such as val_dataloader, which may return several. Takes next; gives
 * first, or NULL if either is, and then frees the other. One loader twice is LEVIN_EINVAL, and
 * frees it. */
LEVIN_API levin_dataloader *levin_dataloader_and(levin_dataloader *first, levin_dataloader *next);
/** Batches of an epoch; -1 of a stream. */
LEVIN_API int64_t levin_dataloader_len(const levin_dataloader *l);
LEVIN_API int64_t levin_dataloader_batch_size(const levin_dataloader *l);
/** Sets it, from 1 on; holds from the next begin. 0 or an error code. */
LEVIN_API int levin_dataloader_set_batch_size(levin_dataloader *l, int64_t batch_size);
LEVIN_API const levin_dataset *levin_dataloader_dataset(const levin_dataloader *l);
/** Whether rows are shuffled, and by which seed; setting either holds from the next begin. */
LEVIN_API bool levin_dataloader_shuffle(const levin_dataloader *l);
LEVIN_API uint64_t levin_dataloader_seed(const levin_dataloader *l);
LEVIN_API void levin_dataloader_set_order(levin_dataloader *l, bool shuffle, uint64_t seed);

/** Begins epoch number epoch at batch number first: the order is a function of (seed, epoch) alone,
 * so any moment can be come back to. 0 or an error code. */
LEVIN_API int levin_dataloader_begin(levin_dataloader *l, int64_t epoch, int64_t first);
/** The next batch, lent until the next call: 1, 0 at the end of the epoch, or an error code (< 0).
 */
LEVIN_API int levin_dataloader_next(levin_dataloader *l, levin_batch *out);

/** Writes train.tsv, dev_matched.tsv and test_matched.tsv of levin's own NLI set into folder:
 * sentences made from a grammar by seed, three balanced classes, GLUE's MNLI columns. A split of 0
 * rows is not written. The same seed gives the same bytes, and a split does not depend on the
 * sizes of the others. */
LEVIN_API int levin_generate_nli(const char *folder, int64_t train_rows, int64_t dev_rows,
                                 int64_t test_rows, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
