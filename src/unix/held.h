/* Whether a path is claimed (claim.h), for those who only look. */
#ifndef HVUV_SRC_UNIX_HELD_H
#define HVUV_SRC_UNIX_HELD_H

/* Returns 1 if somebody alive has the claim of a path, else 0; 1 if that cannot
 * be found out. Nothing is made or removed. For a moment it has the lock
 * itself, shared, so that several who look do not see each other; whoever
 * claims the path just then, though, sees it taken. */
int hvuv__claim_is_held(const char* path);

#endif /* HVUV_SRC_UNIX_HELD_H */
