/* cases.c: see cases.h. */
#include "support/cases.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t lengths[16], batch, dims[LEVIN_MAX_DIMS];
    int n;
    bool ragged;
    int64_t limit; // of ids; 0: numbers
} shape;

/* Reads "3x5", "(1,4)x5", "3<7"; false if text is none of these. */
static bool read_shape(const char *text, shape *s)
{
    *s = (shape){ .n = 0 };
    char *p = (char *)text;
    if (*p == '(') {
        s->ragged = true;
        do
            s->lengths[s->batch++] = strtoll(p + 1, &p, 10);
        while (*p == ',');
        if (*p++ != ')')
            return false;
        p += *p == 'x';
    }
    while (*p >= '0' && *p <= '9') {
        s->dims[s->n++] = strtoll(p, &p, 10);
        if (*p != 'x')
            break;
        p++;
    }
    if (*p == '<')
        s->limit = strtoll(p + 1, &p, 10);
    return *p == '\0' && (s->n || s->ragged);
}

static void fill(levin_tensor *t, int64_t limit, levin_generator *g)
{
    for (int64_t i = 0; i < t->numel; i++) {
        double x = levin__generator_uniform(g) * 2 - 1;
        if (limit)
            ((int32_t *)t->data)[i] = (int32_t)levin__generator_below(g, (uint64_t)limit);
        else
            ((float *)t->data)[i] = (float)(x + (x < 0 ? -0.05 : 0.05)); // away from relu's corner
    }
}

static bool is_attribute(const char *word)
{
    static const char *const names[] = { "p=",   "heads=", "dim=",    "at=",    "to=",
                                         "pad=", "f=",     "smooth=", "ignore=" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(word, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void add_tensor(levin_case *c, const char *word, levin_generator *g)
{
    shape s;
    if (is_attribute(word) || !strchr(word, '=') || !read_shape(strchr(word, '=') + 1, &s))
        return;
    levin_dtype dtype = s.limit ? LEVIN_I32 : LEVIN_F32;
    levin_tensor *t = s.ragged ? levin_tensor_new_ragged(dtype, s.batch, s.lengths, s.n, s.dims)
                               : levin_tensor_new(dtype, s.n, s.dims);
    fill(t, s.limit, g);
    if (dtype == LEVIN_F32)
        levin_requires_grad(t, true);
    c->t[c->n++] = t;
}

bool levin_case_next(levin_case *c, const char **cases, uint64_t seed)
{
    size_t n = strcspn(*cases, "\n");
    if (!n)
        return false;
    *c = (levin_case){ .n = 0 };
    snprintf(c->text, sizeof c->text, "%.*s", (int)n, *cases);
    *cases += n + ((*cases)[n] == '\n');
    levin_generator g;
    levin__generator_seed(&g, seed);
    char words[256], *rest = words, *word;
    snprintf(words, sizeof words, "%s", c->text);
    while ((word = strsep(&rest, " ")) != NULL) {
        if (strcmp(word, "bf16") == 0)
            c->bf16 = true;
        else
            add_tensor(c, word, &g);
    }
    return true;
}

void levin_case_free(levin_case *c)
{
    for (int i = 0; i < c->n; i++)
        levin_tensor_free(c->t[i]);
    c->n = 0;
}

double levin_case_number(const levin_case *c, const char *name, double missing)
{
    char word[32];
    snprintf(word, sizeof word, " %s=", name);
    const char *at = strstr(c->text, word);
    return at ? strtod(at + strlen(word), NULL) : missing;
}

#define NUMBER(name) levin_case_number(c, name, 0)
#define T(i)         c->t[i]

/* The target of a loss is not a parameter. */
static levin_tensor *target(levin_tensor *t) { return levin_requires_grad(t, false); }

static levin_tensor *reshape(const levin_case *c)
{
    shape s;
    char to[64];
    sscanf(strstr(c->text, "to=") + 3, "%63[0-9x]", to);
    read_shape(to, &s);
    return levin_reshape(T(0), s.n, s.dims);
}

static levin_tensor *cross_entropy(const levin_case *c)
{
    int64_t ignore = (int64_t)levin_case_number(c, "ignore", -100);
    levin_cross_entropy_opts o = { .label_smoothing = NUMBER("smooth"), .ignore_index = &ignore };
    return levin_cross_entropy_with(T(0), T(1), &o);
}

#define CALL(op, expression)                                                                       \
    static levin_tensor *call_##op(const levin_case *c) { return expression; }
CALL(linear, levin_linear_op(T(0), T(1), c->n > 2 ? T(2) : NULL))
CALL(linear_gelu, levin_linear_gelu(T(0), T(1), T(2)))
CALL(linear_residual_norm,
     levin_linear_residual_norm(T(0), T(1), T(2), T(3), T(4), T(5), NUMBER("p"), 1e-5, true))
CALL(feed_forward,
     levin_feed_forward(T(0), &(levin_linear_weights){ T(1), T(2) },
                        &(levin_linear_weights){ T(3), T(4) }, T(5), T(6), NUMBER("p"), 1e-5, true))
CALL(matmul, levin_matmul(T(0), T(1)))
CALL(embedding, levin_embedding(T(0), T(1), (int64_t)levin_case_number(c, "pad", -1)))
CALL(layer_norm, levin_layer_norm(T(0), T(1), T(2), 1e-5))
CALL(gelu, levin_gelu(T(0)))
CALL(gelu_tanh, levin_gelu_tanh(T(0)))
CALL(relu, levin_relu(T(0)))
CALL(tanh, levin_tanh(T(0)))
CALL(sigmoid, levin_sigmoid(T(0)))
CALL(softmax, levin_softmax(T(0)))
CALL(log_softmax, levin_log_softmax(T(0)))
CALL(dropout, levin_dropout(T(0), NUMBER("p"), true))
CALL(add, levin_add(T(0), T(1)))
CALL(sub, levin_sub(T(0), T(1)))
CALL(mul, levin_mul(T(0), T(1)))
CALL(scale, levin_scale(T(0), NUMBER("f")))
CALL(select, levin_select(T(0), (int)NUMBER("dim"), (int64_t)NUMBER("at")))
CALL(mean, levin_mean(T(0), (int)NUMBER("dim")))
CALL(sum, levin_sum(T(0), (int)NUMBER("dim")))
CALL(concat, levin_concat((const levin_tensor *const *)c->t, c->n))
CALL(reshape, reshape(c))
CALL(attention, levin_attention(T(0), (int64_t)NUMBER("heads"), NUMBER("p"), true))
CALL(cross_entropy, cross_entropy(c))
CALL(mse, levin_mse(T(0), target(T(1))))
CALL(bce_with_logits, levin_bce_with_logits(T(0), target(T(1))))
CALL(argmax, levin_argmax(T(0), -1))
CALL(accuracy, levin_accuracy(T(0), T(1)))

levin_tensor *levin_case_call(const levin_op *op, const levin_case *c)
{
    static const struct {
        const levin_op *op;
        levin_tensor *(*call)(const levin_case *c);
    } calls[] = {
#define OP(symbol) { &levin__op_##symbol, call_##symbol },
#include "ops/ops.def"
#undef OP
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].op == op)
            return calls[i].call(c);
    return NULL;
}
