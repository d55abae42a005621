/*
 * Proving who calls: a protocol handler in front of another one.
 *
 * Hyper-V sockets have no peer credentials. The VM id or CID of a peer names
 * its machine and not the program in it, and on `local` addresses it is only
 * claimed. With this handler in front, a conversation begins only after both
 * sides have proved that they have the same secret, which is never sent:
 *
 *   hvuv_auth_init(&auth, HVUV_AUTH_SERVER, &protocol, NULL);
 *   hvuv_auth_load(&auth, "/etc/agent.secret");
 *   hvuv_server_listen(&server, &addr, hvuv_auth_protocol(&auth));
 *
 * and the same with HVUV_AUTH_CLIENT and hvuv_client_connect(). The client
 * proves itself first, so a stranger who calls gets nothing to guess at:
 *
 *   server                                        client
 *      | --- challenge: a nonce -----------------> |
 *      | <-- response: a nonce, client's proof --- |
 *      | --- welcome: server's proof ------------> |   or refusal
 *      |                                           |
 *      | on_open of the handler behind; its bytes follow at once, in both ways
 *
 * Each frame is one byte, the number of bytes that follow; "hvau"; a byte for
 * the version, 1; a byte for the kind; and what the kind has:
 *
 *   1  challenge  32 bytes, the server's nonce
 *   2  response   32 bytes, the client's nonce; 32 bytes, the client's proof
 *   3  welcome    32 bytes, the server's proof
 *   4  refusal    nothing
 *
 * A proof is HMAC-SHA-256 with the secret as the key, over
 *
 *   "hvuv auth 1" and a NUL | "C" or "S" | server's nonce | client's nonce |
 *   the purpose
 *
 * C is in the client's proof, S in the server's, so that neither can be sent
 * back as the other. The nonces are from the system's random numbers, new for
 * each connection, so that no proof is good twice.
 *
 * What it does not give:
 *
 *   - No encryption, and no protection of the bytes that follow. Whoever carries
 *     them (the host, its hypervisor, a proxy) can pass the exchange through
 *     and then read and change everything. Where that matters, put TLS into the
 *     stream.
 *   - A proof is bound to the two nonces, the role and the purpose, and to
 *     nothing else: not to addresses, VM ids or connections. Give each service a
 *     purpose of its own, or a secret of its own, if a program that a client
 *     calls must not be able to call another service in the client's name.
 *   - Everybody who has the secret is the same to it. For callers that differ,
 *     listen on several addresses, each with its own secret.
 *   - Whoever a client calls receives its proof, and can test guesses of the
 *     secret against it at leisure. So a secret must be random; a password is
 *     not.
 *
 * HMAC-SHA-256 and the comparison in constant time are libsodium's
 * (libsodium.org). A hvuv that was built without it (HVUV_AUTH) has these
 * functions too; hvuv_auth_init() returns UV_ENOTSUP there.
 *
 * Servers that share their callers (hvuv_server_share()) have one auth, too.
 * hvuv_auth_set_secrets(), hvuv_auth_load() and hvuv_auth_stats() may be called
 * in any thread; on_failed is called in that of its connection.
 */
#ifndef HVUV_AUTH_H
#define HVUV_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_auth_s hvuv_auth_t;

/* Which side of the exchange it is: the one that is called, or the caller. */
typedef enum hvuv_auth_role_e {
  HVUV_AUTH_SERVER = 1,
  HVUV_AUTH_CLIENT
} hvuv_auth_role_t;

/* How long a secret may be, in bytes. 32 characters of hexadecimal digits are
 * 128 random bits. */
#define HVUV_AUTH_SECRET_MIN 32
#define HVUV_AUTH_SECRET_MAX 256

/* How long a purpose may be, in bytes without the NUL. */
#define HVUV_AUTH_PURPOSE_MAX 255

/* What may be set. */
typedef struct hvuv_auth_options_s {
  /* From on_open to the end of the exchange; then the connection closes with
   * UV_ETIMEDOUT, whatever has come. Default 5 s; not 0. The limits of the
   * server or client apply too. */
  uint64_t timeout_ms;

  /* What the proofs are for, the same text on both sides; copied. NULL, the
   * default, is the empty text. */
  const char* purpose;

  /* Called when an exchange has failed; the connection is closing, and the
   * handler behind is not called. Not called if this side has ended it (a stop,
   * a close). conn is for hvuv_conn_peer() and the like: its state is not the
   * handler's. May be NULL: it is counted in any case. reason is
   *
   *   UV_EACCES     the peer's proof is wrong, the server has refused ours, or
   *                 there is no secret here
   *   UV_EPROTO, UV_EMSGSIZE  what came is not such an exchange
   *   UV_EOF        the peer finished before it was over
   *   UV_ETIMEDOUT  it took too long
   *   else          the error of the socket, or UV_ENOMEM */
  void (*on_failed)(hvuv_auth_t* auth, hvuv_conn_t* conn, int reason);
} hvuv_auth_options_t;

