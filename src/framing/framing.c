/*
 * Framings, pure.
 *
 *   HEAD --- the prefix is whole ---> BODY --- the body is whole ---> GIVEN
 *    ^                                                                  |
 *    +------------------------- the next call --------------------------+
 *
 * RAW and LINES have no prefix and go straight to GIVEN. A body that lies whole
 * in the input is given out as it lies there; only one that comes in parts is
 * kept, in memory that grows with what has come. GIVEN keeps a message that was
 * put together in place until the next call, which gives the memory back: one
 * read of a socket ends at most one such message, so an allocation for each is
 * cheap, and a connection that is idle between messages costs nothing here. An
 * error is a state too, and the last.
 */
#include "hvuv/framing.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

enum state { HEAD = 0, BODY, GIVEN };

/* The first room for a message in parts, unless it needs less. */
#define ROOM_MIN 512

/* Seven bits a byte, and a size is held in 32: whatever says more than
 * HVUV_FRAMING_MAX_MAX but fits is too large, and what does not fit no size. */
#define VARINT_BYTES_MAX 5

/* What holds between two calls. */
static void check(const hvuv_decoder_t* d) {
  assert(d->have_bytes <= d->room_bytes);
  assert((d->bytes == NULL) == (d->room_bytes == 0));
  assert(d->error == 0 || d->bytes == NULL);
  assert(d->framing.max_message_bytes <= HVUV_FRAMING_MAX_MAX);
  assert(d->state != BODY || d->size <= d->framing.max_message_bytes);
  (void) d;
}

int hvuv_framing_check(const hvuv_framing_t* f) {
  if (f == NULL || f->max_message_bytes > HVUV_FRAMING_MAX_MAX)
    return UV_EINVAL;

  switch (f->kind) {
    case HVUV_FRAMING_LENGTH:
      return f->prefix_bytes == 1 || f->prefix_bytes == 2 ||
                     f->prefix_bytes == 4 || f->prefix_bytes == 8
                 ? 0
                 : UV_EINVAL;
    case HVUV_FRAMING_RAW:
    case HVUV_FRAMING_VARINT:
    case HVUV_FRAMING_LINES:
      return 0;
    default:
      return UV_EINVAL;
  }
}

/* What the size in a prefix includes besides the message. */
static unsigned int counted_bytes(const hvuv_framing_t* f) {
  return f->counts_prefix ? f->prefix_bytes : 0;
}

static size_t limit_of(const hvuv_framing_t* f) {
  size_t limit = f->max_message_bytes;
  size_t most;

  if (limit == 0)
    limit = HVUV_FRAMING_MAX_DEFAULT;
  if (f->kind != HVUV_FRAMING_LENGTH || f->prefix_bytes > 2)
    return limit;
  most = (f->prefix_bytes == 1 ? 0xff : 0xffff) - counted_bytes(f);
  return limit < most ? limit : most;
}

int hvuv_decoder_init(hvuv_decoder_t* d, const hvuv_framing_t* f) {
  int err;

  err = hvuv_framing_check(f);
  if (err != 0)
    return err;

  memset(d, 0, sizeof(*d));
  d->framing = *f;
  d->framing.max_message_bytes = limit_of(f);
  d->state = HEAD;
  return 0;
}

void hvuv_decoder_close(hvuv_decoder_t* d) {
  hvuv__free(d->bytes);
  memset(d, 0, sizeof(*d));
}

static void drop_kept(hvuv_decoder_t* d) {
  hvuv__free(d->bytes);
  d->bytes = NULL;
  d->have_bytes = 0;
  d->room_bytes = 0;
}

static int fail(hvuv_decoder_t* d, int error) {
  drop_kept(d);
  d->error = error;
  return error;
}

static void skip(uv_buf_t* input, size_t n) {
  assert(n <= input->len);
  input->base += n;
  input->len -= (unsigned long) n; /* Its type, or wider, everywhere. */
}

/* --- Keeping a message that comes in parts -------------------------------- */

/* The most that the message can come to need, by what is known of it. */
static size_t most_needed(const hvuv_decoder_t* d) {
  return d->framing.kind == HVUV_FRAMING_LINES
             ? d->framing.max_message_bytes + 1 /* a CR */
             : (size_t) d->size;
}

