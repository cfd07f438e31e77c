/* nli_grammar.c: see nli_grammar.h. The lists are levin's own. */
#include "data/nli_grammar.h"

#include <stddef.h>

#define KINDS(...)  (const char *const[]){ __VA_ARGS__, NULL }, false
#define SHADES(...) (const char *const[]){ __VA_ARGS__, NULL }, true
#define NO_KINDS    NULL, false
#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

/* clang-format off */

static const nli_class people[] = {
    { "doctor", KINDS("surgeon", "dentist"), NLI_PERSON },
    { "musician", KINDS("pianist", "singer", "drummer"), NLI_PERSON },
    { "athlete", KINDS("runner", "boxer"), NLI_PERSON },
    { "child", KINDS("boy", "girl"), NLI_PERSON },
    { "adult", KINDS("man", "woman"), NLI_PERSON },
    { "farmer", NO_KINDS, NLI_PERSON },
    { "teacher", NO_KINDS, NLI_PERSON },
    { "soldier", NO_KINDS, NLI_PERSON },
    { "waiter", NO_KINDS, NLI_PERSON },
    { "baker", NO_KINDS, NLI_PERSON },
};

static const nli_class animals[] = {
    { "dog", KINDS("poodle", "terrier"), NLI_ANIMAL },
    { "cat", KINDS("kitten"), NLI_ANIMAL },
    { "bird", KINDS("sparrow", "owl", "parrot"), NLI_ANIMAL },
    { "horse", KINDS("pony"), NLI_ANIMAL },
    { "rabbit", NO_KINDS, NLI_ANIMAL },
    { "goat", NO_KINDS, NLI_ANIMAL },
    { "pig", NO_KINDS, NLI_ANIMAL },
    { "elephant", NO_KINDS, NLI_ANIMAL },
};

static const nli_class things[] = {
    { "fruit", KINDS("apple", "pear", "banana", "orange"), NLI_FRUIT },
    { "vegetable", KINDS("carrot", "potato", "onion"), NLI_VEGETABLE },
    { "tool", KINDS("hammer", "saw", "drill"), NLI_TOOL },
    { "vehicle", KINDS("car", "bus", "truck"), NLI_VEHICLE },
    { "toy", KINDS("ball", "kite", "doll"), NLI_TOY },
    { "musical instrument", KINDS("guitar", "violin", "drum"), NLI_INSTRUMENT },
    { "container", KINDS("box", "bucket", "basket"), NLI_CONTAINER },
    { "piece of clothing", KINDS("coat", "hat", "shirt"), NLI_CLOTHING },
    { "piece of furniture", KINDS("chair", "table", "sofa"), NLI_FURNITURE },
    { "flower", KINDS("rose", "tulip"), NLI_FLOWER },
    { "hot drink", KINDS("cup of tea", "cup of coffee"), NLI_DRINK },
    { "cold drink", KINDS("glass of lemonade", "glass of juice"), NLI_DRINK },
};

static const nli_class places[] = {
    { "outside", KINDS("in the park", "in the garden", "in the forest", "on the beach"), 0 },
    { "in the house", KINDS("in the kitchen", "in the bedroom", "in the bathroom"), 0 },
    { "in a public building", KINDS("in the library", "in the hospital", "in the school"), 0 },
};

static const nli_class days[] = {
    { "at the weekend", KINDS("on Saturday", "on Sunday"), 0 },
    { "on a weekday", KINDS("on Monday", "on Tuesday", "on Thursday", "on Friday"), 0 },
};
static const nli_class hours[] = {
    { "in the morning", NO_KINDS, 0 },
    { "in the afternoon", NO_KINDS, 0 },
    { "in the evening", NO_KINDS, 0 },
    { "at night", NO_KINDS, 0 },
};

static const nli_class colours[] = {
    { "red", NO_KINDS, 0 }, { "blue", NO_KINDS, 0 },  { "green", NO_KINDS, 0 }, { "yellow", NO_KINDS, 0 },
    { "black", NO_KINDS, 0 }, { "white", NO_KINDS, 0 }, { "brown", NO_KINDS, 0 }, { "purple", NO_KINDS, 0 },
};
static const nli_class sizes[] = { { "big", SHADES("huge", "enormous"), 0 }, { "small", SHADES("tiny"), 0 } };
static const nli_class ages[] = { { "old", NO_KINDS, 0 }, { "new", NO_KINDS, 0 } };
static const nli_class cleanness[] = { { "clean", NO_KINDS, 0 }, { "dirty", NO_KINDS, 0 } };
static const nli_class prices[] = { { "cheap", NO_KINDS, 0 }, { "expensive", NO_KINDS, 0 } };
static const nli_class weights[] = { { "heavy", NO_KINDS, 0 }, { "light", NO_KINDS, 0 } };
static const nli_class fullness[] = { { "full", NO_KINDS, 0 }, { "empty", NO_KINDS, 0 } };
static const nli_class wetness[] = { { "wet", NO_KINDS, 0 }, { "dry", NO_KINDS, 0 } };
static const nli_class ripeness[] = { { "fresh", NO_KINDS, 0 }, { "rotten", NO_KINDS, 0 } };
static const nli_class moods[] = { { "happy", SHADES("delighted", "overjoyed"), 0 },
                                   { "sad", SHADES("miserable", "heartbroken"), 0 } };
static const nli_class energies[] = { { "tired", NO_KINDS, 0 }, { "lively", NO_KINDS, 0 } };

