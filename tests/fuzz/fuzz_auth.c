/* Fuzz target: any bytes to both sides of an exchange that asks for a proof, in
 * slices, and as a file with secrets. Whatever they are, nobody is let in who
 * has no secret, and a frame that can be read is written as the same bytes.
 *
 * The first byte is the size of a slice, and its top bit the side. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "auth/frame.h"
#include "auth/secrets.h"
#include "hvuv/auth.h"
#include "hvuv/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

#define INPUT_MAX 2048

static int let_in(hvuv_conn_t* conn) {
  (void) conn;
  abort();
}

static int hand_on(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  abort();
}

static const hvuv_protocol_t behind = {.on_open = let_in,
                                       .on_message = hand_on};

/* --- As frames ------------------------------------------------------------ */

static void read_frame(const char* bytes, size_t nbytes) {
  char again[HVUV__FRAME_MAX];
  hvuv__frame_t frame;

  if (hvuv__frame_read(&frame, bytes, nbytes) != 0)
    return;
  REQUIRE(hvuv__frame_write(&frame, again) == nbytes);
  REQUIRE(memcmp(again, bytes, nbytes) == 0);
}

/* --- As a file ------------------------------------------------------------ */

static void read_secrets(const char* text, size_t nbytes) {
  hvuv__secrets_t secrets;
  unsigned int i;

  if (hvuv__secrets_parse(&secrets, text, nbytes) != 0)
    return;
  REQUIRE(secrets.count == 1 || secrets.count == 2);
  for (i = 0; i < secrets.count; i++) {
    REQUIRE(secrets.at[i].nbytes >= HVUV_AUTH_SECRET_MIN);
    REQUIRE(secrets.at[i].nbytes <= HVUV_AUTH_SECRET_MAX);
    REQUIRE(memchr(secrets.at[i].bytes, '\n', secrets.at[i].nbytes) == NULL);
  }
}

/* --- As a peer ------------------------------------------------------------ */

static void talk(hvuv_auth_role_t role,
                 const char* bytes,
                 size_t nbytes,
                 size_t slice) {
  static const char secret[] = "0123456789abcdef0123456789abcdef";
  hvuv_test_t* test;
  hvuv_auth_t auth;
  size_t n;

  if (hvuv_auth_init(&auth, role, &behind, NULL) == UV_ENOTSUP)
    return;
  REQUIRE(hvuv_auth_set_secrets(&auth, secret, 32, NULL, 0) == 0);
  REQUIRE(hvuv_test_open(&test, hvuv_auth_protocol(&auth), NULL, NULL) == 0);
  for (; nbytes > 0; nbytes -= n, bytes += n) {
    n = nbytes < slice ? nbytes : slice;
    hvuv_test_receive(test, bytes, n);
  }
  hvuv_test_receive_end(test);
  REQUIRE(hvuv_test_conn(test, NULL) == NULL);
  hvuv_test_close(test);
  hvuv_auth_close(&auth);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const char* bytes;

  if (size < 1 || size > INPUT_MAX)
    return 0;
  bytes = (const char*) data + 1;
  read_frame(bytes, size - 1);
  read_secrets(bytes, size - 1);
  talk(data[0] & 0x80 ? HVUV_AUTH_CLIENT : HVUV_AUTH_SERVER,
       bytes,
       size - 1,
       (size_t) (data[0] & 0x7f) + 1);
  return 0;
}