static int make_room(hvuv_decoder_t* d, size_t needed) {
  size_t room;
  char* bytes;

  if (needed <= d->room_bytes)
    return 0;

  for (room = ROOM_MIN; room < needed;)
    room *= 2;
  if (room > most_needed(d))
    room = most_needed(d);
  assert(room >= needed);
  bytes = hvuv__malloc(room);
  if (bytes == NULL)
    return UV_ENOMEM;

  if (d->have_bytes > 0)
    memcpy(bytes, d->bytes, d->have_bytes);
  hvuv__free(d->bytes);
  d->bytes = bytes;
  d->room_bytes = room;
  return 0;
}

static int keep(hvuv_decoder_t* d, uv_buf_t* input, size_t n) {
  int err;

  if (n == 0) /* The input's base may be NULL. */
    return 0;
  err = make_room(d, d->have_bytes + n);
  if (err != 0)
    return fail(d, err);
  memcpy(d->bytes + d->have_bytes, input->base, n);
  d->have_bytes += n;
  skip(input, n);
  return 0;
}

/* Gives out what was kept. */
static int give_kept(hvuv_decoder_t* d, size_t n, uv_buf_t* message) {
  assert(n <= d->have_bytes);
  *message = uv_buf_init(d->bytes, (unsigned int) n);
  d->state = GIVEN;
  return 1;
}

/* Gives out what lies in the input, of which `taken` bytes go with it. */
static int give_input(hvuv_decoder_t* d,
                      uv_buf_t* input,
                      size_t n,
                      size_t taken,
                      uv_buf_t* message) {
  message->base = input->base;
  message->len = (unsigned int) n;
  skip(input, taken);
  d->state = GIVEN;
  return 1;
}

static void begin_next(hvuv_decoder_t* d) {
  drop_kept(d);
  d->head_bytes = 0;
  d->size = 0;
  d->state = HEAD;
}

/* --- Prefixes ------------------------------------------------------------- */

/* Each takes one byte: 1 when the prefix is whole, 0 when not, or an error. */
static int take_length_byte(hvuv_decoder_t* d, unsigned char byte) {
  if (d->framing.is_little_endian)
    d->size |= (uint64_t) byte << 8 * d->head_bytes;
  else
    d->size = d->size << 8 | byte;
  d->head_bytes++;
  if (d->head_bytes < d->framing.prefix_bytes)
    return 0;

  if (d->size < counted_bytes(&d->framing))
    return UV_EPROTO;
  d->size -= counted_bytes(&d->framing);
  return 1;
}

static int take_varint_byte(hvuv_decoder_t* d, unsigned char byte) {
  uint64_t bits = byte & 0x7f;

  /* A last byte of 0 would be a longer form of the same number; the fifth has
   * room for four bits. */
  if (d->head_bytes > 0 && byte == 0)
    return UV_EPROTO;
  if (d->head_bytes == VARINT_BYTES_MAX - 1 && byte > 0x0f)
    return UV_EPROTO;

  d->size |= bits << 7 * d->head_bytes;
  d->head_bytes++;
  return (byte & 0x80) == 0;
}

static int take_head(hvuv_decoder_t* d, uv_buf_t* input) {
  int r;

  for (r = 0; r == 0 && input->len > 0; skip(input, 1)) {
    if (d->framing.kind == HVUV_FRAMING_VARINT)
      r = take_varint_byte(d, (unsigned char) *input->base);
    else
      r = take_length_byte(d, (unsigned char) *input->base);
  }

  if (r == 1 && d->size > d->framing.max_message_bytes)
    r = UV_EMSGSIZE;
  if (r < 0)
    return fail(d, r);
  if (r == 1)
    d->state = BODY;
  return r;
}

/* --- Bodies --------------------------------------------------------------- */

static int next_raw(hvuv_decoder_t* d, uv_buf_t* input, uv_buf_t* message) {
  size_t n;

  n = input->len < d->framing.max_message_bytes ? input->len
                                                : d->framing.max_message_bytes;
  return n == 0 ? 0 : give_input(d, input, n, n, message);
}

static int next_sized(hvuv_decoder_t* d, uv_buf_t* input, uv_buf_t* message) {
  size_t missing;
  int r;

  if (d->state == HEAD) {
    r = take_head(d, input);
    if (r <= 0)
      return r;
  }

  missing = (size_t) d->size - d->have_bytes;
  if (d->have_bytes == 0 && input->len >= missing)
    return give_input(d, input, missing, missing, message);

  r = keep(d, input, input->len < missing ? input->len : missing);
  if (r != 0)
    return r;
  return d->have_bytes == d->size ? give_kept(d, d->have_bytes, message) : 0;
}

