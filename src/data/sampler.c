/* sampler.c: see sampler.h. Nothing is carried from one epoch to the next, so that any epoch can be
 * begun again from its number. */
#include "data/sampler.h"

#include "base/memory.h"
#include "base/random.h"

/* Neighbouring epochs of neighbouring seeds must not share a stream: the pair is mixed first. */
static uint64_t epoch_seed(uint64_t seed, int64_t epoch)
{
    enum { SHUFFLE = 0x53485546 }; // keeps apart from other draws by the same seed
    uint32_t bits[4];
    levin__philox(bits, (levin_random_key){ .seed = seed, .call = SHUFFLE }, (uint64_t)epoch);
    return (uint64_t)bits[0] << 32 | bits[1];
}

int levin__sampler_begin(levin_sampler *s, int64_t epoch)
{
    if (!s->shuffle) {
        levin__sampler_free(s);
        return LEVIN_OK;
    }
    if (!s->order)
        s->order = levin__alloc((size_t)s->n * sizeof *s->order);
    if (!s->order)
        return LEVIN_ENOMEM;
    levin_generator g;
    levin__generator_seed(&g, epoch_seed(s->seed, epoch));
    levin__generator_permute(&g, s->order, s->n);
    return LEVIN_OK;
}

void levin__sampler_free(levin_sampler *s)
{
    levin__free(s->order);
    s->order = NULL;
}

void levin__sampler_rows(const levin_sampler *s, int64_t first, int64_t n, int64_t *rows)
{
    for (int64_t i = 0; i < n; i++)
        rows[i] = s->order ? s->order[first + i] : first + i;
}
