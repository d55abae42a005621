/* What guest_agent and agent_call agree on. Each message is its size, 4 bytes
 * with the high one first, and so many bytes of text. A request is one word;
 * its reply is "ok TEXT" or "error TEXT". Requests are answered in order, and
 * any number of them may be under way. */
#ifndef HVUV_EXAMPLES_AGENT_H
#define HVUV_EXAMPLES_AGENT_H

#include <hvuv.h>
#include <stdio.h>
#include <string.h>

#define AGENT_ADDRESS           "local://any/5001"
#define AGENT_MAX_MESSAGE_BYTES 1024

#define AGENT_FRAMING                                                          \
  {                                                                            \
    .kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 4,                            \
    .max_message_bytes = AGENT_MAX_MESSAGE_BYTES                               \
  }

/* --- A secret, for those who want one (hvuv/auth.h) */

#define AGENT_PURPOSE "agent"

static inline const char* agent_why_no_auth(int err) {
  return err == UV_ENOTSUP ? "This program was built without libsodium."
                           : uv_strerror(err);
}

/* Reads the secrets; if it cannot, says why, and they stay as they are. */
static inline int agent_load_secret(hvuv_auth_t* auth, const char* path) {
  int err = hvuv_auth_load(auth, path);
  const char* advice = "";

  if (err == UV_EPERM)
    advice = " It must be yours alone: chmod 600.";
  if (err == UV_EINVAL)
    advice = " It must have a line of 32 to 256 characters, or two.";
  if (err != 0)
    fprintf(stderr,
            "--secret: reading %s failed: %s (%s).%s\n",
            path,
            uv_strerror(err),
            uv_err_name(err),
            advice);
  return err;
}

#endif /* HVUV_EXAMPLES_AGENT_H */
