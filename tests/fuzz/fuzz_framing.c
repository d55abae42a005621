/* Fuzz target: any bytes as a conversation in any framing. Whole and in slices
 * it must mean the same messages and the same end, which must be those of a
 * simple reading of framing.h; and what the messages are sent as must read as
 * the same messages.
 *
 * The first four bytes are the framing, its limit, and two that the sizes of
 * the slices are drawn from. Aborts when a promise of framing.h is broken. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "hvuv/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

#define SETTINGS_BYTES 4

/* Longer inputs show nothing new: some rooms of 512 bytes, doubled. */
#define INPUT_MAX 8192

/* What came of a conversation: for each message its size and its bytes. */
typedef struct story_s {
  uint8_t* told;
  size_t told_bytes;
  int end;
} story_t;

static void story_open(story_t* story) {
  memset(story, 0, sizeof(*story));
  /* A message is of one byte of input at least, and a size is of eight. */
  story->told = malloc((size_t) INPUT_MAX * 9 + 1);
  REQUIRE(story->told != NULL);
}

static void story_add(story_t* story, const void* bytes, uint64_t nbytes) {
  memcpy(story->told + story->told_bytes, &nbytes, sizeof(nbytes));
  story->told_bytes += sizeof(nbytes);
  if (nbytes > 0)
    memcpy(story->told + story->told_bytes, bytes, (size_t) nbytes);
  story->told_bytes += (size_t) nbytes;
}

static void require_same(const story_t* a, const story_t* b) {
  REQUIRE(a->end == b->end);
  REQUIRE(a->told_bytes == b->told_bytes);
  REQUIRE(memcmp(a->told, b->told, a->told_bytes) == 0);
}

/* --- By the decoder ------------------------------------------------------- */

/* Whether a message lies inside a slice, or not at all. */
static void require_place(const uv_buf_t* message,
                          const char* slice,
                          size_t nbytes) {
  uintptr_t base = (uintptr_t) message->base;
  uintptr_t from = (uintptr_t) slice;

  if (base >= from && base < from + nbytes)
    REQUIRE(message->len <= from + nbytes - base);
}

/* Feeds a copy of just this size, which is then gone; 0 or an error. */
static int feed(hvuv_decoder_t* decoder,
                const hvuv_framing_t* framing,
                const uint8_t* bytes,
                size_t nbytes,
                story_t* story) {
  uv_buf_t message;
  uv_buf_t input;
  uv_buf_t before;
  char* slice;
  int r;

  slice = malloc(nbytes == 0 ? 1 : nbytes);
  REQUIRE(slice != NULL);
  if (nbytes > 0)
    memcpy(slice, bytes, nbytes);
  input = uv_buf_init(slice, (unsigned int) nbytes);

  for (;;) {
    before = input;
    r = hvuv_decoder_next(decoder, &input, &message);
    REQUIRE(r <= 1);
    REQUIRE(input.len <= before.len);
    REQUIRE(input.base == before.base + (before.len - input.len));
    if (r != 1)
      break;
    REQUIRE(input.len < before.len);
    REQUIRE(message.len <= framing->max_message_bytes);
    REQUIRE(hvuv_decoder_end(decoder) == 0);
    require_place(&message, slice, nbytes);
    story_add(story, message.base, message.len);
  }
  REQUIRE(r != 0 || input.len == 0);
  REQUIRE(decoder->room_bytes <= framing->max_message_bytes + 1);
  REQUIRE(decoder->have_bytes > 0 || decoder->room_bytes == 0);
  free(slice);
  return r;
}

/* The sizes of slices, from a seed: 1 to 16 mostly, and larger ones. */
static size_t draw(uint32_t* seed) {
  *seed = *seed * 1664525u + 1013904223u;
  if ((*seed >> 28) == 0)
    return *seed >> 18 & 0x3ff; /* 0 too */
  return (*seed >> 24 & 15) + 1;
}

