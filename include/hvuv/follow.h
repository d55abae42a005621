/*
 * Following a VM whose address changes.
 *
 * WSL 2's VM has a new id each time it starts, a guest on Linux may come back
 * with another CID, and the folder of a hypervisor's socket goes and comes with
 * its VM. A follow looks the address up again and again, reports when it has
 * changed, and can keep a server listening or a client calling there.
 *
 *   hvuv_follow_options_init(&options);
 *   options.name = "wsl";
 *   hvuv_addr_parse("hyperv://any/5000", &options.addr);
 *   hvuv_follow_start(loop, &follow, &options, on_news);
 *   hvuv_follow_listen(&follow, &server, &protocol);       or
 *   hvuv_follow_connect(&follow, &client, &protocol);      or neither
 *   ...
 *   hvuv_follow_close(&follow, on_closed);                 always, once
 *
 *             interval_ms, hvuv_follow_check(),
 *             an attempt of the client that is due
 *   RESTS -------------------------------------> LOOKS UP
 *     ^                                             |
 *     +-- on_news, if it is another than before <---+ hvuv_lookup_done()
 *
 * It needs no privilege of its own; what it asks may (hvuv/vm.h). There is one
 * lookup at a time, and between the beginnings of two at least min_interval_ms,
 * doubled with each in a row that fails, up to max_interval_ms.
 *
 * None of this was seen on a real Windows by this project.
 */
#ifndef HVUV_FOLLOW_H
#define HVUV_FOLLOW_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "client.h"
#include "export.h"
#include "protocol.h"
#include "server.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_follow_s hvuv_follow_t;
typedef struct hvuv_lookup_s hvuv_lookup_t;

/* Called when what is known has changed:
 *
 *   0          *addr is the address, which is the first, another one, or there
 *              again; if a server follows, it listens there now
 *   UV_ENOENT  there is none now: no VM of this name runs, or the folder of a
 *              hybrid address is gone
 *   else       the lookup fails, with a code of hvuv_vm_find() or of
 *              options.resolve, or the server could not listen there, with a
 *              code of hvuv_server_listen(). It is tried again
 *
 * Unless status is 0, *addr is the address that was known last, or addr is
 * NULL. *addr is valid until the callback returns. The same status in a row is
 * reported once; so is the same address, except that a server's listener that
 * had to be made anew there is reported too. Always from the loop; may close
 * the follow, the server and the client. */
typedef void (*hvuv_follow_cb)(hvuv_follow_t* follow,
                               const hvuv_addr_t* addr,
                               int status);

/* A lookup: hvuv's, from options.resolve until hvuv_lookup_done(). */
struct hvuv_lookup_s {
  /* public; NULL at first */
  void* data;
  /* read-only; NULL once the follow has been closed */
  hvuv_follow_t* follow;
};

/* Looks an address up. Called from the loop, never while another lookup is
 * out. Returns 0 if hvuv_lookup_done() has been called or will be, in the
 * loop's thread; or an error, which counts as the result, and then the lookup
 * has ended. A lookup must be ended even if its follow is closed meanwhile. */
typedef int (*hvuv_resolve_cb)(hvuv_lookup_t* lookup);

/* Ends a lookup: 0 with the address, which is copied; UV_ENOENT if there is
 * none now; or why it failed. A status above 0, or an *addr that is no address,
 * counts as UV_EINVAL. To be called once for each lookup, whose memory is
 * hvuv's again; legal inside options.resolve. Calls nothing back. */
HVUV_EXTERN void hvuv_lookup_done(hvuv_lookup_t* lookup,
                                  const hvuv_addr_t* addr,
                                  int status);

/* Whom to follow, and how often. */
typedef struct hvuv_follow_options_s {
  /* A VM's name, or its id, as for hvuv_vm_find(): names are known on Windows
   * only, elsewhere the id of a partition of `local`, which is there while
   * somebody listens in it. "wsl" starts WSL's default
   * distribution at each lookup if that does not run, so an interval below
   * WSL's own idle time keeps it running. Copied. */
  const char* name;

  /* With a name: a `hyperv` or `local` address, whose VM is replaced with the
   * one that was found. With neither name nor resolve: an address that does not
   * change, at which a server's listener is kept: a `hybrid` address is there
   * while its folder is. Else of no account. */
  hvuv_addr_t addr;

  /* In place of a name: whoever knows, such as a CID from what starts the VM.
   * May return at once or take its time; must not block. */
  hvuv_resolve_cb resolve;

  /* From the end of a lookup to the beginning of the next; default 10 s; 0: no
   * lookup after the first but by hvuv_follow_check() and for a client. */
  uint64_t interval_ms;

  uint64_t min_interval_ms; /* see above; default 1 s, at least 1 */
  uint64_t max_interval_ms; /* default 60 s, at least min_interval_ms */
} hvuv_follow_options_t;

/* Sets the defaults above, and the rest to 0. */
HVUV_EXTERN void hvuv_follow_options_init(hvuv_follow_options_t* options);

/* Called when the follow has closed: its memory is the caller's again. */
typedef void (*hvuv_follow_close_cb)(hvuv_follow_t* follow);

