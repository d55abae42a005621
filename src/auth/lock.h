/*
 * The lock over what the loops of several threads use of an auth: its secrets
 * and its counters. One for all, held for a proof at most; a fork waits for it.
 */
#ifndef HVUV_SRC_AUTH_LOCK_H
#define HVUV_SRC_AUTH_LOCK_H

/* UV_ENOMEM. To be called before the others. */
int hvuv__auth_lock_init(void);
void hvuv__auth_lock(void);
void hvuv__auth_unlock(void);

#endif /* HVUV_SRC_AUTH_LOCK_H */