/* seed 0: all at once. */
static void decode(const hvuv_framing_t* framing,
                   const uint8_t* bytes,
                   size_t nbytes,
                   uint32_t seed,
                   story_t* story) {
  hvuv_decoder_t decoder;
  uv_buf_t message;
  uv_buf_t input;
  size_t at;
  size_t n;
  int r;

  story_open(story);
  REQUIRE(hvuv_decoder_init(&decoder, framing) == 0);
  r = 0;
  for (at = 0; at < nbytes && r == 0; at += n) {
    n = seed == 0 ? nbytes : draw(&seed);
    if (n > nbytes - at)
      n = nbytes - at;
    r = feed(&decoder, framing, bytes + at, n, story);
  }
  story->end = hvuv_decoder_end(&decoder);
  REQUIRE(r == 0 || story->end == r);
  REQUIRE(r == 0 || decoder.room_bytes == 0);

  input = uv_buf_init(NULL, 0);
  REQUIRE(hvuv_decoder_next(&decoder, &input, &message) == r);
  REQUIRE(hvuv_decoder_end(&decoder) == story->end);
  hvuv_decoder_close(&decoder);
}

/* --- By a simple reading -------------------------------------------------- */

/* Where a message lies in the bytes that it takes. */
typedef struct reading_s {
  size_t start;
  size_t size;
} reading_t;

/* Each of these reads the message at the front: how many bytes it takes there,
 * 0 when it is not whole, or an error. */

static int64_t read_line(const hvuv_framing_t* framing,
                         const uint8_t* bytes,
                         size_t nbytes,
                         reading_t* reading) {
  size_t n;

  for (n = 0; n < nbytes && bytes[n] != '\n'; n++)
    continue;
  reading->start = 0;
  reading->size = n > 0 && bytes[n - 1] == '\r' ? n - 1 : n;
  if (reading->size > framing->max_message_bytes)
    return UV_EMSGSIZE;
  return n == nbytes ? 0 : (int64_t) n + 1;
}

static int64_t read_sized(const hvuv_framing_t* framing,
                          size_t nbytes,
                          size_t head,
                          uint64_t size,
                          reading_t* reading) {
  if (size > framing->max_message_bytes)
    return UV_EMSGSIZE;
  reading->start = head;
  reading->size = (size_t) size;
  return nbytes - head < size ? 0 : (int64_t) (head + size);
}

static int64_t read_length(const hvuv_framing_t* framing,
                           const uint8_t* bytes,
                           size_t nbytes,
                           reading_t* reading) {
  uint64_t size;
  size_t head;
  size_t i;

  head = framing->prefix_bytes;
  if (nbytes < head)
    return 0;
  size = 0;
  for (i = 0; i < head; i++)
    size = size * 256 + bytes[framing->is_little_endian ? head - 1 - i : i];
  if (framing->counts_prefix) {
    if (size < head)
      return UV_EPROTO;
    size -= head;
  }
  return read_sized(framing, nbytes, head, size, reading);
}

static int64_t read_varint(const hvuv_framing_t* framing,
                           const uint8_t* bytes,
                           size_t nbytes,
                           reading_t* reading) {
  uint64_t size;
  size_t n;

  size = 0;
  for (n = 0; n < nbytes && n < 5; n++) {
    size += (uint64_t) (bytes[n] % 128) << 7 * n;
    if (bytes[n] >= 128)
      continue;
    if ((n > 0 && bytes[n] == 0) || size > UINT32_MAX)
      return UV_EPROTO;
    return read_sized(framing, nbytes, n + 1, size, reading);
  }
  return n == 5 ? UV_EPROTO : 0;
}

static int64_t read_raw(const hvuv_framing_t* framing,
                        size_t nbytes,
                        reading_t* reading) {
  reading->start = 0;
  reading->size =
      nbytes < framing->max_message_bytes ? nbytes : framing->max_message_bytes;
  return (int64_t) reading->size;
}

static int64_t read_one(const hvuv_framing_t* framing,
                        const uint8_t* bytes,
                        size_t nbytes,
                        reading_t* reading) {
  switch (framing->kind) {
    case HVUV_FRAMING_LENGTH:
      return read_length(framing, bytes, nbytes, reading);
    case HVUV_FRAMING_VARINT:
      return read_varint(framing, bytes, nbytes, reading);
    case HVUV_FRAMING_LINES:
      return read_line(framing, bytes, nbytes, reading);
    default:
      return read_raw(framing, nbytes, reading);
  }
}

static void read_all(const hvuv_framing_t* framing,
                     const uint8_t* bytes,
                     size_t nbytes,
                     story_t* story) {
  reading_t reading;
  int64_t n;
  size_t at;

  story_open(story);
  for (at = 0; at < nbytes; at += (size_t) n) {
    n = read_one(framing, bytes + at, nbytes - at, &reading);
    if (n <= 0) {
      story->end = n < 0 ? (int) n : UV_EOF;
      return;
    }
    story_add(story, bytes + at + reading.start, reading.size);
  }
}

