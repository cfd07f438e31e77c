/* lambda_callback.c: Lightning's LambdaCallback: hooks without a struct of their own. */
#include "base/error.h"
#include "base/memory.h"

#include <levin/callbacks.h>

typedef struct {
    levin_callback base;
    levin_callback_class type; // the hooks, and what belongs to us
    void *payload;
} lambda_callback;

levin_callback *levin_lambda_callback(const levin_callback_class *hooks, void *payload)
{
    if (!hooks || levin_error()) {
        levin__error_set(LEVIN_EINVAL, "LambdaCallback: it needs hooks");
        return NULL;
    }
    lambda_callback *c = levin__calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->type = *hooks;
    c->type.name = hooks->name ? hooks->name : "LambdaCallback";
    c->type.size = sizeof *c;
    c->base.type = &c->type;
    c->payload = payload;
    return &c->base;
}

void *levin_lambda_payload(const levin_callback *c)
{
    return c ? ((const lambda_callback *)c)->payload : NULL;
}
