/*
 * The AF_UNIX sockets of this process, in the EMULATION: a hash table by
 * handle, under one lock, as hyperv_emulation_book.c has it for the other
 * family. A closed socket leaves the book before its handle is closed.
 */
#include "unix_emulation.h"

#include <stdlib.h>

#include "unix_emulation_inside.h"

#define BUCKETS 4096u

static SRWLOCK lock = SRWLOCK_INIT;
static un_sock_t* buckets[BUCKETS];
static unsigned int count;

/* Handles are multiples of four. */
static unsigned int bucket_of(SOCKET sock) {
  return (unsigned int) (sock >> 2) % BUCKETS;
}

void un_book_lock(void) {
  AcquireSRWLockExclusive(&lock);
}

void un_book_unlock(void) {
  ReleaseSRWLockExclusive(&lock);
}

un_sock_t* un_book_find(SOCKET sock) {
  un_sock_t* entry = buckets[bucket_of(sock)];

  while (entry != NULL && entry->sock != sock)
    entry = entry->next;
  return entry;
}

un_sock_t* un_book_add(SOCKET sock) {
  un_sock_t** bucket = &buckets[bucket_of(sock)];
  un_sock_t* entry = calloc(1, sizeof(*entry));

  if (entry == NULL)
    return NULL;
  entry->sock = sock;
  entry->next = *bucket;
  *bucket = entry;
  count++;
  return entry;
}

void un_book_remove(un_sock_t* entry) {
  un_sock_t** link = &buckets[bucket_of(entry->sock)];

  while (*link != entry)
    link = &(*link)->next;
  *link = entry->next;
  count--;
  free(entry);
}

int un_book_copy(SOCKET sock, un_sock_t* copy) {
  un_sock_t* entry;

  un_book_lock();
  entry = un_book_find(sock);
  if (entry != NULL)
    *copy = *entry;
  un_book_unlock();
  return entry != NULL;
}

unsigned int unix_emulation_sockets(void) {
  unsigned int n;

  un_book_lock();
  n = count;
  un_book_unlock();
  return n;
}
