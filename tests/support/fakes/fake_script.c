/* What scripted system calls answer. Never asserts by itself: it runs inside
 * callbacks. */
#include "fake_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_names.h"
#include "sys/sys.h"
#include "support/trace.h"

#define STEPS_MAX   4096
#define NOT_SET     ((ssize_t) 1 << 29)
#define FIRST_PORT  1024
#define ANY_SOCK    HVUV__NO_SOCK
#define INPUT_START ((ssize_t) 1 << 30) /* a step with bytes */

typedef struct step_s {
  uv_os_sock_t sock;
  ssize_t result;
  char* bytes; /* with INPUT_START */
  size_t len;
  size_t taken;
  int done;
} step_t;

typedef struct script_s {
  step_t steps[STEPS_MAX];
  int count;
  int first; /* not yet done */
  ssize_t always;
  int calls;
  struct sockaddr_storage name;
  size_t name_len;
} script_t;

static const char* const words[FAKE_VERBS] = {
    "socket",
    "inspect",
    "bind",
    "listen",
    "connect",
    "accept",
    "take_error",
    "recv",
    "peek",
    "send",
    "shutdown",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
};

static script_t scripts[FAKE_VERBS];
static char trouble[256];
static long calls_left; /* until the one that must fail; 0 none */
static int injected;
static int fails_for_good;
static int has_failed;
static int tracing;
static const fake_kernel_t* kernel;

void fake_complain(const char* what, const char* about, long number) {
  if (trouble[0] == '\0')
    snprintf(trouble, sizeof(trouble), "%s: %s (%ld)", about, what, number);
}

void fake_script_reset(void) {
  int i;

  fake_forget_script();
  for (i = 0; i < FAKE_VERBS; i++) {
    scripts[i].always = 0;
    scripts[i].calls = 0;
  }
  scripts[FAKE_CONNECT].always = NOT_SET;
  scripts[FAKE_ACCEPT].always = NOT_SET;
  scripts[FAKE_RECV].always = NOT_SET;
  scripts[FAKE_SEND].always = NOT_SET;
  fake_vsock_name(FAKE_ACCEPT, HVUV_CID_LOCAL, FIRST_PORT);
  fake_vsock_name(FAKE_GETPEERNAME, HVUV_CID_LOCAL, FIRST_PORT);
  fake_vsock_name(FAKE_GETSOCKNAME, HVUV_CID_HOST, FIRST_PORT);
  fake_vsock_on_hyperv(0);

  trouble[0] = '\0';
  fake_fail_nth(0, 0);
  tracing = 0;
  kernel = NULL;
}

const char* fake_script_trouble(void) {
  int i;

  for (i = 0; i < FAKE_VERBS; i++)
    if (scripts[i].first < scripts[i].count)
      fake_complain("steps were not taken",
                    words[i],
                    scripts[i].count - scripts[i].first);
  return trouble;
}

/* --- Writing it ---------------------------------------------------------- */

static step_t* add_step(uv_os_sock_t sock,
                        enum fake_verb verb,
                        ssize_t result) {
  script_t* script;
  step_t* step;

  script = &scripts[verb];
  if (script->count == STEPS_MAX) {
    fake_complain("the script is too long", words[verb], STEPS_MAX);
    script->count--;
  }
  step = &script->steps[script->count++];
  memset(step, 0, sizeof(*step));
  step->sock = sock;
  step->result = result;
  return step;
}

void fake_next(enum fake_verb verb, ssize_t result) {
  add_step(ANY_SOCK, verb, result);
}

void fake_next_on(uv_os_sock_t sock, enum fake_verb verb, ssize_t result) {
  add_step(sock, verb, result);
}

void fake_always(enum fake_verb verb, ssize_t result) {
  scripts[verb].always = result;
}

static void add_input(uv_os_sock_t sock, const char* bytes, size_t len) {
  step_t* step;

  step = add_step(sock, FAKE_RECV, INPUT_START);
  step->bytes = malloc(len);
  step->len = len;
  if (step->bytes != NULL)
    memcpy(step->bytes, bytes, len);
}

void fake_input(const char* bytes) {
  add_input(ANY_SOCK, bytes, strlen(bytes));
}

void fake_input_on(uv_os_sock_t sock, const char* bytes) {
  add_input(sock, bytes, strlen(bytes));
}

void fake_input_size(size_t n) {
  char* bytes;
  size_t i;

  bytes = malloc(n);
  if (bytes == NULL)
    return;
  for (i = 0; i < n; i++)
    bytes[i] = (char) ('a' + i % 26);
  add_input(ANY_SOCK, bytes, n);
  free(bytes);
}

void fake_name(enum fake_verb verb, const void* name, size_t len) {
  memcpy(&scripts[verb].name, name, len);
  scripts[verb].name_len = len;
}

