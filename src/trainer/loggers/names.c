/* names.c: see names.h. */
#include "trainer/loggers/names.h"

#include "base/error.h"
#include "base/memory.h"
#include "formats/header_scanner.h"

#include <string.h>

int levin__names_init(levin_names *names, const char *prefix)
{
    bool some = prefix && *prefix;
    *names = (levin_names){ .index = levin__map_new(16) };
    names->prefix =
        names->index ? levin__format("%s%s", some ? prefix : "", some ? "-" : "") : NULL;
    return names->prefix ? LEVIN_OK : LEVIN_ENOMEM;
}

void levin__names_free(levin_names *names)
{
    for (int i = 0; i < names->n; i++)
        levin__free(names->at[i].full);
    levin__free(names->at);
    levin__free(names->prefix);
    levin__map_free(names->index);
    *names = (levin_names){ 0 };
}

void levin__clean_utf8(char *text)
{
    const unsigned char *end = (const unsigned char *)text + strlen(text);
    while (*text) {
        size_t n = levin__utf8_size((const unsigned char *)text, end);
        if (n == 0)
            *text = '?';
        text += n ? n : 1;
    }
}

static bool has_control_character(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return true;
    return false;
}

/* Takes full. given is what the name will be looked up by; NULL: by nothing. */
static int add(levin_names *names, char *full, const char *given)
{
    static const char nothing[] = "\n"; // no name is that
    if (!full)
        return -1;
    if (!levin__grow(&names->at, names->n + 1, &names->capacity, sizeof *names->at) ||
        (given && levin__map_set(names->index, given, strlen(given), names->n) < 0)) {
        levin__free(full);
        return -1;
    }
    names->at[names->n] =
        (levin_name){ full, given ? full + (strlen(full) - strlen(given)) : nothing };
    levin__clean_utf8(full);
    return names->n++;
}

int levin__names_add_full(levin_names *names, const char *full)
{
    char *copy = levin__strdup(full);
    size_t n = strlen(names->prefix);
    return add(names, copy, copy && strncmp(copy, names->prefix, n) == 0 ? copy + n : NULL);
}

int levin__names_find(levin_names *names, const char *name)
{
    if (names->next < names->n && strcmp(names->at[names->next].given, name) == 0)
        return names->next++;
    int64_t found = levin__map_get(names->index, name, strlen(name), -1);
    if (found < 0 && has_control_character(name))
        levin__error_set(LEVIN_EINVAL, "log: the name '%.80s' has a control character in it", name);
    else if (found < 0)
        found = add(names, levin__format("%s%s", names->prefix, name), name);
    names->next = (int)found + 1;
    return (int)found;
}
