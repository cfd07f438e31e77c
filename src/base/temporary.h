/* temporary.h: the names under which files are made before they are renamed, and what is left of
 * them when a process was killed. */
#ifndef LEVIN_BASE_TEMPORARY_H
#define LEVIN_BASE_TEMPORARY_H

/** "<path>.tmp.<pid>" of this process; the caller's to free, NULL after LEVIN_ENOMEM. */
char *levin__temporary_name(const char *path);
/** Says for as long as fd is open that its file is being written, also to other machines that see
 *  it, where its file system has locks. */
void levin__temporary_claim(int fd);
/** Deletes the temporary files in a folder for names that end in ending, of processes that live no
 *  longer. What somebody claims stays: he may run on another machine. Records no error: it is
 *  tidying up. */
void levin__temporary_sweep(const char *folder, const char *ending);

#endif
