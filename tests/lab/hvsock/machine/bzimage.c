#include "machine/bzimage.h"

#include <assert.h>
#include <string.h>

#include <uv.h>

#include "machine/layout.h"
#include "machine/words.h"

/* Fields of the setup header, from the file's beginning. */
enum {
  SETUP_SECTS = 0x1f1,
  BOOT_FLAG = 0x1fe,
  JUMP_LENGTH = 0x201,
  MAGIC = 0x202,
  VERSION = 0x206,
  LOADFLAGS = 0x211,
  INITRD_ADDR_MAX = 0x22c,
  KERNEL_ALIGNMENT = 0x230,
  XLOADFLAGS = 0x236,
  CMDLINE_SIZE = 0x238,
  PREF_ADDRESS = 0x258,
  INIT_SIZE = 0x260
};

#define VERSION_LEAST    0x20c
#define LOADED_HIGH      1u
#define KERNEL_64        1u
#define SECTOR           512u
#define DEFAULT_SECTS    4u
#define HEADER_FIXED_END 0x202u
#define MIB_2            0x200000u

static int refuse(const char** why, const char* reason) {
  *why = reason;
  return UV_EINVAL;
}

static int check_kind(const uint8_t* file, size_t bytes, const char** why) {
  if (bytes < BZIMAGE_HEADER_LEAST)
    return refuse(why, "it is too short for a Linux kernel");
  if (word_16(file + BOOT_FLAG) != 0xaa55 ||
      memcmp(file + MAGIC, "HdrS", 4) != 0)
    return refuse(why, "it is no bzImage");
  if (word_16(file + VERSION) < VERSION_LEAST)
    return refuse(why, "its boot protocol is older than 2.12");
  if (!(file[LOADFLAGS] & LOADED_HIGH) ||
      !(word_16(file + XLOADFLAGS) & KERNEL_64))
    return refuse(why, "it has no 64-bit entry");
  return 0;
}

static int check_places(const bzimage_t* image, const char** why) {
  if (image->load_at % MIB_2 != 0 || image->load_at < LAYOUT_HIGH)
    return refuse(why, "it prefers an address below 1 MiB, or an odd one");
  if (image->load_at >= LAYOUT_RAM_END_MAX ||
      image->init_bytes > LAYOUT_RAM_END_MAX - image->load_at)
    return refuse(why, "it wants more memory than this machine can have");
  if (image->payload_bytes > image->init_bytes)
    return refuse(why, "it is larger than it claims to need");
  return 0;
}

int bzimage_parse(bzimage_t* image,
                  const uint8_t* file,
                  size_t file_bytes,
                  const char** why) {
  size_t sects;
  int err;

  memset(image, 0, sizeof(*image));
  err = check_kind(file, file_bytes, why);
  if (err != 0)
    return err;
  image->header_bytes =
      HEADER_FIXED_END + file[JUMP_LENGTH] - BZIMAGE_HEADER_AT;
  if (BZIMAGE_HEADER_AT + image->header_bytes < BZIMAGE_HEADER_LEAST - 8)
    return refuse(why, "its setup header is too short");
  if (BZIMAGE_HEADER_AT + image->header_bytes > file_bytes)
    return refuse(why, "its setup header is cut off");
  sects = file[SETUP_SECTS] != 0 ? file[SETUP_SECTS] : DEFAULT_SECTS;
  image->payload_at = (sects + 1) * SECTOR;
  if (image->payload_at + BZIMAGE_ENTRY_64 >= file_bytes)
    return refuse(why, "it has a header and no kernel behind it");
  image->payload_bytes = file_bytes - image->payload_at;
  image->load_at = word_64(file + PREF_ADDRESS);
  image->init_bytes = word_32(file + INIT_SIZE);
  image->initrd_last = word_32(file + INITRD_ADDR_MAX);
  image->command_line_bytes = word_32(file + CMDLINE_SIZE);
  err = check_places(image, why);
  assert(err != 0 || image->payload_at + image->payload_bytes == file_bytes);
  return err;
}