/* --- The other way -------------------------------------------------------- */

/* The messages of a story between their edges, decoded again. */
static void send_back(const hvuv_framing_t* framing, const story_t* story) {
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
  uint64_t nbytes;
  story_t again;
  uint8_t* sent;
  size_t size;
  size_t at;

  sent = malloc((size_t) INPUT_MAX * 2 + 1);
  REQUIRE(sent != NULL);
  size = 0;
  for (at = 0; at < story->told_bytes; at += (size_t) nbytes) {
    memcpy(&nbytes, story->told + at, sizeof(nbytes));
    at += sizeof(nbytes);
    REQUIRE(
        hvuv_framing_edges(
            framing, (size_t) nbytes, head, &head_bytes, tail, &tail_bytes) ==
        0);
    REQUIRE(head_bytes <= sizeof(head) && tail_bytes <= sizeof(tail));

    /* A CR at a line's end would be taken for part of the line end. */
    if (framing->kind == HVUV_FRAMING_LINES && nbytes > 0 &&
        story->told[at + nbytes - 1] == '\r') {
      free(sent);
      return;
    }
    memcpy(sent + size, head, head_bytes);
    memcpy(sent + size + head_bytes, story->told + at, (size_t) nbytes);
    size += head_bytes + (size_t) nbytes;
    memcpy(sent + size, tail, tail_bytes);
    size += tail_bytes;
  }

  decode(framing, sent, size, 0, &again);
  REQUIRE(again.end == 0);
  REQUIRE(again.told_bytes == story->told_bytes);
  REQUIRE(memcmp(again.told, story->told, again.told_bytes) == 0);
  free(again.told);
  free(sent);
}

/* --- One input ------------------------------------------------------------ */

/* A framing whose limit is what the decoder makes of it. */
static void choose(const uint8_t* data, hvuv_framing_t* framing) {
  static const unsigned int prefixes[] = {1, 2, 4, 8};
  size_t most;

  memset(framing, 0, sizeof(*framing));
  framing->kind = (hvuv_framing_kind_t) (data[0] & 3);
  framing->prefix_bytes = prefixes[data[0] >> 2 & 3];
  framing->is_little_endian = data[0] >> 4 & 1;
  framing->counts_prefix = data[0] >> 5 & 1;
  /* 1 to 128, and above in steps: some 3000 bytes, or more than INPUT_MAX. */
  framing->max_message_bytes =
      data[1] < 128 ? (size_t) data[1] + 1 : (size_t) (data[1] - 127) * 97;
  most = framing->counts_prefix ? 254 : 255;
  if (framing->kind == HVUV_FRAMING_LENGTH && framing->prefix_bytes == 1 &&
      framing->max_message_bytes > most)
    framing->max_message_bytes = most;
}

/* Of RAW the slices show, but the bytes are the same. */
static void require_same_bytes(const hvuv_framing_t* framing,
                               const story_t* sliced,
                               const uint8_t* bytes,
                               size_t nbytes) {
  uint64_t size;
  size_t come;
  size_t at;

  come = 0;
  for (at = 0; at < sliced->told_bytes; at += (size_t) size) {
    memcpy(&size, sliced->told + at, sizeof(size));
    at += sizeof(size);
    REQUIRE(size > 0 && size <= framing->max_message_bytes);
    REQUIRE(size <= nbytes - come);
    REQUIRE(memcmp(sliced->told + at, bytes + come, (size_t) size) == 0);
    come += (size_t) size;
  }
  REQUIRE(come == nbytes);
  REQUIRE(sliced->end == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hvuv_framing_t framing;
  story_t expected;
  story_t sliced;
  story_t whole;
  uint32_t seed;

  if (size < SETTINGS_BYTES || size > INPUT_MAX)
    return 0;
  choose(data, &framing);
  REQUIRE(hvuv_framing_check(&framing) == 0);
  seed = (uint32_t) data[2] << 8 | data[3] | 0x10000;
  data += SETTINGS_BYTES;
  size -= SETTINGS_BYTES;

  read_all(&framing, data, size, &expected);
  decode(&framing, data, size, 0, &whole);
  decode(&framing, data, size, seed, &sliced);
  require_same(&whole, &expected);
  if (framing.kind == HVUV_FRAMING_RAW)
    require_same_bytes(&framing, &sliced, data, size);
  else
    require_same(&sliced, &expected);
  send_back(&framing, &whole);

  free(expected.told);
  free(sliced.told);
  free(whole.told);
  return 0;
}
