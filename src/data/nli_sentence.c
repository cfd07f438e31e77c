/* nli_sentence.c: from slots to English. One function a frame; what each sentence means is
 * nli_pair.c's business. */
#include "data/nli_sentence.h"

#include <string.h>

static void space(levin_buffer *out)
{
    if (out->size)
        levin__buffer_add_char(out, ' ');
}

static void say(levin_buffer *out, const char *text)
{
    space(out);
    levin__buffer_add_text(out, text);
}

static bool ends_with(const char *text, size_t n, const char *end)
{
    size_t k = strlen(end);
    return n >= k && memcmp(text + n - k, end, k) == 0;
}

/* "boxes", "pieces of clothing", "women" */
static void say_plural(levin_buffer *out, const char *noun)
{
    static const char *const irregular[][2] = {
        { "man", "men" },       { "woman", "women" },   { "child", "children" },
        { "person", "people" }, { "scarf", "scarves" }, { "box", "boxes" },
    };
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++) {
        if (strcmp(noun, irregular[i][0]) == 0) {
            say(out, irregular[i][1]);
            return;
        }
    }
    const char *of = strstr(noun, " of ");
    size_t n = of ? (size_t)(of - noun) : strlen(noun);
    space(out);
    bool ies = ends_with(noun, n, "y") && !ends_with(noun, n, "ey") && !ends_with(noun, n, "oy");
    bool es = ends_with(noun, n, "s") || ends_with(noun, n, "ch") || ends_with(noun, n, "ato");
    levin__buffer_add(out, noun, ies ? n - 1 : n);
    levin__buffer_add_text(out, ies ? "ies" : es ? "es" : "s");
    levin__buffer_add_text(out, of ? of : "");
}

static void say_article(levin_buffer *out, const char *next)
{
    say(out, strchr("aeiou", next[0]) ? "an" : "a");
}

/* "is", "were", ... */
static void say_be(levin_buffer *out, const nli_sentence *s, bool plural)
{
    static const char *const forms[2][2] = { { "is", "are" }, { "was", "were" } };
    say(out, forms[s->past][plural]);
}

static void say_verb(levin_buffer *out, nli_word verb, bool participle)
{
    const char *text = levin__nli_text(verb), *bar = strchr(text, '|');
    space(out);
    if (!bar)
        levin__buffer_add_text(out, text);
    else if (participle)
        levin__buffer_add_text(out, bar + 1);
    else
        levin__buffer_add(out, text, (size_t)(bar - text));
}

static bool paired(const nli_sentence *s, nli_slot slot)
{
    return s->pairing != NLI_ALONE && s->paired == slot;
}

static void say_pairing(levin_buffer *out, const nli_sentence *s)
{
    if (s->pairing == NLI_RATHER)
        levin__buffer_add_text(out, ", not");
    else
        say(out, s->pairing == NLI_AND ? "and" : "or");
}

/* One noun with its qualities: "a big red bus", "three big red buses". */
static void say_things(levin_buffer *out, const nli_sentence *s, nli_word noun, bool with_qualities)
{
    static const char *const numbers[] = { "no",  "one",   "two",   "three", "four", "five",
                                           "six", "seven", "eight", "nine",  "ten" };
    nli_word quality = with_qualities ? s->word[NLI_QUALITY] : (nli_word){ 0 };
    nli_word second = with_qualities ? s->second_quality : (nli_word){ 0 };
    const char *first = second.domain    ? levin__nli_text(second)
                        : quality.domain ? levin__nli_text(quality)
                                         : levin__nli_text(noun);
    if (s->number == NLI_ONE)
        say_article(out, first);
    else if (s->number == NLI_AT_LEAST)
        say(out, "at least");
    if (s->number == NLI_EXACTLY || s->number == NLI_AT_LEAST)
        say(out, numbers[s->count]);
    if (second.domain)
        say(out, levin__nli_text(second));
    if (quality.domain)
        say(out, levin__nli_text(quality));
    if (quality.domain && with_qualities && paired(s, NLI_QUALITY)) {
        say(out, "or");
        say(out, levin__nli_text(s->other));
    }
    if (s->number == NLI_ONE)
        say(out, levin__nli_text(noun));
    else
        say_plural(out, levin__nli_text(noun));
}

static void say_object(levin_buffer *out, const nli_sentence *s)
{
    say_things(out, s, s->word[NLI_OBJECT], true);
    if (!paired(s, NLI_OBJECT))
        return;
    say_pairing(out, s);
    say_things(out, s, s->other, s->pairing == NLI_OR);
}

/* "the nurse", "the nurse and the judge"; with NLI_OR and a denial "neither ... nor". */
static bool say_subject(levin_buffer *out, const nli_sentence *s)
{
    bool two = paired(s, NLI_SUBJECT), neither = two && s->pairing == NLI_OR && s->negated;
    say(out, neither ? "neither the" : "the");
    say(out, levin__nli_text(s->word[NLI_SUBJECT]));
    if (two) {
        say(out, s->pairing == NLI_AND ? "and the" : neither ? "nor the" : "or the");
        say(out, levin__nli_text(s->other));
    }
    return two && s->pairing == NLI_AND;
}