/* The bytes of a line without its CR, if it has one. */
static size_t without_cr(const char* line, size_t n) {
  return n > 0 && line[n - 1] == '\r' ? n - 1 : n;
}

/* A line may have its CR besides what the limit allows. */
static int is_too_long(const hvuv_decoder_t* d, const char* line, size_t n) {
  return without_cr(line, n) > d->framing.max_message_bytes;
}

static int next_line(hvuv_decoder_t* d, uv_buf_t* input, uv_buf_t* message) {
  const char* newline;
  size_t room;
  size_t n;
  int err;

  newline = input->len == 0 ? NULL : memchr(input->base, '\n', input->len);
  n = newline == NULL ? input->len : (size_t) (newline - input->base);

  if (d->have_bytes == 0 && newline != NULL) {
    if (is_too_long(d, input->base, n))
      return fail(d, UV_EMSGSIZE);
    return give_input(d, input, without_cr(input->base, n), n + 1, message);
  }

  /* One more than the limit may be a CR. */
  room = d->framing.max_message_bytes + 1 - d->have_bytes;
  if (n > room)
    return fail(d, UV_EMSGSIZE);
  err = keep(d, input, n);
  if (err != 0)
    return err;
  if (d->have_bytes > 0 && is_too_long(d, d->bytes, d->have_bytes))
    return fail(d, UV_EMSGSIZE);
  if (newline == NULL)
    return 0;

  skip(input, 1);
  return give_kept(d, without_cr(d->bytes, d->have_bytes), message);
}

static int next(hvuv_decoder_t* d, uv_buf_t* input, uv_buf_t* message) {
  switch (d->framing.kind) {
    case HVUV_FRAMING_LENGTH:
    case HVUV_FRAMING_VARINT:
      return next_sized(d, input, message);
    case HVUV_FRAMING_LINES:
      return next_line(d, input, message);
    default:
      return next_raw(d, input, message);
  }
}

int hvuv_decoder_next(hvuv_decoder_t* d, uv_buf_t* input, uv_buf_t* message) {
  int r;

  if (d->error != 0)
    return d->error;
  if (d->state == GIVEN)
    begin_next(d);
  check(d);
  r = next(d, input, message);
  check(d);
  assert((r == 1) == (d->state == GIVEN && d->error == 0));
  return r;
}

int hvuv_decoder_end(const hvuv_decoder_t* d) {
  if (d->error != 0)
    return d->error;
  if (d->state == GIVEN)
    return 0;
  return d->head_bytes > 0 || d->have_bytes > 0 ? UV_EOF : 0;
}

/* --- The other way -------------------------------------------------------- */

static size_t put_length(const hvuv_framing_t* f, uint64_t size, char head[]) {
  unsigned int i;
  unsigned int at;

  for (i = 0; i < f->prefix_bytes; i++) {
    at = f->is_little_endian ? i : f->prefix_bytes - 1 - i;
    head[at] = (char) (size >> 8 * i & 0xff);
  }
  return f->prefix_bytes;
}

static size_t put_varint(uint32_t size, char head[]) {
  size_t n;

  for (n = 0; size > 0x7f; size >>= 7)
    head[n++] = (char) ((size & 0x7f) | 0x80);
  head[n++] = (char) size;
  return n;
}

int hvuv_framing_edges(const hvuv_framing_t* f,
                       size_t nbytes,
                       char head[],
                       size_t* head_bytes,
                       char tail[],
                       size_t* tail_bytes) {
  int err;

  err = hvuv_framing_check(f);
  if (err != 0)
    return err;
  if (f->kind != HVUV_FRAMING_RAW && nbytes > limit_of(f))
    return UV_EMSGSIZE;

  *head_bytes = 0;
  *tail_bytes = 0;
  if (f->kind == HVUV_FRAMING_LENGTH)
    *head_bytes = put_length(f, (uint64_t) nbytes + counted_bytes(f), head);
  if (f->kind == HVUV_FRAMING_VARINT)
    *head_bytes = put_varint((uint32_t) nbytes, head);
  if (f->kind == HVUV_FRAMING_LINES)
    tail[(*tail_bytes)++] = '\n';
  return 0;
}

size_t hvuv_decoder_size(void) {
  return sizeof(hvuv_decoder_t);
}
