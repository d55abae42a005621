#include "auth/secrets.h"

#include <assert.h>
#include <string.h>

int hvuv__secrets_add(hvuv__secrets_t* secrets,
                      const void* bytes,
                      size_t nbytes) {
  hvuv__secret_t* secret;

  if (secrets->count == 2 || nbytes < HVUV_AUTH_SECRET_MIN ||
      nbytes > HVUV_AUTH_SECRET_MAX)
    return UV_EINVAL;
  secret = &secrets->at[secrets->count++];
  memcpy(secret->bytes, bytes, nbytes);
  secret->nbytes = nbytes;
  return 0;
}

/* A control character is no mistake that a person could see. */
static int has_control(const char* line, size_t n) {
  size_t i;

  for (i = 0; i < n; i++)
    if ((unsigned char) line[i] < ' ' || line[i] == 127)
      return 1;
  return 0;
}

static int parse_line(hvuv__secrets_t* secrets, const char* line, size_t n) {
  if (n > 0 && line[n - 1] == '\r')
    n--;
  if (has_control(line, n))
    return UV_EINVAL;
  return hvuv__secrets_add(secrets, line, n);
}

int hvuv__secrets_parse(hvuv__secrets_t* secrets,
                        const char* text,
                        size_t nbytes) {
  const char* newline;
  size_t n;
  int err;

  memset(secrets, 0, sizeof(*secrets));
  while (nbytes > 0) {
    newline = memchr(text, '\n', nbytes);
    n = newline == NULL ? nbytes : (size_t) (newline - text);
    err = parse_line(secrets, text, n);
    if (err != 0)
      return err;
    n += newline != NULL;
    text += n;
    nbytes -= n;
  }
  assert(secrets->count <= 2);
  return secrets->count == 0 ? UV_EINVAL : 0;
}
