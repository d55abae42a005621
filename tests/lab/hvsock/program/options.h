/* The command line of hvsock_vm. */
#ifndef HVSOCK_PROGRAM_OPTIONS_H
#define HVSOCK_PROGRAM_OPTIONS_H

#include <stdint.h>

#include "bus/bus.h"

typedef struct vm_options_s {
  const char* kernel;
  const char* initrd;
  char command_line[2048];
  uint64_t ram_bytes;
  uint64_t deadline_ms;
  const char* second_console; /* a file; NULL: nowhere */
  const char* control;        /* a FIFO; NULL: none */
  int is_probe;
  bus_options_t bus;
} vm_options_t;

/* argv without the program's name. Returns 1 if the program is to go on, else 0 and
 * *code is what it exits with. The texts stay in argv. */
int vm_options_read(vm_options_t* vm, int argc, char** argv, int* code);

#endif /* HVSOCK_PROGRAM_OPTIONS_H */
