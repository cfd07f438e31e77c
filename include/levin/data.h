/* data.h: datasets, samplers and loaders. A dataset is map-style: it knows how many rows it has and
 * makes a packed batch of any of them. A loader decides which rows, in what order, and prepares
 * batches ahead on a thread of its own. */
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
    const levin_tensor *features;       // (B, ...) f32, for data that is not text; else NULL
    const levin_tensor *labels;         // (B) i64 classes or (B) f32 values; NULL if there are none
    int64_t size;                       // B
    int64_t batch_idx, dataloader_idx;
    const int64_t *indices; // (B) the rows of the dataset that these are
};

typedef struct levin_dataset levin_dataset;

/** Rows of numbers: features (n, width), labels n class numbers or NULL. Copied. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_numbers(const float *features, int64_t n, int64_t width,
                                                    const int64_t *labels);

typedef struct levin_text_opts {
    const char *text_column, *text_pair_column, *label_column; // NULL: found by the usual names
    const char *const *label_names; // NULL: from the file, sorted; ends with NULL
    int64_t num_labels;             // how many names
    int64_t max_rows;               // 0: all
    levin_switch regression;        // on: labels are numbers; default off
    levin_switch require_labels;    // default on; off for prediction
} levin_text_opts;

/** Texts and labels from a file: .tsv (GLUE's, without quoting), .csv (RFC 4180), .jsonl or .json
 * (an object a line, or one list). Columns by name in the header. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_file(const char *path, const levin_text_opts *opts);
/** One text or pair a row, with labels or NULL. Copied. Yours. */
LEVIN_API levin_dataset *levin_dataset_from_texts(const char *const *texts,
                                                  const char *const *pairs, const int64_t *labels,
                                                  int64_t n);
LEVIN_API void levin_dataset_free(levin_dataset *d);

LEVIN_API int64_t levin_dataset_len(const levin_dataset *d);
/** Texts of row i, lent; pair NULL if there is none. */
LEVIN_API const char *levin_dataset_text(const levin_dataset *d, int64_t i);
LEVIN_API const char *levin_dataset_text_pair(const levin_dataset *d, int64_t i);
/** Class number of row i, -1 without labels. */
LEVIN_API int64_t levin_dataset_label(const levin_dataset *d, int64_t i);
LEVIN_API int64_t levin_dataset_num_labels(const levin_dataset *d);
LEVIN_API const char *levin_dataset_label_name(const levin_dataset *d, int64_t label);
/** Sets the tokenizer that makes its batches and how long a row may become; the tokenizer is lent
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

/** A loader over dataset, which it takes. Yours, unless the trainer takes it. */
LEVIN_API levin_dataloader *levin_dataloader_new(levin_dataset *dataset,
                                                 const levin_dataloader_opts *opts);
LEVIN_API void levin_dataloader_free(levin_dataloader *l);
/** Batches of an epoch. */
LEVIN_API int64_t levin_dataloader_len(const levin_dataloader *l);
LEVIN_API const levin_dataset *levin_dataloader_dataset(const levin_dataloader *l);
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
 * sentences made from a grammar by seed, three balanced classes, GLUE's MNLI columns. */
LEVIN_API int levin_generate_nli(const char *folder, int64_t train_rows, int64_t dev_rows,
                                 int64_t test_rows, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
