/*
 * The right to listen at a path: what keeps two live listeners apart and lets
 * the next one start after one was killed. A claim is a locked file beside the
 * socket, PATH.lock; the system drops the lock when the process ends, however
 * it ends.
 *
 *               take                    bound
 *   nothing ----------> claimed (lock) ---------> claimed (lock, socket)
 *      ^                    | abandon                 | release
 *      +--------------------+-------------------------+
 *
 * A claim belongs to the process that took it. In a forked child, which has a
 * copy, giving it back frees the copy and touches no file. Only what this claim
 * has made is ever removed: the socket that was there when bound() was called,
 * by its type and inode, and its own lock. The inode is not another's while the
 * socket is open, so a claim is released before its socket is closed.
 */
#ifndef HVUV_SRC_UNIX_CLAIM_H
#define HVUV_SRC_UNIX_CLAIM_H

#include <stddef.h>

#define HVUV__LOCK_SUFFIX ".lock"

typedef struct hvuv__claim_s hvuv__claim_t;

/* Claims a path, and removes a socket that a dead listener left there. After an
 * error no lock file of ours is left.
 *
 *   UV_EADDRINUSE   somebody alive has it
 *   UV_EEXIST       what is there is no socket
 *   UV_ENOTSUP      the folder's file system has no locks
 *   UV_EACCES       this user may not make a lock there, or open the one that
 *                   another user left
 *   UV_EMFILE, UV_ENOMEM, and what else the system reports */
int hvuv__claim_take(const char* path, hvuv__claim_t** claim);

/* The claim's socket has just been bound to its path: it is remembered which
 * one that is. */
void hvuv__claim_bound(hvuv__claim_t* claim);

/* The claimed path, the claim's own: len bytes, and not NUL-terminated. */
const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len);

/* Whether the claim's socket is still at its path. */
int hvuv__claim_is_bound(const hvuv__claim_t* claim);

/* Adds read or write permission (UV_READABLE, UV_WRITABLE) for everybody to the
 * mode of the claim's socket. UV_ENOENT if that is no longer at its path,
 * UV_ENOTSUP where sockets have no mode. */
int hvuv__claim_chmod(const hvuv__claim_t* claim, int flags);

/* Removes the socket, if it is still at its path, and gives the path back. */
void hvuv__claim_release(hvuv__claim_t* claim);

/* Gives the path back and leaves what is there: the socket was never made. */
void hvuv__claim_abandon(hvuv__claim_t* claim);

#endif /* HVUV_SRC_UNIX_CLAIM_H */
