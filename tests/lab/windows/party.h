/*
 * Streams for the tests of the engines: each is one end of a TCP connection on
 * the loopback interface, adopted. Its bytes are a pattern, which whoever reads
 * checks. Callbacks record.
 *
 *   setup and teardown   PARTY(test)
 *   main                 party_choose(argc, argv)
 *
 * The same cases run on each engine, as the program's argument says: "fast" and
 * "slow" are libuv's two ways, "afd" is ours.
 */
#ifndef HVUV_TESTS_LAB_WINDOWS_PARTY_H
#define HVUV_TESTS_LAB_WINDOWS_PARTY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/loop.h"
#include "support/net.h"

typedef struct party_s party_t;

struct party_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
  char buffer[4096];
  size_t lent; /* of the buffer, at most */
  size_t got;  /* bytes read */
  size_t wrong;
  size_t goal; /* of bytes read: reached says so */
  int reached;
  int reads; /* read callbacks */
  int end;   /* what ended the reading */
  int ended;
  int wrote; /* writes called back */
  int write_status;
  int connections;
  int connection_status;
  int closed;
  party_t* other;          /* for act */
  void (*act)(party_t* p); /* after each read */
  void (*act_connection)(party_t* p);
};

/* --- The whole */

/* Which engine; exits with 77 where it is not. */
void party_choose(int argc, char** argv);

/* Whether it is this one: "fast", "slow" or "afd". */
int party_is_on(const char* engine);

int party_up(void** state);
int party_down(void** state);
#define PARTY(test) cmocka_unit_test_setup_teardown(test, party_up, party_down)

uv_loop_t* party_loop(void);

/* --- One of them */

/* Adopts a socket. The party is the test's until it is torn down, and closed
 * then. */
party_t* party_new(uv_os_sock_t sock);
party_t* party_new_on(uv_loop_t* loop, uv_os_sock_t sock);

/* Two of them, connected. */
void party_pair(party_t* pair[2]);

/* One of them, and a socket that is not. */
party_t* party_and_socket(uv_os_sock_t* sock);

/* Also one that reads already. */
void party_read(party_t* p);

/* Reads until so many bytes have come in all. */
void party_read_until(party_t* p, size_t goal);

/* Writes the pattern from `from`; *bytes* must be small. */
void party_write(party_t* p, size_t from, size_t bytes);

void party_close(party_t* p);

/* Closes, unless it is closing. */
void party_leave(party_t* p);

/* --- The other end, by hand */

void party_send_raw(uv_os_sock_t sock, size_t from, size_t bytes);

/* The pattern from there on: PARTY_PATTERN bytes are there. */
#define PARTY_PATTERN 65536
const char* party_pattern(size_t from);

#endif /* HVUV_TESTS_LAB_WINDOWS_PARTY_H */
