/* classes.c: finding a class by the name that a configuration gives it, and its arguments. */
#include "trainer/classes.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/suggest.h"
#include "base/text.h"
#include "trainer/number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_NAMES = 64, MAX_PATH = 128 };

static const levin_class *const classes[] = {
#define LEVIN_CLASS(name) &levin__class_##name,
#include "trainer/classes.def"
#undef LEVIN_CLASS
};
enum { CLASSES = sizeof classes / sizeof *classes };

/* What each kind is called, and its classes elsewhere that this build lacks, apart by spaces. */
static const struct {
    const char *name, *article, *elsewhere;
    const char *instead; // of those, behind the message
} kinds[LEVIN_CLASS_KINDS] = {
    [LEVIN_CLASS_CALLBACK] = { "callback", "a",
                               "BaseFinetuning BasePredictionWriter LambdaCallback "
                               "ModelPruning",
                               "" },
    [LEVIN_CLASS_LOGGER] = { "logger", "a",
                             "CometLogger LitLogger MLFlowLogger NeptuneLogger "
                             "WandbLogger",
                             "" },
    [LEVIN_CLASS_PROFILER] = { "profiler", "a", "PyTorchProfiler XLAProfiler pytorch xla",
                               "; trace draws the operators of a step, advanced counts them" },
    [LEVIN_CLASS_OPTIMIZER] = { "optimizer", "an",
                                "ASGD Adadelta Adafactor Adagrad Adamax LBFGS Muon NAdam RAdam "
                                "RMSprop Rprop SparseAdam",
                                "" },
    [LEVIN_CLASS_LR_SCHEDULER] = { "lr_scheduler", "an",
                                   "ChainedScheduler ConstantLR CosineAnnealingWarmRestarts "
                                   "CyclicLR LambdaLR "
                                   "LinearLR MultiplicativeLR PolynomialLR "
                                   "SequentialLR",
                                   "" },
};

const levin_class *levin__class_at(int i) { return i < CLASSES ? classes[i] : NULL; }

/* What follows the last point. */
static const char *last_part(const char *path)
{
    const char *point = strrchr(path, '.');
    return point ? point + 1 : path;
}

/* Whether word, with points in it, names path: the class itself, or the module inside the package
 * that it comes from, "torch.optim.adamw.AdamW". */
static bool names_path(const char *word, const char *path)
{
    static const char old[] = "pytorch_lightning.", now[] = "lightning.pytorch.";
    char whole[MAX_PATH];
    bool is_old = strncmp(word, old, sizeof old - 1) == 0;
    int n = snprintf(whole, sizeof whole, "%s%s", is_old ? now : "",
                     is_old ? word + sizeof old - 1 : word);
    const char *last = last_part(path);
    return n < MAX_PATH && last > path && strncmp(whole, path, (size_t)(last - path)) == 0 &&
           strcmp(last_part(whole), last) == 0;
}

static bool has_name(const levin_class *c, const char *word)
{
    if (strcasecmp(c->name, word) == 0)
        return true;
    for (const char *const *path = c->paths; *path; path++)
        if (strchr(word, '.') ? names_path(word, *path) : strcasecmp(last_part(*path), word) == 0)
            return true;
    return false;
}

bool levin__class_is_elsewhere(levin_class_kind kind, const char *word)
{
    const char *name = last_part(word);
    size_t n = strlen(name);
    for (const char *at = kinds[kind].elsewhere; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strcspn(at, " ") == n && strncasecmp(at, name, n) == 0)
            return true;
    }
    return false;
}

static void refuse(levin_class_kind kind, const char *word)
{
    const char *names[MAX_NAMES + 1] = { NULL };
    int n = 0;
    for (int i = 0; i < CLASSES && n < MAX_NAMES; i++) {
        if (classes[i]->kind == kind)
            names[n++] = classes[i]->name;
        else if (has_name(classes[i], word))
            levin__error_set(LEVIN_EINVAL, "%s is %s %s, not %s %s", classes[i]->name,
                             kinds[classes[i]->kind].article, kinds[classes[i]->kind].name,
                             kinds[kind].article, kinds[kind].name);
    }
    if (levin__class_is_elsewhere(kind, word))
        levin__error_set(LEVIN_EUNSUPPORTED, "this build has no %s %s%s", kinds[kind].name,
                         last_part(word), kinds[kind].instead);
    levin__unknown_word(kinds[kind].name, word, names);
}

const levin_class *levin__class_find(levin_class_kind kind, const char *word)
{
    for (int i = 0; i < CLASSES; i++)
        if (classes[i]->kind == kind && has_name(classes[i], word))
            return classes[i];
    refuse(kind, word);
    return NULL;
}

const levin_flag *levin__class_argument(const levin_class *c, const char *name)
{
    const char *own = levin__second_of(c->also, name);
    for (const levin_flag *a = c->arguments; a && a->name; a++)
        if (strcmp(a->name, own ? own : name) == 0)
            return a;
    return NULL;
}

bool levin__class_accepts(const levin_class *c, const char *name)
{
    return levin__class_argument(c, name) || levin__second_of(c->fixed, name);
}

