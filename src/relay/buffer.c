/* A buffer that becomes as large as what is read; buffer.h draws it. */
#include "relay/buffer.h"

#include <assert.h>
#include "base/alloc.h"

#define FIRST_BYTES     ((size_t) 16384)
#define GROWTH          4
#define SMALL_READS_MAX 64

#ifdef NDEBUG
#define check(buffer) ((void) 0)
#else
static void check(const hvuv__buffer_t* buffer) {
  assert(buffer->base != NULL && buffer->first != NULL);
  assert(buffer->base != buffer->first ||
         buffer->capacity == hvuv__buffer_first_bytes(buffer->most));
  assert(buffer->capacity > 0 && buffer->capacity <= buffer->most);
  assert(buffer->wanted > 0 && buffer->wanted <= buffer->most);
  assert(buffer->small_reads <= SMALL_READS_MAX);
}
#endif

size_t hvuv__buffer_first_bytes(size_t most) {
  return most < FIRST_BYTES ? most : FIRST_BYTES;
}

void hvuv__buffer_init(hvuv__buffer_t* buffer, char* first, size_t most) {
  assert(most > 0);
  buffer->first = first;
  buffer->base = first;
  buffer->capacity = hvuv__buffer_first_bytes(most);
  buffer->most = most;
  buffer->wanted = buffer->capacity;
  buffer->small_reads = 0;
  check(buffer);
}

void hvuv__buffer_free(hvuv__buffer_t* buffer) {
  check(buffer);
  if (buffer->base != buffer->first)
    hvuv__free(buffer->base);
  buffer->base = buffer->first;
  buffer->capacity = hvuv__buffer_first_bytes(buffer->most);
  buffer->wanted = buffer->capacity;
}

static void grow(hvuv__buffer_t* buffer) {
  size_t wanted = buffer->wanted;
  char* base = hvuv__malloc(wanted);

  if (base == NULL) {
    buffer->wanted = buffer->capacity;
    return;
  }
  hvuv__buffer_free(buffer);
  buffer->base = base;
  buffer->capacity = wanted;
  buffer->wanted = wanted;
}

void hvuv__buffer_fit(hvuv__buffer_t* buffer) {
  check(buffer);
  if (buffer->wanted > buffer->capacity)
    grow(buffer);
  else if (buffer->wanted < buffer->capacity)
    hvuv__buffer_free(buffer);
  check(buffer);
}

void hvuv__buffer_note(hvuv__buffer_t* buffer, size_t nread) {
  assert(nread > 0 && nread <= buffer->capacity);
  if (nread > FIRST_BYTES || nread == buffer->capacity)
    buffer->small_reads = 0;
  else if (buffer->small_reads < SMALL_READS_MAX)
    buffer->small_reads++;

  if (nread == buffer->capacity)
    buffer->wanted = buffer->capacity > buffer->most / GROWTH
                         ? buffer->most
                         : buffer->capacity * GROWTH;
  else if (buffer->small_reads == SMALL_READS_MAX)
    buffer->wanted = hvuv__buffer_first_bytes(buffer->most);
  check(buffer);
}
