/*
 * The decoder.
 *
 *     +------ the body lies whole in the input: given out there ------+
 *     v                                                               |
 *   HEAD --- the prefix is whole (RAW, LINES: there is none) ------> BODY
 *     ^                                                               |
 *     |                                 kept, as its parts come, until it
 *     |                                 is whole: given out from there
 *     |                                                               v
 *     +---------------- the next call gives the memory back ------- GIVEN
 *
 * Only a body that comes in parts is kept, in memory that grows with what has
 * come. One read of a socket ends at most one such message, so an allocation
 * for each is cheap, and a connection that is idle between messages costs
 * nothing here. An error is a state too, and the last.
 */
#include "hvuv/framing.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "framing/edges.h"
#include "framing/prefix.h"

enum state { HEAD = 0, BODY, GIVEN };

/* The first room for a message in parts, unless it needs less. */
#define ROOM_MIN 512

/* What holds between two calls. */
static void check(const hvuv_decoder_t* d) {
  assert(d->have_bytes <= d->room_bytes);
  assert((d->bytes == NULL) == (d->room_bytes == 0));
  assert(d->error == 0 || d->bytes == NULL);
  assert(d->framing.max_message_bytes <= HVUV_FRAMING_MAX_MAX);
  assert(d->state != BODY || d->size <= d->framing.max_message_bytes);
  assert(d->state != GIVEN || d->bytes != NULL);
  (void) d;
}

int hvuv_decoder_init(hvuv_decoder_t* d, const hvuv_framing_t* f) {
  int err;

  err = hvuv_framing_check(f);
  if (err != 0)
    return err;

  memset(d, 0, sizeof(*d));
  d->framing = *f;
  d->framing.max_message_bytes = hvuv__framing_limit(f);
  if (f->kind != HVUV_FRAMING_LENGTH)
    d->framing.counts_prefix = 0; /* it is of that kind only */
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

/* Between two messages. */
static void begin_next(hvuv_decoder_t* d) {
  d->head_bytes = 0;
  d->size = 0;
  d->state = HEAD;
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
  begin_next(d);
  return 1;
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
    r = hvuv__prefix_take(d, input);
    if (r <= 0)
      return r == 0 ? 0 : fail(d, r);
    d->state = BODY;
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
  if (d->state == GIVEN) {
    drop_kept(d);
    begin_next(d);
  }
  check(d);
  r = next(d, input, message);
  check(d);
  assert(r != 1 || hvuv_decoder_end(d) == 0);
  return r;
}

int hvuv_decoder_end(const hvuv_decoder_t* d) {
  if (d->error != 0)
    return d->error;
  if (d->state == GIVEN)
    return 0;
  return d->head_bytes > 0 || d->have_bytes > 0 ? UV_EOF : 0;
}

size_t hvuv_decoder_size(void) {
  return sizeof(hvuv_decoder_t);
}
