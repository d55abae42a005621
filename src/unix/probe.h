/* Whether somebody lives behind a socket's path. */
#ifndef HVUV_SRC_UNIX_PROBE_H
#define HVUV_SRC_UNIX_PROBE_H

/* Connects and hangs up again: 0 only if it is certain that nobody listens
 * there. Whoever does may know nothing of claims. May take a tenth of a second
 * on Windows. */
int hvuv__unix_is_answered(const char* path);

#endif /* HVUV_SRC_UNIX_PROBE_H */
