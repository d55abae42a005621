#include "table.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct hvnode__slot_s {
  hvnode__handle_t* handle; /* NULL: the slot is free */
  int32_t next_free;
};

#define FIRST_SIZE 16
#define NONE       (-1)

void hvnode__table_init(hvnode__table_t* table) {
  table->slots = NULL;
  table->size = 0;
  table->first_free = NONE;
  table->count = 0;
}

void hvnode__table_end(hvnode__table_t* table) {
  assert(table->count == 0);
  free(table->slots);
  hvnode__table_init(table);
}

static int grow(hvnode__table_t* table) {
  struct hvnode__slot_s* slots;
  int32_t size;
  int32_t i;

  assert(table->first_free == NONE);
  if (table->size > INT32_MAX / 2)
    return UV_ENOMEM;
  size = table->size == 0 ? FIRST_SIZE : 2 * table->size;
  slots = realloc(table->slots, (size_t) size * sizeof(*slots));
  if (slots == NULL)
    return UV_ENOMEM;

  for (i = table->size; i < size; i++) {
    slots[i].handle = NULL;
    slots[i].next_free = i + 1 < size ? i + 1 : NONE;
  }
  table->first_free = table->size;
  table->slots = slots;
  table->size = size;
  return 0;
}

int32_t hvnode__table_add(hvnode__table_t* table, hvnode__handle_t* handle) {
  int32_t id;
  int err;

  assert(handle != NULL);
  if (table->first_free == NONE) {
    err = grow(table);
    if (err != 0)
      return err;
  }
  id = table->first_free;
  assert(id >= 0 && id < table->size && table->slots[id].handle == NULL);
  table->first_free = table->slots[id].next_free;
  table->slots[id].handle = handle;
  table->count++;
  return id;
}

void hvnode__table_remove(hvnode__table_t* table, int32_t id) {
  assert(hvnode__table_get(table, id) != NULL);
  table->slots[id].handle = NULL;
  table->slots[id].next_free = table->first_free;
  table->first_free = id;
  table->count--;
}

hvnode__handle_t* hvnode__table_get(const hvnode__table_t* table, int32_t id) {
  if (id < 0 || id >= table->size)
    return NULL;
  return table->slots[id].handle;
}