struct hvuv_follow_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  /* private */
  struct hvuv__follow_s* impl;
};

/* Starts to follow; the first lookup begins in the next turn of the loop. cb
 * may be NULL. With an interval the loop is kept alive until the follow is
 * closed; without, while a lookup is due or out. Returns 0, and then the follow
 * must be closed before its memory is freed; or
 *
 *   UV_EINVAL        a pointer is NULL, the name is empty, there are a name and
 *                    a resolve, addr is no address or not of the kind that is
 *                    needed, or the intervals are out of order
 *   UV_ENAMETOOLONG  as hvuv_vm_find()
 *   UV_ENOMEM */
HVUV_EXTERN int hvuv_follow_start(uv_loop_t* loop,
                                  hvuv_follow_t* follow,
                                  const hvuv_follow_options_t* options,
                                  hvuv_follow_cb cb);

/* Has the address looked up again as soon as the rhythm allows: for whoever
 * notices that a VM may have gone, as when a connection has ended. Calls while
 * one is due or out count as one. Returns 0, or UV_EINVAL if the follow is
 * closing. */
HVUV_EXTERN int hvuv_follow_check(hvuv_follow_t* follow);

/* Copies the address that is known, and returns the status that was reported
 * last: as for hvuv_follow_cb. UV_EAGAIN before the first result; UV_EINVAL if
 * a pointer is NULL or the follow is closing. *addr is unchanged if none was
 * ever known. */
HVUV_EXTERN int hvuv_follow_addr(const hvuv_follow_t* follow,
                                 hvuv_addr_t* addr);

/* Has a server listen at the address, with this protocol, in the next turn of
 * the loop if the last lookup has found it, and follow it: when it has changed,
 * the server listens at the new one first, and then closes the listener at the
 * old one. Connections stay. Where the address cannot be listened on, the listener at
 * the old one stays, cb gets the code, and it is tried again at the next
 * lookup. While there is no address the listener stays as it is.
 *
 * A listener of a `hybrid` or `local` address whose socket is no longer at its
 * path, because its folder was removed and made again, is closed and made
 * anew. hvuv_server_chmod(), if it is needed, belongs into cb, with status 0.
 *
 * The follow and the server may be closed and stopped in any order; a server
 * keeps the listener of a follow that is closed. *protocol is as for
 * hvuv_server_listen(). Returns 0, UV_EALREADY if somebody follows with this
 * follow, or UV_EINVAL if a pointer is NULL, on_message is NULL, the framing is
 * invalid, they are on different loops, the server cannot listen
 * (hvuv_server_share()), or one of the two is closing. */
HVUV_EXTERN int hvuv_follow_listen(hvuv_follow_t* follow,
                                   hvuv_server_t* server,
                                   const hvuv_protocol_t* protocol);

/* As hvuv_client_connect(), with the address that is found: before each attempt
 * of the client, the first and those that follow a failure or a connection that
 * has ended, the address is looked up. If the rhythm does not allow a lookup
 * yet, the last result counts. An address that is known is called even if
 * looking it up fails; without one the attempt fails with the lookup's code, of
 * which UV_ENOENT is HVUV_ERROR_VM_OFF, and others are as hvuv_error_class()
 * has them. A client that only calls needs no interval_ms. One that is to call
 * again after a connection has ended needs `reconnects` in its options: a new
 * address alone does not make it call.
 *
 * The client may be closed before the follow or after it; a client whose
 * follow is closed goes on at the address that was known last. Returns 0, or
 *
 *   UV_EALREADY  somebody follows with this follow, or the client is
 *                connecting, waiting to retry, or connected
 *   UV_EINVAL    a pointer is NULL, on_message is NULL, the framing is
 *                invalid, they are on different loops, or one of the two is
 *                closing
 *
 * After on_done, the same pair may be given again; hvuv_client_connect() ends
 * the following. */
HVUV_EXTERN int hvuv_follow_connect(hvuv_follow_t* follow,
                                    hvuv_client_t* client,
                                    const hvuv_protocol_t* protocol);

/* Closes a follow at once, whatever its state: a lookup that is out is no
 * longer waited for, though a lookup of a name may hold the loop for as long as
 * hvuv_vm_find() does. cb, which may be NULL, is called last, from the loop,
 * also if whatever uv_walk() shows was closed before or is closed meanwhile
 * (hvuv/loop.h). To be called once. */
HVUV_EXTERN void hvuv_follow_close(hvuv_follow_t* follow,
                                   hvuv_follow_close_cb cb);

/* For bindings: the size of a hvuv_follow_t in bytes, and its fields; see
 * hvuv_stream_size(). hvuv_follow_start() leaves data as it is. */
HVUV_EXTERN size_t hvuv_follow_size(void);
HVUV_EXTERN void* hvuv_follow_get_data(const hvuv_follow_t* follow);
HVUV_EXTERN void hvuv_follow_set_data(hvuv_follow_t* follow, void* data);
HVUV_EXTERN uv_loop_t* hvuv_follow_get_loop(const hvuv_follow_t* follow);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_FOLLOW_H */
