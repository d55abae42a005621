/* Whether somebody lives behind a socket's path. */
#ifndef HVUV_SRC_UNIX_PROBE_H
#define HVUV_SRC_UNIX_PROBE_H

/* Connects and hangs up again. 0 only if it is certain that nobody listens
 * there, UV_EADDRINUSE if somebody does or may, who need know nothing of
 * claims; why there is no socket to ask with (UV_EMFILE, UV_ENOMEM). May take a
 * tenth of a second on Windows. */
int hvuv__unix_probe(const char* path);

#endif /* HVUV_SRC_UNIX_PROBE_H */
