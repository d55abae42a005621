/*
 * What one direction of a relay reads into: small at first, larger while reads
 * fill it, small again when they have not for long.
 *
 *              a read fills it                 a read fills it
 *   16 KiB -----------------------> 64 KiB -----------------------> 256 KiB ...
 *     ^                               |                               |
 *     +-------------------------------+-------------------------------+
 *                 64 reads, one after the other, fit into 16 KiB
 *
 * and never more than the bound, which may be less than 16 KiB. The first 16
 * KiB lie in the relay's own block, larger ones are blocks of their own. So a
 * direction of few words keeps little memory, and of bulk all that waits in the
 * kernel is taken at once: from 64 KiB to 256 KiB at a time saves a quarter of
 * the processor time, less in system calls than in the wake-ups of both peers.
 */
#ifndef HVUV_SRC_RELAY_BUFFER_H
#define HVUV_SRC_RELAY_BUFFER_H

#include <stddef.h>

typedef struct hvuv__buffer_s {
  char* first; /* the owner's */
  char* base;
  size_t capacity; /* bytes at base */
  size_t most;     /* the bound */
  size_t wanted;   /* the capacity that it is to have at the next read */
  unsigned int small_reads; /* one after the other */
} hvuv__buffer_t;

/* How many bytes `first` must have. */
size_t hvuv__buffer_first_bytes(size_t most);

void hvuv__buffer_init(hvuv__buffer_t* buffer, char* first, size_t most);
void hvuv__buffer_free(hvuv__buffer_t* buffer);

/* Before a read, when nothing in it is needed any more: gives it the size that
 * is wanted, or leaves it as it is where there is no memory. */
void hvuv__buffer_fit(hvuv__buffer_t* buffer);

/* A read has put so many bytes into it. */
void hvuv__buffer_note(hvuv__buffer_t* buffer, size_t nread);

#endif /* HVUV_SRC_RELAY_BUFFER_H */
