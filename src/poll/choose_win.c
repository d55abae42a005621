/* Which engine a socket gets on Windows. */
#include <string.h>
#include <winsock2.h>

#include "base/env.h"
#include "hvuv/engine.h"
#include "poll/choose.h"
#include "poll/engine_afd_win.h"
#include "poll/engine_uv.h"
#include "sys/sys.h"

/* libuv's slow path may report WSAEINVAL when what it watches for changes while
 * its thread starts, and one request's error for another's (libuv,
 * src/win/poll.c); the next attempt then does well. */
const unsigned char hvuv__engine_errors_ignored = 8;

/* The providers that libuv watches without threads (libuv, src/win/poll.c):
 * TCP and UDP over IPv4 and IPv6, RSVP's, and AF_UNIX. */
static const GUID known_to_libuv[] = {
    {0xe70f1aa0,
     0xab8b,
     0x11cf,
     {0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}},
    {0xf9eab0c0,
     0x26d4,
     0x11d0,
     {0xbb, 0xbf, 0x00, 0xaa, 0x00, 0x6c, 0x34, 0xe4}},
    {0x9fc48064,
     0x7298,
     0x43e4,
     {0xb7, 0xbd, 0x18, 0x1f, 0x20, 0x89, 0x79, 0x2a}},
    {0xa00943d9,
     0x9c2e,
     0x4633,
     {0x9b, 0x59, 0x00, 0x57, 0xa3, 0x16, 0x09, 0x94}},
};

static uv_once_t once = UV_ONCE_INIT;
static volatile LONG chosen = HVUV_ENGINE_AUTO;

static void read_environment(void) {
  char text[8];
  LONG engine = HVUV_ENGINE_AUTO;

  if (hvuv__env_get(HVUV__ENV_POLL, text, sizeof(text)) != 0)
    return;
  if (strcmp(text, "uv") == 0)
    engine = HVUV_ENGINE_UV;
  else if (strcmp(text, "afd") == 0)
    engine = HVUV_ENGINE_AFD;
  InterlockedExchange(&chosen, engine);
}

int hvuv_set_engine(hvuv_engine_t engine) {
  if (engine != HVUV_ENGINE_AUTO && engine != HVUV_ENGINE_UV &&
      engine != HVUV_ENGINE_AFD)
    return UV_EINVAL;
  if (engine == HVUV_ENGINE_AFD && !hvuv__afd_is_there())
    return UV_ENOTSUP;

  uv_once(&once, read_environment); /* Not after this call. */
  InterlockedExchange(&chosen, (LONG) engine);
  return 0;
}

static int is_known_to_libuv(const GUID* provider) {
  size_t i;

  for (i = 0; i < sizeof(known_to_libuv) / sizeof(known_to_libuv[0]); i++)
    if (memcmp(provider, &known_to_libuv[i], sizeof(*provider)) == 0)
      return 1;
  return 0;
}

/* Unless our engine is asked for by name, a loop that cannot have its thread is
 * left to libuv. */
static int is_for_afd(hvuv__poll_shared_t* shared, const GUID* provider) {
  if (chosen == HVUV_ENGINE_UV || !hvuv__afd_is_there())
    return 0;
  if (chosen == HVUV_ENGINE_AFD)
    return 1;
  return !is_known_to_libuv(provider) && hvuv__afd_enter(shared) == 0;
}

int hvuv__engine_choose(hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age,
                        const hvuv__engine_t** engine) {
  WSAPROTOCOL_INFOW info;
  int err;

  (void) age;

  /* Asked first in any case: libuv asks too, and when that fails it has half
   * made its handle. */
  err = hvuv__sys_getsockopt(
      sock, SOL_SOCKET, SO_PROTOCOL_INFOW, &info, sizeof(info));
  if (err != 0)
    return err;

  uv_once(&once, read_environment);
  *engine = is_for_afd(shared, &info.ProviderId) ? &hvuv__engine_afd
                                                 : &hvuv__engine_uv;
  return 0;
}

void hvuv__engine_leave(hvuv__poll_shared_t* shared) {
  hvuv__afd_leave(shared);
}

void hvuv__engine_disown(hvuv__poll_shared_t* shared) {
  (void) shared; /* There are no forks. */
}
