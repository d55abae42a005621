/*
 * The AF_HYPERV sockets of this process, in the EMULATION: a hash table by
 * handle, under one lock, because libuv and hvuv call from several threads. A
 * closed socket leaves the book before its handle is closed, so that a handle
 * which is given anew never finds an entry of the old one.
 */
#include "hyperv_emulation_book.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096u

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static emulation_sock_t* buckets[BUCKETS];
static unsigned int count;

/* Handles are multiples of four. */
static unsigned int bucket_of(SOCKET sock) {
  return (unsigned int) (sock >> 2) % BUCKETS;
}

void emulation_book_lock(void) {
  AcquireSRWLockExclusive(&lock);
}

void emulation_book_unlock(void) {
  ReleaseSRWLockExclusive(&lock);
}

void emulation_book_wait(DWORD timeout_ms) {
  SleepConditionVariableSRW(&changed, &lock, timeout_ms, 0);
}

void emulation_book_wake(void) {
  WakeAllConditionVariable(&changed);
}

emulation_sock_t* emulation_book_find(SOCKET sock) {
  emulation_sock_t* entry = buckets[bucket_of(sock)];

  while (entry != NULL && entry->sock != sock)
    entry = entry->next;
  return entry;
}

emulation_sock_t* emulation_book_add(SOCKET sock, const GUID* partition) {
  emulation_sock_t** bucket = &buckets[bucket_of(sock)];
  emulation_sock_t* entry = calloc(1, sizeof(*entry));

  if (entry == NULL)
    return NULL;
  entry->sock = sock;
  entry->partition = *partition;
  entry->slot = -1;
  entry->next = *bucket;
  *bucket = entry;
  count++;
  return entry;
}

void emulation_book_remove(emulation_sock_t* entry) {
  emulation_sock_t** link = &buckets[bucket_of(entry->sock)];

  while (*link != entry)
    link = &(*link)->next;
  *link = entry->next;
  count--;
  free(entry);
}

unsigned int emulation_book_count(void) {
  return count;
}

emulation_sock_t* emulation_book_next(const emulation_sock_t* from) {
  unsigned int i = 0;

  if (from != NULL) {
    if (from->next != NULL)
      return from->next;
    i = bucket_of(from->sock) + 1;
  }
  while (i < BUCKETS && buckets[i] == NULL)
    i++;
  return i < BUCKETS ? buckets[i] : NULL;
}
