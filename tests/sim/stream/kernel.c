/* What scripted system calls find. */
#include "kernel.h"

#include <string.h>

#include "sim/sim.h"
#include "relayed.h"
#include "support/fakes/fake_poller.h"
#include "sys/sys.h"

/* Promise: reads and accepts of one wake-up are bounded. */
#define CALLS_MOST 40

kernel_end_t kernel_ends[KERNEL_SLOTS];

static int calling;
static unsigned long next_tag;

char kernel_pattern(unsigned long tag, unsigned long position) {
  unsigned long x = tag * 7919 + position;

  return (char) (x ^ (x >> 8) ^ (x >> 16));
}

static kernel_end_t* find(uv_os_sock_t sock) {
  int i;

  for (i = 0; i < KERNEL_SLOTS; i++)
    if (kernel_ends[i].sock == sock)
      return &kernel_ends[i];
  if (calling >= 0 && kernel_ends[calling].sock == HVUV__NO_SOCK) {
    kernel_begin(calling, sock);
    return &kernel_ends[calling];
  }
  sim_broken("system calls are made on sockets of a stream",
             "socket %ld",
             (long) sock);
}

/* What a script has a call find, once. */
static int is_said(kernel_end_t* end, enum fake_verb verb, ssize_t* result) {
  if (end->saying[verb] == KERNEL_QUIET)
    return 0;
  *result = end->saying[verb];
  if (--end->times[verb] <= 0)
    end->saying[verb] = KERNEL_QUIET;
  return 1;
}

static void limit(kernel_end_t* end, size_t* n) {
  if (end->most > 0 && (size_t) end->most < *n)
    *n = (size_t) end->most;
  end->most = 0;
}

static void count_call(kernel_end_t* end) {
  SIM_EXPECT(++end->calls <= CALLS_MOST,
             "a wake-up is bounded",
             "slot %d",
             end->model->slot);
}

/* --- Calls ---------------------------------------------------------------- */

static ssize_t connect_socket(kernel_end_t* end) {
  SIM_EXPECT(!end->is_dialling, "one connect at a time", "%d", end->dial);
  end->is_dialling = end->dial == HVUV__IN_PROGRESS;
  end->dial_result = 1;
  end->model->connect_said = 1;
  if (end->dial != HVUV__IN_PROGRESS && end->dial != UV_EAGAIN &&
      (end->dial != 0 || end->greeting == NULL))
    model_kernel_error(end->model, end->dial);
  return end->dial;
}

static ssize_t take_error(kernel_end_t* end) {
  ssize_t result = 0;

  if (end->is_dialling && end->dial_result <= 0) {
    end->is_dialling = 0;
    result = end->dial_result;
    fake_finish_connect(end->sock);
    if (result != 0 || end->greeting == NULL)
      model_kernel_error(end->model, (int) result);
    return result;
  }
  if (!is_said(end, FAKE_TAKE_ERROR, &result))
    return 0;
  model_kernel_error(end->model, (int) result);
  if (end->model->state == MODEL_RELAYED && result != 0)
    relayed_failed(end);
  return result;
}

static ssize_t accept_caller(kernel_end_t* end) {
  ssize_t result = 0;

  count_call(end);
  if (!is_said(end, FAKE_ACCEPT, &result))
    result = end->callers > 0 ? 0 : UV_EAGAIN;
  end->callers -= result == 0;
  model_kernel_accepted(end->model, (int) result);
  return result;
}

static void offered(uv_os_sock_t sock,
                    const uv_buf_t bufs[],
                    unsigned int nbufs) {
  kernel_end_t* end = find(sock);

  if (end->model->state == MODEL_CONNECTING && end->greeting != NULL) {
    end->model->offered = bufs[0].len;
    SIM_EXPECT(nbufs == 1 && bufs[0].len == 13 &&
                   memcmp(bufs[0].base, "CONNECT 5000\n", 13) == 0,
               "the hypervisor is asked for the port",
               "%zu bytes",
               (size_t) bufs[0].len);
  } else if (end->model->state == MODEL_RELAYED) {
    relayed_offered(end, bufs, nbufs);
  } else {
    model_kernel_offered(end->model, bufs, nbufs);
  }
}

