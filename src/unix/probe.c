/* A call that is hung up at once. */
#include "unix/probe.h"

#include <assert.h>
#include <uv.h>

#include "sys/sys.h"
#include "unix/sock.h"

/* How long a connect under way is waited for. Windows alone answers so, and
 * needs no more to find out that nobody is there. */
#define ANSWER_LOOKS   50
#define ANSWER_STEP_MS 2

static int call(uv_os_sock_t sock, const char* path) {
  int i;
  int r;

  r = hvuv__unix_connect(sock, path);
  if (r != HVUV__IN_PROGRESS)
    return r;

  r = UV_EAGAIN;
  for (i = 0; i < ANSWER_LOOKS && r == UV_EAGAIN; i++) {
    uv_sleep(ANSWER_STEP_MS);
    r = hvuv__sys_connect_result(sock);
  }
  return r;
}

int hvuv__unix_probe(const char* path) {
  uv_os_sock_t sock;
  int err;
  int r;

  err = hvuv__unix_socket(&sock);
  if (err != 0)
    return err;

  r = call(sock, path);
  hvuv__sys_close(sock);
  assert(r != HVUV__IN_PROGRESS);

  /* Only these two say that nobody is there. A socket of another type, or one
   * that this user may not reach, is somebody's. */
  return r == UV_ECONNREFUSED || r == UV_ENOENT ? 0 : UV_EADDRINUSE;
}
