/* The primitive against the vectors of RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/mac.h"

typedef struct row_s {
  const char* key; /* NULL: key_byte, key_bytes times */
  int key_byte;
  size_t key_bytes;
  const char* data;
  const char* mac;
} row_t;

static const row_t rows[] = {
    {NULL,
     0x0b,
     20,
     "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe",
     0,
     4,
     "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL,
     0xaa,
     131,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

static void assert_mac(const unsigned char mac[], const char* expected) {
  char text[2 * HVUV__MAC_BYTES + 1];
  size_t i;

  for (i = 0; i < HVUV__MAC_BYTES; i++)
    snprintf(text + 2 * i, 3, "%02x", mac[i]);
  assert_string_equal(text, expected);
}

static void the_vectors_of_rfc_4231_hold(void** state) {
  unsigned char mac[HVUV__MAC_BYTES];
  unsigned char key[131];
  uv_buf_t parts[2];
  size_t half;
  size_t n;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (rows[i].key != NULL)
      memcpy(key, rows[i].key, rows[i].key_bytes);
    else
      memset(key, rows[i].key_byte, rows[i].key_bytes);
    n = strlen(rows[i].data);
    for (half = 0; half <= n; half++) {
      parts[0] =
          uv_buf_init((char*) (uintptr_t) rows[i].data, (unsigned int) half);
      parts[1] = uv_buf_init((char*) (uintptr_t) rows[i].data + half,
                             (unsigned int) (n - half));
      hvuv__mac(key, rows[i].key_bytes, parts, 2, mac);
      assert_mac(mac, rows[i].mac);
    }
  }
}

static void only_the_same_bytes_are_equal(void** state) {
  unsigned char a[HVUV__MAC_BYTES] = {0};
  unsigned char b[HVUV__MAC_BYTES] = {0};
  int bit;
  int i;

  (void) state;
  assert_true(hvuv__mac_equal(a, b));
  for (i = 0; i < HVUV__MAC_BYTES; i++) {
    for (bit = 0; bit < 8; bit++) {
      b[i] = (unsigned char) (1 << bit);
      assert_false(hvuv__mac_equal(a, b));
    }
    b[i] = 0;
  }
}

static void what_is_wiped_is_zero(void** state) {
  static const char zero[16];
  char bytes[16];

  (void) state;
  memset(bytes, 1, sizeof(bytes));
  hvuv__mac_wipe(bytes, sizeof(bytes));
  assert_memory_equal(bytes, zero, sizeof(zero));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_vectors_of_rfc_4231_hold),
      cmocka_unit_test(only_the_same_bytes_are_equal),
      cmocka_unit_test(what_is_wiped_is_zero),
  };

  if (hvuv__mac_supported() != 0) {
    printf("Skipped: built without libsodium\n");
    return 77;
  }
  return cmocka_run_group_tests_name("mac", tests, NULL, NULL);
}
