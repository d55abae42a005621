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
    {EVERY, {0}, NULL, "It went well."},
    {EVERY,
     {UV_EOF},
     NULL,
     "The peer has finished sending; that is how a stream ends. In the middle "
     "of a message it means that the rest never came."},
    {EVERY,
     {UV_ECANCELED},
     NULL,
     "It was not done, because the stream was closed or something before it "
     "failed."},
    {EVERY,
     {UV_EPIPE, UV_ENOTCONN},
     NULL,
     "The stream is not open in that direction: it was shut down here, or the "
     "peer is gone."},
    {EVERY,
     {UV_ECONNABORTED},
     NULL,
     "The connection ended before it was complete. Try again."},
    {EVERY,
     {UV_EMSGSIZE},
     NULL,
     "A message is larger than the limit, one to be sent or one of the peer's. "
     "Raise the limit on both sides, or split the message; or the peer speaks "
     "another protocol, and what was taken for a size is none."},
    {EVERY,
     {UV_EPROTO, UV_EILSEQ},
     NULL,
     "The peer sent what is no message. See that both sides speak the same "
     "protocol with the same framing."},
    {EVERY,
     {UV_ENOBUFS},
     NULL,
     "There is no room for it: what is queued to be sent has reached its "
     "limit, "
     "or the system is short of memory. Send more when the queue has drained."},
    {EVERY,
     {UV_EALREADY},
     NULL,
     "That is under way already: a stream reads, connects or shuts down once "
     "at "
     "a time."},
    {EVERY,
     {UV_EBUSY, UV_EISCONN},
     NULL,
     "The stream has a socket already. Use another stream."},
    {EVERY,
     {UV_EBADF},
     NULL,
     "There is no open socket for it: the stream is not connected or bound, or "
     "its socket was closed by somebody else."},
    {EVERY, {UV_ENOTSOCK}, NULL, "What was given is not a socket."},
    {EVERY,
     {UV_EMFILE, UV_ENFILE},
     on_windows,
     "This process, or Windows, has no socket or handle left. Close some."},
    {EVERY,
     {UV_EMFILE, UV_ENFILE},
     NULL,
     "This process, or the system, has no descriptor left. Close some, or "
     "raise the limit (ulimit -n)."},
    {EVERY, {UV_ENOMEM}, NULL, "There is not enough memory for it now."},
    {EVERY,
     {UV_ETIMEDOUT},
     NULL,
     "Nothing came in time: no answer to a connect, or no message from the "
     "peer."},
    {EVERY,
     {UV_EAFNOSUPPORT, UV_ENOTSUP},
     NULL,
     "This system, or this build of hvuv, has no such sockets, or they cannot "
     "do that."},
    {EVERY,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for of this stream or address."},
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
  unsigned int kind = kind_of(q);
  const hvuv__advice_t* row;
  size_t i;

  assert(kind & EVERY);
  for (i = 0; i < count; i++) {
    row = &among[i];
    assert(row->text != NULL);
    if ((row->kinds & kind) && has_status(row, status) &&
        (row->when == NULL || row->when(q)))
      return row->text;
  }
  return NULL;
}

const char* hvuv__advice_find(const hvuv__question_t* q, int status) {
  const char* text;

  text = find_among(hvuv__advice_vm, hvuv__advice_vm_count, q, status);
  if (text == NULL)
    text = find_among(hvuv__advice_unix, hvuv__advice_unix_count, q, status);
  if (text == NULL)
    text = find_among(rows, sizeof(rows) / sizeof(rows[0]), q, status);
  if (text == NULL)
    text = "That is the system's own answer, and hvuv knows no more about it.";
  return text;
}
