/* template.c: see template.h. */
#include "text/template.h"

bool levin__template_add(levin_template *t, int32_t id, int32_t type_id)
{
    if (t->n == LEVIN_TEMPLATE_MAX)
        return false;
    t->pieces[t->n++] = (levin_template_piece){ .id = id, .type_id = type_id };
    t->specials += id >= 0;
    return true;
}

void levin__template_bert(levin_template *single, levin_template *pair, int32_t cls, int32_t sep)
{
    *single = *pair = (levin_template){ 0 };
    levin__template_add(single, cls, 0);
    levin__template_add(single, LEVIN_SEQUENCE_A, 0);
    levin__template_add(single, sep, 0);
    *pair = *single;
    levin__template_add(pair, LEVIN_SEQUENCE_B, 1);
    levin__template_add(pair, sep, 1);
}

void levin__template_bare(levin_template *single, levin_template *pair)
{
    *single = *pair = (levin_template){ 0 };
    levin__template_add(single, LEVIN_SEQUENCE_A, 0);
    levin__template_add(pair, LEVIN_SEQUENCE_A, 0);
    levin__template_add(pair, LEVIN_SEQUENCE_B, 1);
}

bool levin__template_complete(const levin_template *t, bool pair)
{
    int a = 0, b = 0;
    for (int i = 0; i < t->n; i++) {
        a += t->pieces[i].id == LEVIN_SEQUENCE_A;
        b += t->pieces[i].id == LEVIN_SEQUENCE_B;
    }
    return a == 1 && b == (pair ? 1 : 0);
}

bool levin__template_swapped(const levin_template *t)
{
    for (int i = 0; i < t->n; i++)
        if (t->pieces[i].id < 0)
            return t->pieces[i].id == LEVIN_SEQUENCE_B;
    return false;
}

bool levin__template_equal(const levin_template *a, const levin_template *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (a->pieces[i].id != b->pieces[i].id || a->pieces[i].type_id != b->pieces[i].type_id)
            return false;
    return true;
}
