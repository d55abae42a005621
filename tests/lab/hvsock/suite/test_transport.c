/* test_hvsock_transport FIRST_PORT PORTS: the transport suite in the guest, over
 * hv_sock. Both ends of a connection are in this program, and it goes to the host
 * and comes back between them:
 *
 *   a side -- vsock://host:P -- hv_sock -- hvforward, on the host
 *   the listener -- vsock://any:P -- hv_sock --+
 *
 * A closed socket of hv_sock keeps its port until the host has closed too, so each
 * case has a port of its own.
 */
#include <stdlib.h>

#include "conformance/suite.h"

static unsigned int next_port;
static unsigned int ports_left;

static void start(rig_t* rig) {
  assert_true(ports_left > 0);
  ports_left--;
  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, next_port++);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  hvuv_addr_vsock(to, HVUV_CID_HOST, bound->u.vsock.port);
}

static const transport_t hvsock = {
    .name = "hv_sock, to the host and back",
    .start = start,
    .target = target,
    .endings = {.clean = ENDS_EOF,
                .unread = ENDS_EOF,
                .reset = ENDS_EOF,
                .late = ENDS_EOF},
    .aborted = UV_EOF,
    .has_host = 1,
    .client_has_name = 1,
    .peer_of_server = NULL, /* the host, at a port that means nothing */
};

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: test_hvsock_transport FIRST_PORT PORTS\n");
    return 2;
  }
  next_port = (unsigned int) strtoul(argv[1], NULL, 10);
  ports_left = (unsigned int) strtoul(argv[2], NULL, 10);
  return suite_run(&hvsock);
}
