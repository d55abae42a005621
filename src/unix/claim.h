/*
 * The right to listen at a path: what keeps two live listeners apart and lets
 * the next one start after one was killed. A claim is a locked file beside the
 * socket; the system drops the lock when the process ends, however it ends.
 */
#ifndef HVUV_SRC_UNIX_CLAIM_H
#define HVUV_SRC_UNIX_CLAIM_H

#include <stddef.h>

typedef struct hvuv__claim_s hvuv__claim_t;

/* Claims a path, and removes a socket that a dead listener left there.
 * UV_EADDRINUSE while somebody alive has it, UV_EEXIST when what is there is no
 * socket, UV_ENOMEM, or what the system answers. */
int hvuv__claim_take(const char* path, hvuv__claim_t** claim);

/* The claimed path, the claim's own: len bytes, and not NUL-terminated. */
const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len);

/* Removes the socket and gives the path back. Where the claim's lock file is no
 * longer at its path (somebody emptied the folder), what is there may be
 * another's and stays. */
void hvuv__claim_release(hvuv__claim_t* claim);

/* Gives the path back and leaves what is there: the socket was never made. */
void hvuv__claim_abandon(hvuv__claim_t* claim);

#endif /* HVUV_SRC_UNIX_CLAIM_H */
