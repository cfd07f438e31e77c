/* words.h: loggers by the words of the flag `logger`: true, false, csv, tensorboard, or both of
 * them.
 *
 * Flags own nothing, so a word stands in them as a list that is empty and known by its place; the
 * trainer makes the loggers. */
#ifndef LEVIN_TRAINER_LOGGERS_WORDS_H
#define LEVIN_TRAINER_LOGGERS_WORDS_H

#include <levin/loggers.h>

/** The list that stands for a word; NULL if it is none. */
levin_logger *const *levin__loggers_of_word(const char *word);
/** The word that a list stands for; NULL if it is a list of loggers. The default is NULL. */
const char *levin__word_of_loggers(levin_logger *const *list);
/** Makes the loggers that a list stands for, NULL the default ones, into made: at most
 * LEVIN_WORD_LOGGERS and a NULL. A list that holds its loggers itself is given back as it is. */
enum { LEVIN_WORD_LOGGERS = 2 };
levin_logger *const *levin__loggers_make(levin_logger *const *list,
                                         levin_logger *made[LEVIN_WORD_LOGGERS + 1]);

#endif
