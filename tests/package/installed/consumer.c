/* A ten-line program of a stranger: header, library and libuv all found? */
#include <hvuv.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  hvuv_addr_t addr;
  hvuv_stream_t stream;

  if (hvuv_addr_parse("local://loopback/5000", &addr) != 0 ||
      hvuv_init(uv_default_loop(), &stream) != 0)
    return 1;
  hvuv_close(&stream, NULL);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);

  printf("hvuv %s, libuv %s\n", hvuv_version_string(), uv_version_string());
  return uv_loop_close(uv_default_loop()) != 0 ||
         strcmp(hvuv_version_string(), HVUV_VERSION_STRING) != 0;
}
