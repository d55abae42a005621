/* The guest's memory: one piece from guest physical address (GPA) 0 on. */
#ifndef HVSOCK_MACHINE_RAM_H
#define HVSOCK_MACHINE_RAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct ram_s {
  uint8_t* base;
  uint64_t size; /* bytes, whole pages */
} ram_t;

#define RAM_PAGE ((size_t) 4096)

/* Returns 0 or UV_ENOMEM. The memory reads as zeros. */
int ram_open(ram_t* ram, uint64_t size);
void ram_close(ram_t* ram);

/* Returns where [gpa, gpa + len) is, or NULL unless all of it is RAM. */
void* ram_at(const ram_t* ram, uint64_t gpa, size_t len);

#endif /* HVSOCK_MACHINE_RAM_H */
