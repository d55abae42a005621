/*
 * The suite over AF_HYPERV on Windows, on this partition's own loopback, which
 * needs no registered service (go-winio's CI). Built several times:
 *
 *   as it stands   on the system's own AF_HYPERV; skipped where there is none
 *   EMULATED       on the EMULATION of AF_HYPERV (support/hyperv_emulation.h),
 *                  which shows hvuv's own code and nothing of Hyper-V
 *   AS_VSOCK       ... by vsock:// addresses, which AF_HYPERV carries
 *
 * HVUV_POLL chooses hvuv's engine, see hvuv/engine.h; HVUV_EMULATION_PROVIDER
 * what libuv does with such sockets.
 */
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "support/net.h"

#if defined(EMULATED)
#include "support/emulation/hyperv_emulation.h"
#endif

#if defined(AS_VSOCK)

/* Whether Hyper-V picks a port for `any` has not been seen, so there each test
 * has one of its own. */
static void start(rig_t* rig) {
#if defined(EMULATED)
  hvuv_addr_parse("vsock://local:any", &rig->at);
#else
  uint32_t port;

  if (uv_random(NULL, NULL, &port, sizeof(port), 0, NULL) != 0)
    abort();
  hvuv_addr_vsock(&rig->at, HVUV_CID_LOCAL, 1 + port % HVUV_SERVICE_PORT_MAX);
#endif
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  hvuv_addr_vsock(to, HVUV_CID_LOCAL, bound->u.vsock.port);
}

#else

/* A service of its own for each test: programs may run side by side. */
static void start(rig_t* rig) {
  hvuv_guid_t service;

  if (uv_random(NULL, NULL, &service, sizeof(service), 0, NULL) != 0)
    abort();
  hvuv_addr_hyperv(&rig->at, &HVUV_VM_LOOPBACK, &service);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  *to = *bound;
}

#endif

/* hvuv ends a connection in both directions before it closes the socket, so an
 * abort is read as an end; whether always, on Hyper-V, has not been seen, nor
 * what a full backlog does there (under the emulation it is TCP's). Callers
 * have a random service id, so nobody knows beforehand whom the acceptor sees.
 */
static transport_t hyperv = {
#if defined(AS_VSOCK)
    .name = "vsock, carried by AF_HYPERV",
#else
    .name = "hyperv",
#endif
    .start = start,
    .target = target,
    .endings = ENDINGS_OF_WINDOWS,
    .refused = UV_ECONNREFUSED,
    .aborted = UV_EOF,
    .aborted_too = UV_ECONNRESET,
    .client_has_name = 1,
};

static int has_value(const char* variable, const char* expected) {
  char text[16];
  size_t size;

  size = sizeof(text);
  return uv_os_getenv(variable, text, &size) == 0 &&
         strcmp(text, expected) == 0;
}

/* On libuv's slow path, of which a process gets some 500 (libuv,
 * src/win/poll.c). */
static void mind_the_threads(void) {
  if (has_value("HVUV_POLL", "uv") &&
      !has_value("HVUV_EMULATION_PROVIDER", "tcp"))
    hyperv.has_threads = 1;
}

#if defined(EMULATED)

/* What the emulation opens once for all is opened before anything is counted.
 */
static int begin(void) {
  int err;

  err = hyperv_emulation_begin();
  if (err != 0)
    print_error("hyperv_emulation_begin(): %d\n", err);
  else
    print_message("AF_HYPERV is an EMULATION here\n");
  return err;
}

int main(void) {
  int failed;

  net_start();
  mind_the_threads();
  if (begin() != 0)
    return 1;
  failed = suite_run(&hyperv);
  if (hyperv_emulation_sockets() != 0)
    failed++;
  hyperv_emulation_end();
  return failed;
}

#else

int main(void) {
  int err;

  net_start();
  mind_the_threads();
  err = hvuv_supported(HVUV_HYPERV);
  if (err != 0) {
    print_message("Skipped: this system has no AF_HYPERV (%s). Remedy: Windows "
                  "10 or Server 2016 or later, with the feature Hyper-V or "
                  "VirtualMachinePlatform\n",
                  uv_err_name(err));
    return 77;
  }
  return suite_run(&hyperv);
}

#endif