static ssize_t take_sent(kernel_end_t* end) {
  ssize_t result = 0;
  size_t n;

  n = end->model->offered;
  if (is_said(end, FAKE_SEND, &result))
    return result;
  if (end->end != 0 && end->end != UV_EOF)
    return UV_EPIPE;
  if (end->room >= 0 && (size_t) end->room < n)
    n = (size_t) end->room;
  limit(end, &n);
  if (n == 0 && end->model->offered > 0)
    return UV_EAGAIN;
  if (end->room >= 0)
    end->room -= (long) n;
  return (ssize_t) n;
}

static ssize_t send_bytes(kernel_end_t* end) {
  ssize_t result;

  if (end->model->state == MODEL_CONNECTING)
    return (ssize_t) end->model->offered;
  result = take_sent(end);
  if (end->model->trying != NULL)
    end->tried = result == UV_ENOBUFS ? UV_EAGAIN : result;
  if (end->model->state == MODEL_RELAYED)
    relayed_sent(end, result);
  else
    model_kernel_sent(end->model, result);
  return result;
}

static ssize_t shut_down(kernel_end_t* end) {
  ssize_t result = 0;

  is_said(end, FAKE_SHUTDOWN, &result);
  end->is_shut = 1;
  if (end->model->state == MODEL_RELAYED)
    relayed_shut(end, (int) result);
  else
    model_kernel_shutdown(end->model, (int) result);
  return result;
}

static ssize_t answer(enum fake_verb verb, uv_os_sock_t sock) {
  switch (verb) {
    case FAKE_CONNECT:
      return connect_socket(find(sock));
    case FAKE_TAKE_ERROR:
      return take_error(find(sock));
    case FAKE_ACCEPT:
      return accept_caller(find(sock));
    case FAKE_SEND:
      return send_bytes(find(sock));
    case FAKE_SHUTDOWN:
      return shut_down(find(sock));
    default:
      return 0; /* names, options, listen */
  }
}

/* --- Bytes that come ------------------------------------------------------ */

static ssize_t give_greeting(kernel_end_t* end,
                             enum fake_verb verb,
                             char* base,
                             size_t len) {
  size_t n = strlen(end->greeting);

  if (n == 0)
    return end->end == 0 ? UV_EAGAIN : end->end == UV_EOF ? 0 : end->end;
  if (n > len)
    n = len;
  memcpy(base, end->greeting, n);
  if (verb == FAKE_RECV)
    end->greeting += n;
  return (ssize_t) n;
}

static ssize_t give_bytes(kernel_end_t* end, char* base, size_t len) {
  unsigned long left = end->came - end->taken;
  size_t n;
  size_t i;

  /* A socket whose error was taken ends without one. */
  if (left == 0 && end->end == 0 && end->model->socket_error != 0)
    return 0;
  if (left == 0)
    return end->end == 0 ? UV_EAGAIN : end->end == UV_EOF ? 0 : end->end;
  n = left < len ? left : len;
  limit(end, &n);
  for (i = 0; i < n; i++)
    base[i] = kernel_pattern(end->tag, end->taken + i);
  end->taken += n;
  return (ssize_t) n;
}

/* What the OK of a hypervisor means for the connect: a line of at most so many
 * bytes that begins with "OK ". */
#define GREETING_MAX 64

static void judge_greeting(kernel_end_t* end, ssize_t n) {
  if (n == 0 || n == UV_ECONNRESET)
    model_kernel_error(end->model, UV_ECONNREFUSED);
  if (n < 0 && n != UV_EAGAIN)
    model_kernel_error(end->model, (int) n);
  if (n <= 0)
    return;
  if ((end->greeted == 0 && end->greeting[0] != 'O') ||
      end->greeted + n > GREETING_MAX)
    model_kernel_error(end->model, UV_EPROTO);
  else if (strchr(end->greeting, '\n') != NULL)
    model_kernel_error(end->model, 0);
  else if (end->greeted + n == GREETING_MAX)
    model_kernel_error(end->model, UV_EPROTO);
  end->greeted += (int) n;
}