static void say_adverbial(levin_buffer *out, const nli_sentence *s, nli_slot slot)
{
    if (!s->word[slot].domain)
        return;
    say(out, levin__nli_text(s->word[slot]));
    if (paired(s, slot)) {
        say_pairing(out, s);
        say(out, levin__nli_text(s->other));
    }
}

/* The slot that a fronted sentence begins with. */
static nli_slot front(const nli_sentence *s)
{
    return s->word[NLI_TIME].domain ? NLI_TIME : NLI_PLACE;
}

static void say_circumstances(levin_buffer *out, const nli_sentence *s)
{
    bool fronted = s->fronted && s->word[front(s)].domain;
    for (nli_slot slot = NLI_PLACE; slot <= NLI_TIME; slot++)
        if (!fronted || slot != front(s))
            say_adverbial(out, s, slot);
}

static void say_not(levin_buffer *out, const nli_sentence *s)
{
    if (s->negated && !(paired(s, NLI_SUBJECT) && s->pairing == NLI_OR))
        say(out, "not");
}

static void write_do(levin_buffer *out, const nli_sentence *s)
{
    if (s->passive) {
        say_object(out, s);
        say_be(out, s, s->number != NLI_ONE || (paired(s, NLI_OBJECT) && s->pairing == NLI_AND));
        say_not(out, s);
        say(out, "being");
        say_verb(out, s->word[NLI_VERB], true);
        say(out, "by");
        say_subject(out, s);
    } else {
        say_be(out, s, say_subject(out, s));
        say_not(out, s);
        say_verb(out, s->word[NLI_VERB], false);
        say_object(out, s);
    }
}

static void write_act(levin_buffer *out, const nli_sentence *s)
{
    say_be(out, s, say_subject(out, s));
    say_not(out, s);
    say_verb(out, s->word[NLI_VERB], false);
    if (paired(s, NLI_VERB)) {
        say_pairing(out, s);
        say_verb(out, s->other, false);
    }
}

static void write_be(levin_buffer *out, const nli_sentence *s)
{
    say_be(out, s, say_subject(out, s));
    say_not(out, s);
    say(out, levin__nli_text(s->word[NLI_QUALITY]));
    if (s->second_quality.domain) {
        say(out, "and");
        say(out, levin__nli_text(s->second_quality));
    } else if (paired(s, NLI_QUALITY)) {
        say_pairing(out, s);
        say(out, levin__nli_text(s->other));
    }
}

static void write_there(levin_buffer *out, const nli_sentence *s)
{
    say(out, "there");
    say_be(out, s, s->number != NLI_ONE);
    if (s->negated)
        say(out, "no");
    say_object(out, s);
}

static void write_have(levin_buffer *out, const nli_sentence *s)
{
    say_subject(out, s);
    say(out, s->past ? "had" : "has");
    if (s->negated)
        say(out, "no");
    say_object(out, s);
}

static void write_group(levin_buffer *out, const nli_sentence *s)
{
    static const char *const of[] = { [NLI_ANY] = "some", [NLI_MOST] = "most", [NLI_ALL] = "all" };
    if (s->negated && s->number == NLI_ALL)
        say(out, "not");
    say(out, s->negated && s->number == NLI_ANY ? "none" : of[s->number]);
    say(out, "of the");
    say_plural(out, levin__nli_text(s->word[NLI_SUBJECT]));
    say_be(out, s, true);
    say_verb(out, s->word[NLI_VERB], false);
}

void levin__nli_write(levin_buffer *out, const nli_sentence *s)
{
    static void (*const writers[NLI_N_FRAMES])(levin_buffer *, const nli_sentence *) = {
        [NLI_DO] = write_do,       [NLI_ACT] = write_act,   [NLI_BE] = write_be,
        [NLI_THERE] = write_there, [NLI_HAVE] = write_have, [NLI_GROUP] = write_group,
    };
    if (s->fronted && s->word[front(s)].domain) {
        say_adverbial(out, s, front(s));
        levin__buffer_add_char(out, ',');
    }
    writers[s->frame](out, s);
    say_circumstances(out, s);
    if (s->aside >= 0) {
        const nli_aside *aside = &levin__nli_asides[s->aside];
        levin__buffer_add_text(out, s->aside_negated ? ", but" : ", and");
        say(out, aside->subject);
        say_be(out, s, false);
        if (s->aside_negated)
            say(out, "not");
        say(out, aside->predicate);
    }
    levin__buffer_add_char(out, '.');
    if (!out->failed)
        out->data[0] =
            (char)(out->data[0] - 'a' + 'A'); // every sentence begins with a small letter
}
