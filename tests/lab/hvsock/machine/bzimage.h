/*
 * A Linux kernel as a file: the setup header of a bzImage, as
 * Documentation/arch/x86/boot.rst has it, checked and read.
 *
 *   0x000  boot sector
 *   0x1f1  setup header .............. up to 0x202 + the byte at 0x201
 *   (setup_sects + 1) x 512  payload: the protected-mode kernel, to the end
 *
 * Only kernels with the 64-bit entry (protocol 2.12, a bit in xloadflags) are taken,
 * and they are loaded where they prefer to be.
 */
#ifndef HVSOCK_MACHINE_BZIMAGE_H
#define HVSOCK_MACHINE_BZIMAGE_H

#include <stddef.h>
#include <stdint.h>

#define BZIMAGE_HEADER_AT 0x1f1u
#define BZIMAGE_ENTRY_64  0x200u /* from the payload's beginning */
#define BZIMAGE_HEADER_LEAST                                                   \
  0x26cu /* ends protocol 2.12's header: handover_offset */

typedef struct bzimage_s {
  size_t header_bytes; /* from BZIMAGE_HEADER_AT on */
  size_t payload_at;
  size_t payload_bytes;
  uint64_t load_at;          /* GPA */
  uint64_t init_bytes;       /* from load_at on: not to be touched */
  uint64_t initrd_last;      /* highest GPA that a RAM disk may have */
  size_t command_line_bytes; /* without the 0 at the end */
} bzimage_t;

/* Reads the header of a whole file. Returns 0, or UV_EINVAL with the reason in *why. */
int bzimage_parse(bzimage_t* image,
                  const uint8_t* file,
                  size_t file_bytes,
                  const char** why);

#endif /* HVSOCK_MACHINE_BZIMAGE_H */
