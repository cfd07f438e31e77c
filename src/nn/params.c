/* params.c: lists of parameters for optimizers. */
#include "nn/module.h"

#include "base/error.h"
#include "base/memory.h"

enum { LONGEST_NAME = 4096 };

typedef struct {
    levin_tensor *tensor; // lent by its module
    char *name;           // in full, from the root of the tree
} param;

struct levin_params {
    int64_t n, capacity;
    param *item;
};

static bool append(levin_params *list, levin_tensor *t, char *name)
{
    if (name && list->n == list->capacity) {
        size_t size = sizeof *list->item;
        int64_t more = list->capacity ? 2 * list->capacity : 32;
        param *grown = levin__realloc(list->item, (size_t)list->n * size, (size_t)more * size);
        if (grown) {
            list->item = grown;
            list->capacity = more;
        }
    }
    if (!name || list->n == list->capacity) {
        levin__free(name);
        return false;
    }
    list->item[list->n++] = (param){ t, name };
    return true;
}

static bool append_own(levin_params *list, levin_module *m, levin_buffer *path)
{
    levin__buffer_clear(path);
    if (!levin__module_path(path, m, levin__module_root(m)))
        return false;
    const char *prefix = path->data ? path->data : "";
    for (levin_parameter *p = m->node->first; p; p = p->next)
        if (p->tensor.requires_grad &&
            !append(list, &p->tensor, levin__format("%s%s", prefix, p->name)))
            return false;
    return true;
}

levin_params *levin_parameters(levin_module *top)
{
    if (!top || levin_error())
        return NULL;
    levin_params *list = levin__calloc(1, sizeof *list);
    levin_buffer path = LEVIN_BUFFER(LONGEST_NAME);
    for (levin_module *m = top; list && m; m = levin__module_next(top, m)) {
        if (!append_own(list, m, &path)) {
            levin_params_free(list);
            list = NULL;
        }
    }
    levin__buffer_free(&path);
    return list;
}

void levin_params_free(levin_params *list)
{
    if (!list)
        return;
    for (int64_t i = 0; i < list->n; i++)
        levin__free(list->item[i].name);
    levin__free(list->item);
    levin__free(list);
}

void levin__params_remove(levin_params *list, int64_t i)
{
    levin__free(list->item[i].name);
    list->n--;
    for (; i < list->n; i++)
        list->item[i] = list->item[i + 1];
}

int64_t levin_params_count(const levin_params *list) { return list ? list->n : 0; }

static const param *at(const levin_params *list, int64_t i)
{
    return list && i >= 0 && i < list->n ? &list->item[i] : NULL;
}

levin_tensor *levin_params_tensor(const levin_params *list, int64_t i)
{
    const param *p = at(list, i);
    return p ? p->tensor : NULL;
}

const char *levin_params_name(const levin_params *list, int64_t i)
{
    const param *p = at(list, i);
    return p ? p->name : NULL;
}
