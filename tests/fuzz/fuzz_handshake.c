/* Fuzz target: any bytes as a hypervisor's answer to CONNECT, arriving in
 * pieces. The first byte is the size of a piece. Whatever the pieces, the
 * answer must mean what it means in one, and no byte behind its line may be
 * taken. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "family/family.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/* Longer inputs show nothing new, and this much fits any socket's buffer. */
#define INPUT_MAX 256

/* What src/family_hybrid.c allows for a line. */
#define LINE_MAX_BYTES 64

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

/* What the bytes mean, by the words of the fact sheet: "OK ", anything, a
 * newline, within 64 bytes. *line becomes the length of a good line. */
static int judge(const uint8_t* bytes, size_t size, size_t* line) {
  static const char start[] = "OK ";
  const uint8_t* newline;
  size_t room;
  size_t n;

  room = size < LINE_MAX_BYTES ? size : LINE_MAX_BYTES;
  newline = room == 0 ? NULL : memchr(bytes, '\n', room);
  *line = newline == NULL ? 0 : (size_t) (newline - bytes) + 1;
  n = *line != 0 ? *line : room;
  if (n > 0 && memcmp(bytes, start, n < 3 ? n : 3) != 0)
    return UV_EPROTO;
  if (*line != 0)
    return 0;
  return room == LINE_MAX_BYTES ? UV_EPROTO : UV_ECONNREFUSED;
}

static int feed(const int pair[2],
                const uint8_t* bytes,
                size_t size,
                size_t piece,
                size_t* fed) {
  unsigned int seen;
  size_t n;
  int err;

  seen = 0;
  for (*fed = 0; *fed < size; *fed += n) {
    n = size - *fed < piece ? size - *fed : piece;
    REQUIRE(write(pair[1], bytes + *fed, n) == (ssize_t) n);
    err = hvuv__family_hybrid.reply(pair[0], &seen);
    if (err != UV_EAGAIN) {
      *fed += n;
      return err;
    }
  }
  REQUIRE(shutdown(pair[1], SHUT_WR) == 0);
  return hvuv__family_hybrid.reply(pair[0], &seen);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  char rest[INPUT_MAX];
  int pair[2];
  size_t line;
  size_t fed;
  int expected;

  if (size < 1 || size > INPUT_MAX)
    return 0;

  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  hvuv__sys_own(pair[0]);
  expected = judge(data + 1, size - 1, &line);
  REQUIRE(feed(pair, data + 1, size - 1, (size_t) data[0] + 1, &fed) ==
          expected);
  if (expected == 0 && fed > line) {
    REQUIRE(read(pair[0], rest, sizeof(rest)) == (ssize_t) (fed - line));
    REQUIRE(memcmp(rest, data + 1 + line, fed - line) == 0);
  }
  close(pair[0]);
  close(pair[1]);
  return 0;
}
