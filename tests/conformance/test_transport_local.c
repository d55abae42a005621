/* The suite over `local`. */
#include "suite.h"
#include "support/net.h"

static void start(rig_t* rig) {
  hvuv_addr_parse("local://any/5000", &rig->at);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  (void) bound;
  hvuv_addr_parse("local://loopback/5000", to);
}

static transport_t local = {
    .name = "local",
    .start = start,
    .target = target,
    .endings = {.clean = ENDS_EOF,
                .unread = ENDS_RESET,
                .reset = ENDS_EOF,
                .late = ENDS_EOF | ENDS_RESET},
    .refused = UV_ECONNREFUSED,
    .aborted = UV_ECONNRESET,
    .full_backlog_waits = 1,
    .client_has_name = 1,
    .peer_of_server = "local://loopback/00000000-0000-0000-0000-000000000000",
};

int main(void) {
  int skipped;

  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  if (!net_is_posix()) {
    local.aborted_too = UV_EOF;
    local.full_backlog_waits = 0;
    local.endings = (endings_t) ENDINGS_OF_WINDOWS;
  }
  return suite_run(&local);
}