void fake_forget_script(void) {
  int verb;
  int i;

  for (verb = 0; verb < FAKE_VERBS; verb++) {
    for (i = 0; i < scripts[verb].count; i++)
      free(scripts[verb].steps[i].bytes);
    scripts[verb].count = 0;
    scripts[verb].first = 0;
  }
}

void fake_fail_nth(long n, int err) {
  calls_left = n;
  injected = err;
  fails_for_good = 0;
  has_failed = 0;
}

void fake_fail_from(long n, int err) {
  fake_fail_nth(n, err);
  fails_for_good = 1;
}

int fake_has_failed(void) {
  return has_failed;
}

int fake_calls(enum fake_verb verb) {
  int n;
  int i;

  if (verb < FAKE_VERBS)
    return scripts[verb].calls;
  n = 0;
  for (i = 0; i < FAKE_VERBS; i++)
    n += scripts[i].calls;
  return n;
}

void fake_decide_by(const fake_kernel_t* decides) {
  kernel = decides;
}

const fake_kernel_t* fake_kernel(void) {
  return kernel;
}

void fake_trace_calls(void) {
  tracing = 1;
}

void fake_trace_word(const char* word) {
  if (tracing)
    trace("%s", word);
}

/* --- Playing it ---------------------------------------------------------- */

static step_t* find_step(script_t* script, uv_os_sock_t sock) {
  step_t* step;
  int i;

  for (i = script->first; i < script->count; i++) {
    step = &script->steps[i];
    if (!step->done && (step->sock == ANY_SOCK || step->sock == sock))
      return step;
  }
  return NULL;
}

static void finish_step(script_t* script, step_t* step) {
  step->done = 1;
  while (script->first < script->count && script->steps[script->first].done)
    script->first++;
}

/* What a call of a verb that nobody expected answers: something that ends
 * whatever loop it is called from. */
static ssize_t unexpected(enum fake_verb verb, uv_os_sock_t sock) {
  fake_complain("unexpected call", words[verb], (long) sock);
  return verb == FAKE_CONNECT ? UV_ECONNREFUSED : UV_EAGAIN;
}

/* Counts a call. Returns 1 if it may go on to its script; else *result is its
 * answer. */
static int enter(enum fake_verb verb, uv_os_sock_t sock, ssize_t* result) {
  scripts[verb].calls++;
  if (tracing &&
      (verb == FAKE_CONNECT || verb == FAKE_ACCEPT || verb == FAKE_RECV ||
       verb == FAKE_SEND || verb == FAKE_SHUTDOWN))
    trace("(%s)", words[verb]);

  if (verb != FAKE_SOCKET && !fake_is_open(sock)) {
    fake_complain("not an open socket", words[verb], (long) sock);
    *result = UV_EBADF;
    return 0;
  }
  if (calls_left == 0 || --calls_left > 0)
    return 1;

  calls_left = fails_for_good;
  has_failed = 1;
  *result = injected;
  return 0;
}

ssize_t fake_answer(enum fake_verb verb, uv_os_sock_t sock) {
  ssize_t result;
  step_t* step;

  if (!enter(verb, sock, &result))
    return result;
  if (kernel != NULL)
    return kernel->answer(verb, sock);

  step = find_step(&scripts[verb], sock);
  if (step != NULL) {
    finish_step(&scripts[verb], step);
    return step->result;
  }
  if (scripts[verb].always == NOT_SET)
    return unexpected(verb, sock);
  return scripts[verb].always;
}

/* Copies what is left of a step's bytes, up to len. */
static size_t copy_input(const step_t* step, char* base, size_t len) {
  size_t n;

  n = step->len - step->taken;
  if (n > len)
    n = len;
  memcpy(base, step->bytes + step->taken, n);
  return n;
}

ssize_t fake_receive(enum fake_verb verb,
                     uv_os_sock_t sock,
                     char* base,
                     size_t len) {
  script_t* script;
  ssize_t result;
  step_t* step;
  size_t n;

  if (!enter(verb, sock, &result))
    return result;
  if (base == NULL || len == 0)
    fake_complain("no buffer", words[verb], (long) len);
  if (kernel != NULL)
    return kernel->receive(verb, sock, base, len);

  script = &scripts[FAKE_RECV];
  step = find_step(script, sock);
  if (step == NULL)
    return script->always == NOT_SET ? unexpected(verb, sock) : script->always;
  if (step->result != INPUT_START) {
    finish_step(script, step);
    return step->result;
  }

  n = copy_input(step, base, len);
  if (verb == FAKE_RECV) {
    step->taken += n;
    if (step->taken == step->len)
      finish_step(script, step);
  }
  return (ssize_t) n;
}

void fake_tell_name(enum fake_verb verb, struct sockaddr* name, size_t* len) {
  if (*len < scripts[verb].name_len)
    fake_complain("no room for the name", words[verb], (long) *len);
  else
    memcpy(name, &scripts[verb].name, scripts[verb].name_len);
  *len = scripts[verb].name_len;
}
