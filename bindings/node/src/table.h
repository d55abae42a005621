/*
 * Handles by number. JavaScript names a handle by a small integer, which costs
 * less than an object that is unwrapped at each call; a number is used again
 * once its handle has been taken out.
 */
#ifndef HVUV_NODE_TABLE_H
#define HVUV_NODE_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct hvnode__handle_s hvnode__handle_t;

typedef struct hvnode__table_s {
  struct hvnode__slot_s* slots;
  int32_t size;
  int32_t first_free; /* -1: none */
  int32_t count;      /* handles in it */
} hvnode__table_t;

void hvnode__table_init(hvnode__table_t* table);

/* Frees the table's own memory; it is empty. */
void hvnode__table_end(hvnode__table_t* table);

/* Returns the handle's number from now on, or UV_ENOMEM. */
int32_t hvnode__table_add(hvnode__table_t* table, hvnode__handle_t* handle);

void hvnode__table_remove(hvnode__table_t* table, int32_t id);

/* NULL if there is no such handle, whatever the number. */
hvnode__handle_t* hvnode__table_get(const hvnode__table_t* table, int32_t id);

#endif /* HVUV_NODE_TABLE_H */
