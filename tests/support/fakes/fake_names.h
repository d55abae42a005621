/*
 * vsock addresses as the system at hand writes them: fake_names_linux.c knows
 * AF_VSOCK, fake_names_win.c AF_HYPERV, which carries them there.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_NAMES_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_NAMES_H

#include "fake_sys.h"
#include "hvuv/addr.h"

/* What accept, getsockname or getpeername tell from now on. The CID is one that
 * both systems can write: any, local or host. */
void fake_vsock_name(enum fake_verb verb, uint32_t cid, uint32_t port);

/* Whether vsock is carried by hv_sock, as in a guest of Hyper-V: not at first,
 * and always on Windows. */
void fake_vsock_on_hyperv(int yes);

/* Whether a name that went to bind or connect is this address. */
int fake_is_vsock_name(const struct sockaddr_storage* name,
                       uint32_t cid,
                       uint32_t port);

/* How the names that the script has at first, for getsockname host:1024 and for
 * the other two local:1024, are printed where nothing says that they are vsock
 * addresses: Windows then has its own words for them. */
extern const char* const fake_own_name;
extern const char* const fake_peer_name;

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_NAMES_H */
