/* A ten-line program of a stranger: header, library, libuv, and what hvuv/auth.h
 * needs of others all found? */
#include <hvuv.h>
#include <stdio.h>
#include <string.h>

static int echo_back(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  return hvuv_conn_send(conn, bytes, nbytes);
}

int main(void) {
  hvuv_addr_t addr;
  hvuv_stream_t stream;
  hvuv_protocol_t echo;
  hvuv_auth_t auth;
  int err;

  hvuv_protocol_init(&echo, echo_back);
  err = hvuv_auth_init(&auth, HVUV_AUTH_SERVER, &echo, NULL);
  if (err != 0 && err != UV_ENOTSUP)
    return 1;
  if (err == 0)
    hvuv_auth_close(&auth);

  if (hvuv_addr_parse("local://loopback/5000", &addr) != 0 ||
      hvuv_init(uv_default_loop(), &stream) != 0)
    return 1;
  hvuv_close(&stream, NULL);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);

  printf("hvuv %s, libuv %s\n", hvuv_version_string(), uv_version_string());
  return uv_loop_close(uv_default_loop()) != 0 ||
         strcmp(hvuv_version_string(), HVUV_VERSION_STRING) != 0;
}