/* Adds "; SGD has one": the classes of a kind that have such an argument. */
static void add_owners(levin_buffer *out, levin_class_kind kind, const char *argument)
{
    int n = 0;
    for (int i = 0; i < CLASSES; i++)
        if (classes[i]->kind == kind && levin__class_accepts(classes[i], argument))
            levin__buffer_addf(out, "%s%s", n++ ? ", " : "; ", classes[i]->name);
    if (n)
        levin__buffer_add_text(out, n > 1 ? " have one" : " has one");
}

int levin__class_unknown_argument(const levin_class *c, const char *name)
{
    const char *names[MAX_NAMES + 1] = { NULL };
    levin_buffer text = LEVIN_BUFFER(4096);
    int n = 0;
    for (const levin_flag *a = c->arguments; a && a->name && n < MAX_NAMES; a++)
        names[n++] = a->name;
    const char *near = levin__suggest(name, names);
    levin__buffer_addf(&text, "%s has no argument '%s'", c->name, name);
    if (near)
        levin__buffer_addf(&text, ", did you mean %s?", near);
    else
        add_owners(&text, c->kind, name);
    levin__error_set(LEVIN_EINVAL, "%s", text.data ? text.data : "");
    levin__buffer_free(&text);
    return levin_error();
}

void *levin__class_options(const levin_class *c)
{
    void *options = levin__calloc(1, c->size ? c->size : 1);
    if (options && c->defaults)
        memcpy(options, c->defaults, c->size);
    return options;
}

static const levin_class_limit *limit_of(const levin_class *c, const levin_flag *a)
{
    for (const levin_class_limit *l = c->limits; l && l->argument; l++)
        if (strcmp(l->argument, a->name) == 0)
            return l;
    return NULL;
}

static int check_limit(const levin_class_limit *l, const levin_flag *a, double x, const char *text)
{
    char most[48] = "";
    bool high_enough = l->above ? x > l->least : x >= l->least;
    bool low_enough = l->most == 0 || (l->below ? x < l->most : x <= l->most);
    if (high_enough && low_enough)
        return LEVIN_OK;
    if (l->most != 0)
        snprintf(most, sizeof most, "%s %g", l->below ? " and below" : " to", l->most);
    return levin__error_set(LEVIN_EINVAL, "%s: '%s' is not a number %s %g%s", a->name, text,
                            l->above ? "above" : "from", l->least, most);
}

/* All numbers of the field. */
static int check_numbers(const levin_class *c, const void *options, const levin_flag *a,
                         const char *text)
{
    char number[LEVIN_NUMBER_SIZE];
    const levin_class_limit *l = limit_of(c, a);
    const void *field = (const char *)options + a->offset;
    if (!l)
        return LEVIN_OK;
    if (a->type == LEVIN_FLAG_INT)
        return check_limit(l, a, (double)levin__number_or(*(const int64_t *)field, 0), text);
    for (size_t i = 0; i < a->size / sizeof(double); i++) {
        double x = ((const double *)field)[i];
        bool in_list = a->type == LEVIN_FLAG_NUMBERS;
        if (check_limit(l, a, x, in_list ? levin__number_print(number, x) : text) < 0)
            break;
    }
    return levin_error();
}

/* Where zeros are the default, 0 itself cannot be said of a number whose default is another. */
static int check_zero(const levin_class *c, const void *options, const levin_flag *a)
{
    double missing;
    if (c->defaults || a->type != LEVIN_FLAG_NUMBER ||
        *(const double *)(const void *)((const char *)options + a->offset) != 0 ||
        !levin__number_parse(a->missing, &missing) || missing == 0)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL, "%s: 0 is not possible; the default is %s", a->name,
                            a->missing);
}

static void set_default(const levin_class *c, void *options, const levin_flag *a)
{
    char *field = (char *)options + a->offset;
    if (c->defaults)
        memcpy(field, (const char *)c->defaults + a->offset, a->size);
    else
        memset(field, 0, a->size);
}

int levin__class_set(const levin_class *c, void *options, const char *name, const char *text)
{
    const levin_flag *a = levin__class_argument(c, name);
    const char *fixed = levin__second_of(c->fixed, name);
    if (!a && fixed && strcasecmp(fixed, text) == 0)
        return LEVIN_OK;
    if (!a && fixed)
        return levin__error_set(LEVIN_EINVAL, "%s: '%s' is not possible here, only %s", name, text,
                                *fixed ? fixed : "''");
    if (!a)
        return levin__class_unknown_argument(c, name);
    if (strcasecmp(text, "null") == 0 || strcasecmp(text, "none") == 0) {
        set_default(c, options, a);
        return LEVIN_OK;
    }
    if (levin__flag_set(options, a, text) < 0 || check_zero(c, options, a) < 0)
        return levin_error();
    return check_numbers(c, options, a, text);
}

bool levin__class_print(levin_buffer *out, const levin_class *c, const void *options,
                        const levin_flag *a)
{
    if (a->type != LEVIN_FLAG_NUMBER)
        return levin__flag_print(out, options, a);
    double x = *(const double *)(const void *)((const char *)options + a->offset);
    bool given = x != 0 || c->defaults;
    return given || levin__number_parse(a->missing, &x) ? levin__flag_print_number(out, x)
                                                        : levin__buffer_add_text(out, a->missing);
}
