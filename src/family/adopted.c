/* Sockets that came from elsewhere (a socket pair, socket activation, TCP):
 * streams like the others, with no address that hvuv could print. */
#include <string.h>

#include "family/family.h"

static int accepted(const struct sockaddr* name,
                    size_t len,
                    const hvuv_addr_t* listener,
                    const hvuv__claim_t* claim,
                    hvuv_addr_t* peer) {
  (void) name;
  (void) len;
  (void) listener;
  (void) claim;
  memset(peer, 0, sizeof(*peer));
  return 0;
}

const hvuv__family_t hvuv__family_adopted = {
    .accepted = accepted,
    .close_ends = 1,
    .no_names = 1,
};
