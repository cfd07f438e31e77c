/* truncation.c: see truncation.h. */
#include "text/truncation.h"

#include "base/error.h"

static bool truncates(const levin_encode_opts *opts)
{
    return opts->max_length > 0 && opts->truncation != LEVIN_DO_NOT_TRUNCATE;
}

int levin__truncation_check(const levin_encode_opts *opts, int specials_single)
{
    if (opts->max_length < 0 || opts->stride < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: max_length %d and stride %d, neither may be "
                                "negative",
                                opts->max_length, opts->stride);
    if ((unsigned)opts->truncation > LEVIN_DO_NOT_TRUNCATE)
        return levin__error_set(LEVIN_EINVAL, "encode: no truncation strategy %d",
                                (int)opts->truncation);
    int room = opts->max_length - specials_single;
    if (truncates(opts) && room >= 0 && room < opts->stride)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: stride %d is too large for max_length %d less %d special "
                                "tokens",
                                opts->stride, opts->max_length, specials_single);
    return LEVIN_OK;
}

/* Cuts one text to keep pieces a part. */
static int cut_to(levin_cut *cut, int64_t keep, const levin_encode_opts *opts)
{
    if (keep >= cut->n)
        return LEVIN_OK;
    if (keep > 0 && opts->stride >= keep)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: stride %d must be smaller than the %lld tokens that "
                                "max_length %d leaves for a text",
                                opts->stride, (long long)keep, opts->max_length);
    cut->keep = keep;
    cut->step = keep - opts->stride;
    cut->parts = keep ? 1 + (cut->n - keep + cut->step - 1) / cut->step : 2;
    return LEVIN_OK;
}

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

/* The odd token goes to the longer text, to the second one on a tie. */
static void share(int64_t room, int64_t keep[2])
{
    bool first_longer = keep[0] > keep[1];
    int64_t shorter = min(keep[0], keep[1]);
    int64_t longer = shorter > room ? shorter : max(shorter, room - shorter);
    if (shorter + longer > room) {
        shorter = room / 2;
        longer = shorter + room % 2;
    }
    keep[0] = first_longer ? longer : shorter;
    keep[1] = first_longer ? shorter : longer;
}

static int cut_one_side(const levin_encode_opts *opts, const int64_t n[2], int64_t excess,
                        levin_cut cuts[2])
{
    int side = opts->truncation == LEVIN_TRUNCATE_ONLY_SECOND;
    if (n[side] < 0)
        return levin__error_set(LEVIN_EINVAL, "encode: only_second was asked for, but there is no "
                                              "second text");
    if (n[side] <= excess)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: the %s text has %lld tokens, %lld would have to go to "
                                "reach max_length %d",
                                side ? "second" : "first", (long long)n[side], (long long)excess,
                                opts->max_length);
    return cut_to(&cuts[side], n[side] - excess, opts);
}

int levin__truncate(const levin_encode_opts *opts, const int64_t n[2], int specials,
                    levin_cut cuts[2])
{
    for (int i = 0; i < 2; i++)
        cuts[i] = (levin_cut){ .n = max(n[i], 0),
                               .keep = max(n[i], 0),
                               .parts = 1,
                               .left = opts->truncate_left.value > 0 };
    if (!truncates(opts))
        return LEVIN_OK;
    int64_t room = opts->max_length - specials;
    if (room < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: max_length %d leaves no room for %d special tokens",
                                opts->max_length, specials);
    int64_t excess = cuts[0].n + cuts[1].n - room;
    if (room > 0 && excess <= 0)
        return LEVIN_OK;
    if (room > 0 && opts->truncation != LEVIN_TRUNCATE_LONGEST_FIRST)
        return cut_one_side(opts, n, excess, cuts);
    int64_t keep[2] = { cuts[0].n, cuts[1].n };
    if (n[1] < 0)
        keep[0] = room;
    else
        share(room, keep);
    int result = cut_to(&cuts[0], keep[0], opts);
    return result == LEVIN_OK ? cut_to(&cuts[1], keep[1], opts) : result;
}

void levin__cut_part(const levin_cut *cut, int64_t part, int64_t *start, int64_t *stop)
{
    if (!cut->keep && part > 0) { // nothing may stay: all of it is one overflowing part
        *start = 0;
        *stop = cut->n;
    } else if (cut->left) {
        *stop = cut->n - part * cut->step;
        *start = max(0, *stop - cut->keep);
    } else {
        *start = part * cut->step;
        *stop = min(*start + cut->keep, cut->n);
    }
}
