/* histogram.c: see histogram.h. The ends of buckets are 0 and plus and minus 1e-12 times every
 * power of 1.1 below 1e20; what lies beyond them counts into the outermost. */
#include "trainer/loggers/histogram.h"

#include <math.h>

/* The ends of all buckets, rising; their number, one more than buckets. */
static int make_ends(double *ends)
{
    int half = 0;
    for (double x = 1e-12; x < 1e20; x *= 1.1)
        half++;
    double x = 1e-12;
    for (int i = 1; i <= half; i++, x *= 1.1) {
        ends[half - i] = -x;
        ends[half + i] = x;
    }
    ends[half] = 0;
    return 2 * half + 1;
}

/* The bucket [ends[i], ends[i + 1]) that x lies in, the outermost ones reaching to infinity. */
static int find_bucket(const double *ends, int n, double x)
{
    int low = 0, high = n - 1; // x is at or above ends[low], below ends[high]
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (x >= ends[middle])
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void add(levin_histogram *h, double x, double *count)
{
    h->min = h->num == 0 || x < h->min ? x : h->min;
    h->max = h->num == 0 || x > h->max ? x : h->max;
    h->num++;
    h->sum += x;
    h->sum_squares += x * x;
    (*count)++;
}

bool levin__histogram_make(levin_histogram *h, const levin_tensor *t)
{
    double ends[LEVIN_BUCKETS];
    int n = make_ends(ends), first = -1, last = -1;
    *h = (levin_histogram){ 0 };
    for (int64_t i = 0; i < levin_tensor_numel(t); i++) {
        double x = levin_tensor_get(t, i);
        if (isfinite(x))
            add(h, x, &h->count[find_bucket(ends, n, x) + 1]);
    }
    for (int i = 1; i < n; i++) {
        h->limit[i] = ends[i];
        if (h->count[i] > 0) {
            first = first < 0 ? i : first;
            last = i;
        }
    }
    h->limit[0] = ends[0];
    h->first = first - 1;
    h->n = last - first + 2;
    return h->num > 0;
}