/* Sets the defaults above. */
HVUV_EXTERN void hvuv_auth_options_init(hvuv_auth_options_t* options);

/* Counters, from hvuv_auth_init() on. proved_previous stands still once nobody
 * uses the previous secret any more. */
typedef struct hvuv_auth_stats_s {
  uint64_t proved_current;
  uint64_t proved_previous;
  uint64_t refused; /* UV_EACCES, see on_failed */
  uint64_t broken;  /* any other reason there */
} hvuv_auth_stats_t;

struct hvuv_auth_s {
  /* public */
  void* data;
  /* private */
  struct hvuv__auth_s* impl;
};

/* Prepares the handler that asks for a proof, or gives one, before *inner,
 * which must stay valid and unchanged as long as a connection uses it. options
 * may be NULL for the defaults. It has no secret yet; until it has one, every
 * exchange fails with UV_EACCES.
 *
 *   UV_EINVAL   a pointer is NULL, role is neither, *inner is no protocol that
 *               a server could use, timeout_ms is 0, or the purpose is too long
 *   UV_ENOTSUP  this hvuv was built without libsodium
 *   UV_ENOMEM */
HVUV_EXTERN int hvuv_auth_init(hvuv_auth_t* auth,
                               hvuv_auth_role_t role,
                               const hvuv_protocol_t* inner,
                               const hvuv_auth_options_t* options);

/* Sets the secrets, any bytes, which are copied. A server accepts a proof with
 * either; a client uses the current one. previous may be NULL. To change a
 * secret without a gap:
 *
 *   1. give the servers the new one and the old one
 *   2. give the clients the new one
 *   3. when proved_previous stands still, give the servers the new one alone
 *
 * An exchange that has begun goes on with the secrets that are set when its
 * next frame comes. Connections whose exchange is over stay as they are.
 * Returns 0, or UV_EINVAL if one is shorter than HVUV_AUTH_SECRET_MIN or longer
 * than HVUV_AUTH_SECRET_MAX; then nothing has changed. */
HVUV_EXTERN int hvuv_auth_set_secrets(hvuv_auth_t* auth,
                                      const void* current,
                                      size_t current_bytes,
                                      const void* previous,
                                      size_t previous_bytes);

/* Sets the secrets that a file has. Its first line is the current one, and its
 * second, if there is one, the previous one. A line ends with LF or CRLF, which
 * is not a part of the secret, and the last one may lack that; all other bytes
 * are, blanks too. To be called again when the file has changed (SIGHUP). It
 * reads the file in this call.
 *
 *   umask 077 && openssl rand -hex 32 >agent.secret
 *
 * Returns 0, or an error; then the secrets are what they were:
 *
 *   UV_EPERM   others may read or write the file (its mode has a bit for group
 *              or others), or it is neither this user's nor root's. On Windows,
 *              whose files have access lists, this is not checked
 *   UV_EINVAL  it is no regular file, has no line or more than two, a secret is
 *              too short or too long, or has a control character
 *   UV_ENOMEM, or what opening and reading the file returned */
HVUV_EXTERN int hvuv_auth_load(hvuv_auth_t* auth, const char* path);

/* Returns the protocol to be given to hvuv_server_listen() or
 * hvuv_client_connect(). It is valid until hvuv_auth_close().
 *
 * A connection with it has the state_bytes of the handler behind, or some 100
 * bytes if that has fewer, which are zeroed before its on_open is called.
 * Before that hvuv_server_each() does not visit the connection, and
 * hvuv_client_conn() does not return it. first_message_timeout_ms counts from
 * on_open of the handler behind; to a client only a message after that is a
 * success. What a peer without the secret costs is a connection of that size
 * and at most 71 bytes more, for timeout_ms. */
HVUV_EXTERN const hvuv_protocol_t* hvuv_auth_protocol(const hvuv_auth_t* auth);

/* Copies the counters. */
HVUV_EXTERN void hvuv_auth_stats(const hvuv_auth_t* auth,
                                 hvuv_auth_stats_t* stats);

/* Wipes the secrets and frees what hvuv_auth_init() has allocated. Only after
 * the server has stopped or the client has closed. */
HVUV_EXTERN void hvuv_auth_close(hvuv_auth_t* auth);

/* For bindings: the size of a hvuv_auth_t in bytes, and its field; see
 * hvuv_stream_size(). hvuv_auth_init() leaves data as it is. */
HVUV_EXTERN size_t hvuv_auth_size(void);
HVUV_EXTERN void* hvuv_auth_get_data(const hvuv_auth_t* auth);
HVUV_EXTERN void hvuv_auth_set_data(hvuv_auth_t* auth, void* data);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_AUTH_H */
