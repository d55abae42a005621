/* Claim, then bind: whoever has the claim may make the socket. */
#include "unix/listen.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "sys/sys.h"
#include "unix/sock.h"

int hvuv__unix_listen_at(const char* path,
                         uv_os_sock_t* out,
                         hvuv__claim_t** claim) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("unix/claim");
  uv_os_sock_t sock;
  int err;

  assert(*claim == NULL);
  if (strlen(path) >= hvuv__unix_path_limit())
    return UV_ENAMETOOLONG;

  err = hvuv__unix_socket(&sock);
  if (err != 0)
    return err;

  err = hvuv__claim_take(path, claim);
  if (err != 0 && hvuv__log_wants(HVUV_LOG_WARNING))
    hvuv__log(&place,
              HVUV_LOG_WARNING,
              "%s is not to be had: %s",
              path,
              uv_err_name(err));
  if (err != 0)
    goto close_sock;
  assert(*claim != NULL);

  err = hvuv__unix_bind(sock, path);
  if (err != 0)
    goto abandon_claim;
  hvuv__claim_bound(*claim);
  if (hvuv__log_wants(HVUV_LOG_DEBUG))
    hvuv__log(&place, HVUV_LOG_DEBUG, "%s is claimed", path);
  *out = sock;
  return 0;

abandon_claim:
  hvuv__claim_abandon(*claim);
  *claim = NULL;
close_sock:
  hvuv__sys_close(sock);
  return err;
}
