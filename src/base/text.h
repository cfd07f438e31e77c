/* text.h: questions about texts. */
#ifndef LEVIN_BASE_TEXT_H
#define LEVIN_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool levin__ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}

/** The second text of the pair whose first is name; NULL if there is none. {NULL} closes pairs,
 * which may be NULL. */
static inline const char *levin__second_of(const char *const (*pairs)[2], const char *name)
{
    for (; pairs && (*pairs)[0]; pairs++)
        if (strcmp((*pairs)[0], name) == 0)
            return (*pairs)[1];
    return NULL;
}

#endif
