/* scope.h: memory by lifetime. A scope hands out bytes that all end with it; its chunks are kept by
 * the thread and used again, so that a warm step takes nothing from the heap. */
#ifndef LEVIN_BASE_SCOPE_H
#define LEVIN_BASE_SCOPE_H

#include <levin/base.h>

/** Bytes of the innermost scope, aligned to LEVIN_ALIGN, not cleared. NULL and LEVIN_ENOMEM. */
void *levin__scope_alloc(size_t bytes);
/** Bytes of a given open scope of this thread. */
void *levin__scope_alloc_in(levin_scope *scope, size_t bytes);
/** The innermost scope of this thread; its root scope if none was opened. */
levin_scope *levin__scope_current(void);
/** The scope around this one; NULL for the root. */
levin_scope *levin__scope_parent(levin_scope *scope);
/** One pointer that a higher room may keep with a scope (the tape does); NULL in a new scope. */
void **levin__scope_attachment(levin_scope *scope);
/** Bytes handed out by all open scopes of this thread, and the most there ever were. */
size_t levin__scope_bytes(void);
size_t levin__scope_peak_bytes(void);
/** The most there ever were counts anew from here. */
void levin__scope_forget_peak(void);

#endif