static const nli_class motions[] = {
    { "moving", KINDS("running", "walking", "jumping", "swimming", "climbing"), 0 },
    { "resting", SHADES("sleeping", "napping", "lying down"), 0 },
};
static const nli_class voices[] = {
    { "speaking", KINDS("whispering", "shouting"), 0 },
    { "keeping silent", NO_KINDS, 0 },
};
static const nli_class feelings[] = {
    { "laughing", SHADES("giggling", "chuckling"), 0 }, { "crying", SHADES("sobbing", "weeping"), 0 },
};
static const nli_class occupations[] = {
    { "working", KINDS("cooking", "sweeping the floor", "digging a hole"), 0 },
    { "playing", KINDS("playing chess", "playing football", "playing cards"), 0 },
};

static const nli_class eating[] = { { "eating|eaten", NO_KINDS, 0 } };
static const nli_class drinking[] = { { "drinking|drunk", NO_KINDS, 0 },
                                      { "pouring away|poured away", NO_KINDS, 0 } };
static const nli_class trade[] = { { "buying|bought", NO_KINDS, 0 }, { "selling|sold", NO_KINDS, 0 } };
static const nli_class shifting[] = { { "pushing|pushed", NO_KINDS, 0 },
                                      { "pulling|pulled", NO_KINDS, 0 } };
static const nli_class mending[] = { { "repairing|repaired", NO_KINDS, 0 },
                                     { "breaking|broken", NO_KINDS, 0 } };
static const nli_class cleaning[] = {
    { "cleaning|cleaned", SHADES("washing|washed", "scrubbing|scrubbed", "polishing|polished"), 0 } };
static const nli_class opening[] = { { "opening|opened", NO_KINDS, 0 }, { "closing|closed", NO_KINDS, 0 } };
static const nli_class filling[] = { { "filling|filled", NO_KINDS, 0 }, { "emptying|emptied", NO_KINDS, 0 } };
static const nli_class carrying[] = { { "carrying|carried", NO_KINDS, 0 } };
static const nli_class drawing[] = { { "drawing|drawn", NO_KINDS, 0 } };

#define DOMAIN(list, goes_with) { NULL, list, COUNT(list), goes_with }

static const nli_domain times[] = { DOMAIN(days, 0), DOMAIN(hours, 0) };

static const nli_domain qualities[] = {
    DOMAIN(colours, NLI_GOODS | NLI_FLOWER),
    DOMAIN(sizes, NLI_GOODS | NLI_FOOD | NLI_ANIMAL),
    DOMAIN(ages, NLI_GOODS),
    DOMAIN(cleanness, NLI_GOODS),
    DOMAIN(prices, NLI_GOODS | NLI_FOOD | NLI_FLOWER),
    DOMAIN(weights, NLI_TOOL | NLI_CONTAINER | NLI_FURNITURE),
    DOMAIN(fullness, NLI_CONTAINER),
    DOMAIN(wetness, NLI_CLOTHING),
    DOMAIN(ripeness, NLI_FOOD),
    DOMAIN(moods, NLI_PERSON),
    DOMAIN(energies, NLI_PERSON | NLI_ANIMAL),
};

static const nli_domain activities[] = {
    DOMAIN(motions, NLI_PERSON | NLI_ANIMAL), DOMAIN(voices, NLI_PERSON),
    DOMAIN(feelings, NLI_PERSON), DOMAIN(occupations, NLI_PERSON),
};

static const nli_domain actions[] = {
    DOMAIN(eating, NLI_FOOD),
    DOMAIN(drinking, NLI_DRINK),
    DOMAIN(trade, NLI_GOODS | NLI_FOOD | NLI_FLOWER | NLI_ANIMAL),
    DOMAIN(shifting, NLI_VEHICLE | NLI_FURNITURE | NLI_CONTAINER),
    DOMAIN(mending, NLI_TOOL | NLI_VEHICLE | NLI_TOY | NLI_INSTRUMENT | NLI_FURNITURE),
    DOMAIN(cleaning, NLI_VEHICLE | NLI_INSTRUMENT | NLI_CONTAINER | NLI_FURNITURE | NLI_TOOL),
    DOMAIN(opening, NLI_CONTAINER),
    DOMAIN(filling, NLI_CONTAINER),
    DOMAIN(carrying, NLI_TOOL | NLI_TOY | NLI_INSTRUMENT | NLI_CONTAINER | NLI_CLOTHING),
    DOMAIN(drawing, NLI_GOODS | NLI_FLOWER | NLI_ANIMAL),
};

const nli_domain levin__nli_people = { "person", people, COUNT(people), 0 };
const nli_domain levin__nli_animals = { "animal", animals, COUNT(animals), 0 };
const nli_domain levin__nli_things = DOMAIN(things, 0);
const nli_domain levin__nli_places = DOMAIN(places, 0);
const nli_domains levin__nli_times = { times, COUNT(times) };
const nli_domains levin__nli_qualities = { qualities, COUNT(qualities) };
const nli_domains levin__nli_activities = { activities, COUNT(activities) };
const nli_domains levin__nli_actions = { actions, COUNT(actions) };

const nli_aside levin__nli_asides[] = {
    { "it", "raining" }, { "it", "snowing" }, { "the sun", "shining" },
    { "the clock", "ticking" }, { "the lamp", "switched on" }, { "the radio", "playing" },
    { "dinner", "ready" }, { "the telephone", "ringing" }, { "the shop", "open" },
    { "the train", "late" }, { "the moon", "visible" }, { "the door", "locked" },
};
const int levin__nli_n_asides = COUNT(levin__nli_asides);
/* clang-format on */
