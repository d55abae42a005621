/*
 * One or two secrets, and their text: pure. The file is secret_file.h's.
 */
#ifndef HVUV_SRC_AUTH_SECRETS_H
#define HVUV_SRC_AUTH_SECRETS_H

#include "hvuv/auth.h"

typedef struct hvuv__secret_s {
  size_t nbytes;
  unsigned char bytes[HVUV_AUTH_SECRET_MAX];
} hvuv__secret_t;

typedef struct hvuv__secrets_s {
  unsigned int count;
  hvuv__secret_t at[2]; /* the current one, the previous one */
} hvuv__secrets_t;

/* Two lines, with CRLF. Longer text is no secrets. */
#define HVUV__SECRETS_TEXT_MAX (2 * (HVUV_AUTH_SECRET_MAX + 2))

/* One more. UV_EINVAL by its size. */
int hvuv__secrets_add(hvuv__secrets_t* secrets,
                      const void* bytes,
                      size_t nbytes);

/* Those in a text, as hvuv_auth_load() has it. UV_EINVAL; then *secrets has
 * some of them. */
int hvuv__secrets_parse(hvuv__secrets_t* secrets,
                        const char* text,
                        size_t nbytes);

#endif /* HVUV_SRC_AUTH_SECRETS_H */
