/*
 * What the tests of adopted sockets share.
 */
#ifndef HVUV_TESTS_CONFORMANCE_ADOPTED_H
#define HVUV_TESTS_CONFORMANCE_ADOPTED_H

#include "rig.h"
#include "support/net.h"

/* For rows of RIG_TEST(). */
extern const transport_t adopted_transport;

/* A stream with a foreign socket, which is made one of ours. */
side_t* adopted_new(rig_t* rig, uv_os_sock_t sock);

/* Refused: still open, as it was, and the test's to close. */
void adopted_refuse(rig_t* rig, uv_os_sock_t sock, int code);

/* A megabyte each way at once, then both ends. */
void adopted_converse(rig_t* rig, side_t* a, side_t* b);

void adopted_expect_no_names(const side_t* side);

/* A foreign listener, at which a foreign socket has called, serves it. */
void adopted_serve(rig_t* rig, uv_os_sock_t listener, uv_os_sock_t client);

#endif /* HVUV_TESTS_CONFORMANCE_ADOPTED_H */
