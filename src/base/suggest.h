/* suggest.h: the nearest known word, for "did you mean". */
#ifndef LEVIN_BASE_SUGGEST_H
#define LEVIN_BASE_SUGGEST_H

#include <levin/base.h>

/** The word of the list nearest to text (edits of one letter, swapped neighbours count once; case
 *  does not count), or NULL if none is near. words ends with NULL. Lent by words. */
const char *levin__suggest(const char *text, const char *const *words);

/** The index of text in words, ignoring case, or -1. */
int levin__find_word(const char *text, const char *const *words);

/** Records LEVIN_EINVAL: "unknown <kind> '<text>', did you mean <nearest>?" or, if none is near,
 * the whole list. Returns the code. */
int levin__unknown_word(const char *kind, const char *text, const char *const *words);

#endif
