/* The options of AF_HYPERV: remembered, and set when there is a socket. */
#include "stream/hyperv_options.h"

#include "hvuv/hyperv.h"
#include "stream/stream_state.h"

/* Those that decide where a connect leads; without them it must not go on. */
#define DECISIVE (HVUV__CONTAINER_PASSTHRU | HVUV__HIGH_VTL)

int hvuv__options_apply(const hvuv__family_t* family,
                        uv_os_sock_t sock,
                        unsigned int options) {
  unsigned int bit;
  int err;

  for (bit = 1; bit <= options; bit <<= 1) {
    if (!(options & bit))
      continue;
    err = family->set_option == NULL ? UV_ENOTSUP
                                     : family->set_option(sock, bit, 1);
    if (err != 0 && (bit & DECISIVE))
      return err;
  }
  return 0;
}

static void remember(hvuv_stream_t* s, unsigned int option, int enable) {
  if (enable)
    s->options |= option;
  else
    s->options &= ~option;
}

static int may_set(const hvuv_stream_t* s) {
  if (hvuv__family_vm.set_option == NULL)
    return UV_ENOTSUP;
  if (s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  return s->state == HVUV__CONNECTING ? UV_EALREADY : 0;
}

int hvuv_set_connected_suspend(hvuv_stream_t* s, int enable) {
  int err;

  err = may_set(s);
  if (err == 0 && s->sock != HVUV__NO_SOCK)
    err = s->family->set_option == NULL
              ? UV_ENOTSUP
              : s->family->set_option(s->sock, HVUV__CONNECTED_SUSPEND, enable);
  if (err == 0)
    remember(s, HVUV__CONNECTED_SUSPEND, enable);
  return err;
}

static int set_for_connect(hvuv_stream_t* s, unsigned int option, int enable) {
  int err;

  err = may_set(s);
  if (err == 0 && s->state == HVUV__OPEN)
    err = UV_EISCONN;
  if (err == 0 && s->state == HVUV__LISTENING)
    err = UV_EINVAL;
  if (err == 0)
    remember(s, option, enable);
  return err;
}

int hvuv_set_container_passthru(hvuv_stream_t* s, int enable) {
  return set_for_connect(s, HVUV__CONTAINER_PASSTHRU, enable);
}

int hvuv_set_high_vtl(hvuv_stream_t* s, int enable) {
  return set_for_connect(s, HVUV__HIGH_VTL, enable);
}
