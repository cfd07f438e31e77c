/* metrics.h: numbers that are reported, not minimised. Each is an accumulator over batches: begin
 * with zeros, add, compute. Values are those of scikit-learn and of Hugging Face's evaluate. */
#ifndef LEVIN_METRICS_H
#define LEVIN_METRICS_H

#include <levin/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_metric levin_metric;

/** By name (any case): accuracy, f1 (of label 1), f1_macro, f1_micro, f1_weighted, precision,
 * recall, matthews_correlation, pearsonr, spearmanr, mse. num_classes bounds labels; ignored by the
 * last three. Yours. */
LEVIN_API levin_metric *levin_metric_new(const char *name, int64_t num_classes);
LEVIN_API void levin_metric_free(levin_metric *m);
/** Adds (B) predictions, class numbers or values, and (B) targets of the same meaning. */
LEVIN_API int levin_metric_add(levin_metric *m, const levin_tensor *predictions,
                               const levin_tensor *targets);
/** The value over everything added; NaN where it is not defined (nothing added, Pearson of a
 * constant); 0 where Hugging Face says 0 (F1 or Matthews with an empty denominator). */
LEVIN_API double levin_metric_compute(const levin_metric *m);
LEVIN_API void levin_metric_reset(levin_metric *m);

#ifdef __cplusplus
}
#endif
#endif
