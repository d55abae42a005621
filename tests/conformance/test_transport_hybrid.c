/* The suite over `hybrid`, with a fake hypervisor in between: what is shown is
 * that hvuv keeps its promises behind a handshake and a middleman, not that it
 * works with any hypervisor there is. `stingy` as the argument gives it the
 * manners of those that pass on no end of one direction (fake_vmm.h). */
#include <string.h>

#include "suite.h"
#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"
#include "support/net.h"

static void start(rig_t* rig) {
  hvuv_guid_t service;
  char path[ENDPOINT_ROOM];

  endpoint_path("v.sock", path);
  hvuv_service_from_port(5000, &service);
  hvuv_addr_hybrid(&rig->at, path, &service);
  rig->extra = fake_vmm_start(
      path, rig->transport->is_stingy ? FAKE_VMM_STINGY : FAKE_VMM_GENEROUS);
}

static void stop_rig(rig_t* rig) {
  fake_vmm_stop(rig->extra);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  *to = *bound;
}

static transport_t hybrid = {
    .name = "hybrid, through a fake hypervisor",
    .start = start,
    .finish = stop_rig,
    .target = target,
    .endings = {.clean = ENDS_EOF,
                .unread = ENDS_EOF | ENDS_RESET,
                .reset = ENDS_EOF | ENDS_RESET,
                .late = ENDS_EOF | ENDS_RESET},
    .refused = UV_ECONNREFUSED,
    .aborted = UV_EOF, /* the hypervisor's end; see fake_vmm.h */
    .full_backlog_waits = 1,
    .has_middleman = 1,
};

int main(int argc, char** argv) {
  int skipped;

  if (argc == 2 && strcmp(argv[1], "stingy") == 0) {
    hybrid.name = "hybrid, through a fake hypervisor with stingy manners";
    hybrid.is_stingy = 1;
  }
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  if (!net_is_posix()) {
    hybrid.full_backlog_waits = 0;
    hybrid.endings.loses_words = 1; /* in the hypervisor */
  }
  return suite_run(&hybrid);
}
