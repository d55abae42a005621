#include "machine/ram.h"

#include <assert.h>
#include <sys/mman.h>

#include <uv.h>

int ram_open(ram_t* ram, uint64_t size) {
  void* base;

  assert(size > 0 && size % RAM_PAGE == 0);
  ram->base = NULL;
  ram->size = 0;
  /* Pages that the guest never touches cost nothing. */
  base = mmap(NULL,
              size,
              PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
              -1,
              0);
  if (base == MAP_FAILED)
    return UV_ENOMEM;
  ram->base = base;
  ram->size = size;
  return 0;
}

void ram_close(ram_t* ram) {
  if (ram->base != NULL)
    munmap(ram->base, ram->size);
  ram->base = NULL;
  ram->size = 0;
}

void* ram_at(const ram_t* ram, uint64_t gpa, size_t len) {
  if (gpa > ram->size || len > ram->size - gpa)
    return NULL;
  return ram->base + gpa;
}