static ssize_t receive(enum fake_verb verb,
                       uv_os_sock_t sock,
                       char* base,
                       size_t len) {
  kernel_end_t* end = find(sock);
  ssize_t result = 0;

  count_call(end);
  if (end->model->state == MODEL_CONNECTING) {
    if (end->greeting == NULL)
      sim_broken("nothing is read before the connect is done", "%d", verb);
    result = give_greeting(end, verb, base, len);
    if (verb == FAKE_PEEK)
      judge_greeting(end, result);
    return result;
  }
  if (!is_said(end, FAKE_RECV, &result))
    result = give_bytes(end, base, len);
  if (end->model->state == MODEL_RELAYED)
    relayed_received(end, result);
  else
    model_kernel_received(end->model, result);
  return result;
}

static const fake_kernel_t decides = {answer, receive, offered};

/* --- What happens to it --------------------------------------------------- */

static void be_quiet(kernel_end_t* end) {
  int i;

  for (i = 0; i < FAKE_VERBS; i++)
    end->saying[i] = KERNEL_QUIET;
  end->most = 0;
}

void kernel_reset(model_t models[]) {
  int i;

  memset(kernel_ends, 0, sizeof(kernel_ends));
  next_tag = 1;
  calling = -1;
  for (i = 0; i < KERNEL_SLOTS; i++) {
    kernel_ends[i].model = &models[i];
    kernel_forget(i);
    be_quiet(&kernel_ends[i]);
  }
  fake_decide_by(&decides);
}

void kernel_calls_of(int slot) {
  calling = slot;
}

/* What a script has said of the slot before holds for its new socket. */
void kernel_begin(int slot, uv_os_sock_t sock) {
  kernel_ends[slot].sock = sock;
  kernel_ends[slot].tag = next_tag++;
}

void kernel_forget(int slot) {
  kernel_end_t* end = &kernel_ends[slot];

  end->sock = HVUV__NO_SOCK;
  end->came = 0;
  end->taken = 0;
  end->passed = 0;
  end->end = 0;
  end->room = -1;
  end->is_shut = 0;
  end->callers = 0;
  end->is_dialling = 0;
  end->dial_result = 1;
  end->greeting = NULL;
  end->greeted = 0;
}

static int true_events(const kernel_end_t* end) {
  switch (end->model->state) {
    case MODEL_LISTENING:
      return end->callers > 0 ? UV_READABLE : 0;
    case MODEL_CONNECTING:
      if (end->is_dialling)
        return end->dial_result <= 0 ? UV_WRITABLE : 0;
      return end->greeting != NULL &&
                     (end->greeting[0] != '\0' || end->end != 0)
                 ? UV_READABLE
                 : 0;
    default:
      return (end->came > end->taken || end->end != 0 ? UV_READABLE : 0) |
             (end->room != 0 ? UV_WRITABLE : 0);
  }
}

int kernel_ready(int slot) {
  kernel_end_t* end = &kernel_ends[slot];
  int events;

  if (end->sock == HVUV__NO_SOCK)
    return 0;
  events = true_events(end);
  end->calls = 0;
  return events != 0 && fake_poller_fire(end->sock, 0, events);
}

/* That a connect under way is done is never said in vain. */
void kernel_fire(int slot, int events) {
  kernel_end_t* end = &kernel_ends[slot];

  if (end->sock == HVUV__NO_SOCK)
    return;
  end->calls = 0;
  if (events == UV_DISCONNECT) {
    if (fake_poller_wanted(end->sock) <= 0)
      return;
    end->model->is_poll_broken = 1;
    fake_poller_fire(end->sock, UV_EBADF, 0);
  } else if (!end->is_dialling || end->dial_result <= 0) {
    fake_poller_fire(end->sock, 0, events);
  }
}

void kernel_be_kind(int slot) {
  kernel_end_t* end = &kernel_ends[slot];

  be_quiet(end);
  end->room = -1;
  end->dial = 0;
  if (end->is_dialling && end->dial_result == 1)
    end->dial_result = 0;
  if (end->greeting != NULL && end->greeting[0] == '\0')
    end->greeting = "OK 1\n";
}
