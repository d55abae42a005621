/*
 * Which words hvuv_explain() uses: the first row that fits wins, those of an
 * address's own kind before those for all. Knows the system only by the facts
 * that it is given.
 */
#include "explain/advice.h"

#include <assert.h>
#include <uv.h>

#include "explain/advice_rows.h"

static int on_windows(const hvuv__question_t* q) {
  return q->facts->is_windows;
}

/* What is said of all addresses alike. */
static const hvuv__advice_t rows[] = {
    /* A step that is known */
    {EVERY,
     1u << HVUV_STEP_PARSE,
     {UV_EINVAL},
     NULL,
     "That is no address. hvuv_addr_parse_why() says which part is wrong, and "
     "hvuv/addr.h what an address looks like."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_EMFILE, UV_ENFILE},
     on_windows,
     "There is no socket or handle left to take a caller with. Callers wait, "
     "and the listener tries again by itself: close some."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_EMFILE},
     NULL,
     "This process has no descriptor left to take a caller with. Callers wait, "
     "and the listener tries again by itself: close some descriptors, or raise "
     "the limit (ulimit -n)."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_ENFILE},
     NULL,
     "The system has no descriptor left to take a caller with. Callers wait, "
     "and the listener tries again by itself: end what holds most, or raise "
     "the system's limit (fs.file-max)."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_ECONNABORTED, UV_ECONNRESET},
     NULL,
     "A caller hung up before it was taken. The listener goes on."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_EACCES, UV_EPERM},
     NULL,
     "That caller may not come here: it is not among the peers that the server "
     "accepts, or the rules of its address do not let it, or a security module "
     "does not."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_EBUSY},
     NULL,
     "The server has as many connections as it may, in all or from that VM. It "
     "takes more when some have ended."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_EAGAIN},
     NULL,
     "To hvuv_accept(), no caller waits here now: it is called when the "
     "listener's callback has reported one. Of a caller that was turned away, "
     "its VM calls more often than the server lets it "
     "(max_new_per_peer_per_s)."},
    {EVERY,
     1u << HVUV_STEP_ACCEPT,
     {UV_ENOSPC},
     NULL,
     "The connections together keep as much memory as they may "
     "(max_total_bytes). The caller waits until some is free."},
    {EVERY,
     CONNECTING,
     {UV_ECANCELED},
     NULL,
     "The stream was closed before it was connected."},
    {EVERY,
     CONNECTING,
     {UV_EALREADY, UV_EISCONN, UV_EBUSY},
     NULL,
     "The stream connects, or is connected or bound, already. Use another "
     "stream."},
    {EVERY,
     CONNECTING,
     {UV_ETIMEDOUT},
     NULL,
     "Nobody answered in time. See whether a server runs there, or allow more "
     "time."},
    {EVERY,
     1u << HVUV_STEP_SEND,
     {UV_ENOBUFS},
     NULL,
     "What is queued to be sent has reached its limit, or the system is short "
     "of memory. Send more when the queue has drained."},
    {EVERY,
     1u << HVUV_STEP_SEND,
     {UV_EMSGSIZE},
     NULL,
     "The message is larger than the limit. Raise it on both sides, or split "
     "the message."},
    {EVERY,
     1u << HVUV_STEP_SEND,
     {UV_EAGAIN},
     NULL,
     "Nothing could be sent at once: the peer has not read what came before. "
     "Queue it with hvuv_write(), or try again later."},
    {EVERY,
     1u << HVUV_STEP_SEND,
     {UV_ETIMEDOUT},
     NULL,
     "The peer took nothing of what was sent to it for too long. See whether "
     "its program hangs, or its VM is paused."},
    {EVERY,
     1u << HVUV_STEP_SEND | 1u << HVUV_STEP_FRAMING,
     {UV_EPIPE},
     NULL,
     "Nothing can be sent any more: this side has ended its direction, or the "
     "peer closed the stream or ended, and the last that was sent may not have "
     "arrived. See what it says, and connect again."},
    {EVERY,
     OPEN,
     {UV_ENOSPC},
     NULL,
     "The connections together keep as much memory as they may "
     "(max_total_bytes), and this one much of it: its peer does not take what "
     "is sent, or does not finish what it sends. See whether it hangs, or "
     "raise the limit."},
    {EVERY,
     OPEN,
     {UV_EACCES},
     NULL,
     "A proof was not accepted: the peer has another secret than this side, or "
     "none (hvuv/auth.h). Give both the same."},
    {EVERY,
     1u << HVUV_STEP_RECEIVE,
     {UV_ENOBUFS},
     NULL,
     "The alloc callback gave no buffer to read into. Reading goes on when it "
     "does."},
    {EVERY,
     1u << HVUV_STEP_RECEIVE,
     {UV_ETIMEDOUT},
     NULL,
     "The peer was silent for too long. See whether its program hangs, or its "
     "VM is paused."},
    {EVERY,
     1u << HVUV_STEP_FRAMING,
     {UV_EMSGSIZE},
     NULL,
     "A message of the peer is larger than the limit. Raise the limit, or "
     "split the message there; or the peer speaks another protocol, and what "
     "was taken for a size is none."},
    {EVERY,
     1u << HVUV_STEP_FRAMING,
     {UV_EOF},
     NULL,
     "The peer ended in the middle of a message: the rest never came."},
    {EVERY,
     OPEN,
     {UV_EPROTO, UV_EILSEQ, UV_EPROTOTYPE},
     NULL,
     "The peer sent what is no message. See that both sides speak the same "
     "protocol with the same framing."},
    {EVERY,
     1u << HVUV_STEP_TIME_LIMIT | 1u << HVUV_STEP_FRAMING,
     {UV_ETIMEDOUT},
     NULL,
     "A limit of this side ran out: the peer sent nothing, or did not finish a "
     "message, or took nothing of what was sent to it, or did not end, for "
     "longer than it may. See whether it hangs, or raise the limit."},
    {EVERY,
     1u << HVUV_STEP_STOP,
     {UV_ECANCELED, UV_ETIMEDOUT},
     NULL,
     "This side was stopped, and the peer took nothing, or did not end, within "
     "the time that was left to it."},

    /* Whatever the step */
    {EVERY, ANY_STEP, {0}, NULL, "It went well."},
    {EVERY,
     ANY_STEP,
     {UV_EOF},
     NULL,
     "The peer has finished sending; that is how a stream ends. In the middle "
     "of a message it means that the rest never came."},
    {EVERY,
     ANY_STEP,
     {UV_ECANCELED},
     NULL,
     "It was not done, because the stream was closed or something before it "
     "failed."},
    {EVERY,
     ANY_STEP,
     {UV_EPIPE, UV_ENOTCONN},
     NULL,
     "The stream is not open in that direction: it was shut down here, or the "
     "peer is gone."},
    {EVERY,
     ANY_STEP,
     {UV_ECONNABORTED},
     NULL,
     "The connection ended before it was complete. Try again."},
    {EVERY,
     ANY_STEP,
     {UV_EMSGSIZE},
     NULL,
     "A message is larger than the limit, one to be sent or one of the peer's. "
     "Raise the limit on both sides, or split the message; or the peer speaks "
     "another protocol, and what was taken for a size is none."},
    {EVERY,
     ANY_STEP,
     {UV_EPROTO, UV_EILSEQ},
     NULL,
     "The peer sent what is no message. See that both sides speak the same "
     "protocol with the same framing."},
    {EVERY,
     ANY_STEP,
     {UV_ENOBUFS},
     NULL,
     "There is no room for it: what is queued to be sent has reached its "
     "limit, "
     "or the system is short of memory. Send more when the queue has drained."},
    {EVERY,
     ANY_STEP,
     {UV_EALREADY},
     NULL,
     "That is under way already: a stream reads, connects or shuts down once "
     "at "
     "a time."},
    {EVERY,
     ANY_STEP,
     {UV_EBUSY, UV_EISCONN},
     NULL,
     "The stream has a socket already. Use another stream."},
    {EVERY,
     ANY_STEP,
     {UV_EBADF},
     NULL,
     "There is no open socket for it: the stream is not connected or bound, or "
     "its socket was closed by somebody else."},
    {EVERY, ANY_STEP, {UV_ENOTSOCK}, NULL, "What was given is not a socket."},
    {EVERY,
     ANY_STEP,
     {UV_EMFILE, UV_ENFILE},
     on_windows,
     "This process, or Windows, has no socket or handle left. Close some."},
    {EVERY,
     ANY_STEP,
     {UV_EMFILE},
     NULL,
     "This process has no descriptor left. Close some, or raise the limit "
     "(ulimit -n)."},
    {EVERY,
     ANY_STEP,
     {UV_ENFILE},
     NULL,
     "The system has no descriptor left. End what holds most, or raise its "
     "limit (fs.file-max)."},
    {EVERY,
     ANY_STEP,
     {UV_ENOMEM},
     NULL,
     "There is not enough memory for it now."},
    {EVERY,
     ANY_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "Nothing came in time: no answer to a connect, or no message from the "
     "peer; or the peer took nothing of what was sent to it."},
    {EVERY,
     ANY_STEP,
     {UV_EAFNOSUPPORT, UV_ENOTSUP},
     NULL,
     "This system, or this build of hvuv, has no such sockets, or they cannot "
     "do that."},
    {EVERY,
     ANY_STEP,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for of this stream or address."},
    {EVERY,
     ANY_STEP,
     {UV_EAGAIN},
     NULL,
     "It cannot be done at this moment: the kernel takes no more, or nobody "
     "waits. Try again later."},
    {EVERY,
     ANY_STEP,
     {UV_ECONNRESET, UV_EHOSTDOWN},
     NULL,
     "The peer closed the stream with bytes unread, or ended, or its machine "
     "did. See what it says."},
    {EVERY,
     ANY_STEP,
     {UV_ECONNREFUSED},
     NULL,
     "Nobody listens there. Start the server first."},
    {EVERY,
     ANY_STEP,
     {UV_EADDRINUSE},
     NULL,
     "Somebody listens at $addr already. Stop that server or take another "
     "service."},
    {EVERY,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr means nothing on this machine."},
    {EVERY,
     ANY_STEP,
     {UV_EHOSTUNREACH, UV_ENETUNREACH, UV_ENETDOWN, UV_ENODEV},
     NULL,
     "Nothing leads to $addr now: the device or the VM is not there, or is "
     "restarting."},
    {EVERY,
     ANY_STEP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The system does not let this user do it."},
    {EVERY,
     ANY_STEP,
     {UV_EPROTOTYPE},
     NULL,
     "What is there is no stream socket."},
    {EVERY,
     ANY_STEP,
     {UV_ENOENT},
     NULL,
     "There is no such thing: no listener at $addr, or no device for it "
     "(/dev/vsock)."},
    {EVERY,
     ANY_STEP,
     {UV_EIO},
     NULL,
     "The system reports a fault of the device or the disk below."},
    {EVERY,
     ANY_STEP,
     {UV_ENOSPC},
     NULL,
     "There is no room for it: on a disk, or in what connections may keep "
     "together (max_total_bytes)."},
    {EVERY, ANY_STEP, {UV_EINTR}, NULL, "A signal came in between. Try again."},
    {EVERY,
     ANY_STEP,
     {UV_EDESTADDRREQ},
     NULL,
     "The stream is connected to nobody."},
    {EVERY,
     ANY_STEP,
     {UV_ENAMETOOLONG, UV_ELOOP, UV_ENOTDIR, UV_EEXIST},
     NULL,
     "A path that belongs to $addr cannot be used as it is: it is too long, "
     "goes in a circle, or something else is there."},
    {EVERY,
     ANY_STEP,
     {UV_ENOPROTOOPT},
     NULL,
     "This system does not know an option that was asked for. Do not ask for "
     "it here."},
    {EVERY,
     ANY_STEP,
     {UV_ECHARSET},
     NULL,
     "A path that belongs to $addr is not UTF-8, as paths must be on Windows."},
};

static int has_status(const hvuv__advice_t* row, int status) {
  int i;

  /* Zeroes fill a row up; 0 itself is a status in the first place only. */
  if (row->statuses[0] == status)
    return 1;
  for (i = 1; i < HVUV__STATUSES_MAX && status != 0; i++)
    if (row->statuses[i] == status)
      return 1;
  return 0;
}

static unsigned int kind_of(const hvuv__question_t* q) {
  unsigned int kind = 1u << q->addr->family;

  assert(hvuv_addr_family(q->addr) != 0);
  return q->facts->is_windows && (kind & VM) ? WINDOWS : kind;
}

/* NULL if none of the rows fits. */
static const char* find_among(const hvuv__advice_t among[],
                              size_t count,
                              const hvuv__question_t* q,
                              int status) {
  unsigned int step = 1u << q->step;
  unsigned int kind = kind_of(q);
  const hvuv__advice_t* row;
  size_t i;

  assert(kind & EVERY);
  for (i = 0; i < count; i++) {
    row = &among[i];
    assert(row->text != NULL && row->steps != 0);
    if ((row->kinds & kind) && (row->steps & step) && has_status(row, status) &&
        (row->when == NULL || row->when(q)))
      return row->text;
  }
  return NULL;
}

const char* hvuv__advice_find(const hvuv__question_t* q, int status) {
  const char* text;

  text = find_among(hvuv__advice_vm, hvuv__advice_vm_count, q, status);
  if (text == NULL)
    text =
        find_among(hvuv__advice_hybrid, hvuv__advice_hybrid_count, q, status);
  if (text == NULL)
    text = find_among(hvuv__advice_unix, hvuv__advice_unix_count, q, status);
  if (text == NULL)
    text = find_among(rows, sizeof(rows) / sizeof(rows[0]), q, status);
  if (text == NULL)
    text = "That is the system's own answer, and hvuv knows no more about it.";
  return text;
}
