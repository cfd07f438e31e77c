/* words.h: profilers by the words of the flag `profiler`. As with loggers (loggers/words.h), a word
 * stands in the flags as a thing that is known by its place; the trainer makes the profiler. */
#ifndef LEVIN_TRAINER_PROFILERS_WORDS_H
#define LEVIN_TRAINER_PROFILERS_WORDS_H

#include <levin/profilers.h>

/** What stands for a word; NULL after recording LEVIN_EINVAL, which says what is known. */
levin_profiler *levin__profiler_of_word(const char *word);
/** The word that it stands for; NULL if it is a profiler itself. */
const char *levin__word_of_profiler(const levin_profiler *p);
/** The profiler that a flag asks for, made if it is a word. */
levin_profiler *levin__profiler_make(levin_profiler *p);

#endif
