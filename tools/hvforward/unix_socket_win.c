#include "unix_socket.h"

int unix_bind(const char* path, int mode, uv_os_sock_t* sock, claim_t** claim) {
  (void) path;
  (void) mode;
  (void) sock;
  (void) claim;
  return UV_ENOTSUP;
}

void unix_release(claim_t* claim) {
  (void) claim;
}

const char* unix_unsupported(void) {
  return "on Windows there are pipe:NAME, local:// and hybrid:// instead.";
}
