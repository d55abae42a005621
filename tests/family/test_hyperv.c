/* AF_HYPERV over scripted calls: its names, byte for byte, and what vsock://
 * addresses mean there. Runs on every system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "family/hyperv_name.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

/* The parts of names, as they lie in memory. */
#define HEAD     "22000000"
#define ANY      "00000000000000000000000000000000"
#define CHILDREN "898bdb90350d794f8ce949ea0ac8b7cd"
#define LOOPBACK "9761e1e056dd104a91955ee7a155a838"
#define PARENT   "da7c2ea43fd00c489cc2a4de20abb878"
#define SOME_VM  "8039a08b4a17e743852ae5ec79a671c7"
#define PORT(le) le "cbfae611bd5864006a7986d3"

/* The machines of AF_HYPERV are little-endian. On others the numbers in a name
 * lie the other way round: the family, and three of each GUID. */
static void turn_numbers(unsigned char* bytes) {
  static const struct {
    size_t offset;
    size_t size;
  } numbers[] = {{0, 2}, {4, 4}, {8, 2}, {10, 2}, {20, 4}, {24, 2}, {26, 2}};
  const uint16_t one = 1;
  size_t i;
  size_t k;

  if (*(const unsigned char*) &one == 1)
    return;
  for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
    for (k = 0; k < numbers[i].size / 2; k++) {
      unsigned char* first = bytes + numbers[i].offset + k;
      unsigned char* last = bytes + numbers[i].offset + numbers[i].size - 1 - k;
      unsigned char byte = *first;

      *first = *last;
      *last = byte;
    }
}

static const char* hex(const struct sockaddr_storage* name) {
  static char text[2 * sizeof(hvuv__hyperv_name_t) + 1];
  unsigned char bytes[sizeof(hvuv__hyperv_name_t)];
  size_t i;

  memcpy(bytes, name, sizeof(bytes));
  turn_numbers(bytes);
  for (i = 0; i < sizeof(bytes); i++)
    snprintf(text + 2 * i, 3, "%02x", (unsigned int) bytes[i]);
  return text;
}

static void assert_addr(const hvuv_addr_t* addr, const char* text) {
  char room[HVUV_ADDR_STRLEN];
  size_t size;

  size = sizeof(room);
  assert_int_equal(hvuv_addr_format(addr, room, &size), 0);
  assert_string_equal(room, text);
}

static void name_of(enum fake_verb verb, const char* text) {
  hvuv__hyperv_name_t name;
  hvuv_addr_t addr;

  addr = scene_addr(text);
  memset(&name, 0, sizeof(name));
  name.family = HVUV__AF_HYPERV;
  name.vm_id = addr.u.hyperv.vm_id;
  name.service_id = addr.u.hyperv.service_id;
  fake_name(verb, &name, sizeof(name));
}

static hvuv_stream_t* bound_to(const char* text) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  s = scene_stream();
  addr = scene_addr(text);
  assert_int_equal(hvuv_bind(s, &addr), 0);
  return s;
}

/* --- Names --------------------------------------------------------------- */

typedef struct name_row_s {
  const char* text;
  const char* bytes;
} name_row_t;

static void addresses_are_bound_byte_for_byte(void** state) {
  static const name_row_t rows[] = {
      {"hyperv://any/5000", HEAD ANY PORT("88130000")},
      {"hyperv://children/2761", HEAD CHILDREN PORT("c90a0000")},
      {"hyperv://loopback/2147483647", HEAD LOOPBACK PORT("ffffff7f")},
      {"hyperv://parent/1", HEAD PARENT PORT("01000000")},
      {"hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/"
       "00112233-4455-6677-8899-aabbccddeeff",
       HEAD SOME_VM "33221100554477668899aabbccddeeff"},
      {"vsock://any:5000", HEAD ANY PORT("88130000")},
      {"vsock://local:305419896", HEAD LOOPBACK PORT("78563412")},
      {"vsock://host:2147483647", HEAD PARENT PORT("ffffff7f")},
  };
  hvuv_addr_t addr;
  int protocol;
  int domain;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(hvuv_getsockname(bound_to(rows[i].text), &addr), 0);
    assert_string_equal(hex(fake_bound_name()), rows[i].bytes);
    assert_addr(&addr, rows[i].text);
  }
  fake_last_kind(&domain, &protocol);
  assert_int_equal(domain, 34);
  assert_int_equal(protocol, 1);
}

static void addresses_are_called_byte_for_byte(void** state) {
  static const name_row_t rows[] = {
      {"hyperv://parent/5000", HEAD PARENT PORT("88130000")},
      {"hyperv://loopback/0", HEAD LOOPBACK PORT("00000000")},
      {"hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/2761",
       HEAD SOME_VM PORT("c90a0000")},
      {"vsock://host:5000", HEAD PARENT PORT("88130000")},
      {"vsock://local:5000", HEAD LOOPBACK PORT("88130000")},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    fake_next(FAKE_CONNECT, 0);
    assert_int_equal(scene_connect(scene_stream(), "connect", rows[i].text), 0);
    assert_string_equal(hex(fake_connected_name()), rows[i].bytes);
  }
}

/* --- What cannot be said ---------------------------------------------------
 */

typedef struct error_row_s {
  const char* text;
  int err;
} error_row_t;

static void what_cannot_be_bound_is_told_at_once(void** state) {
  static const error_row_t rows[] = {
      {"vsock://0:5000", UV_EADDRNOTAVAIL},
      {"vsock://3:5000", UV_EADDRNOTAVAIL},
      {"vsock://3:any", UV_EADDRNOTAVAIL},
      {"vsock://any:0x80000000", UV_EINVAL},
      {"vsock://host:0xfffffffe", UV_EINVAL},
  };
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  s = scene_stream();
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    addr = scene_addr(rows[i].text);
    assert_int_equal(hvuv_bind(s, &addr), rows[i].err);
  }
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void what_cannot_be_called_is_told_at_once(void** state) {
  static const error_row_t rows[] = {
      {"hyperv://any/5000", UV_EADDRNOTAVAIL},
      {"hyperv://children/5000", UV_EADDRNOTAVAIL},
      {"vsock://any:5000", UV_EADDRNOTAVAIL},
      {"vsock://0:5000", UV_EADDRNOTAVAIL},
      {"vsock://3:5000", UV_EADDRNOTAVAIL},
      {"vsock://host:0x80000000", UV_EINVAL},
      {"vsock://host:any", UV_EINVAL},
  };
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = scene_stream();
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    assert_int_equal(scene_connect(s, "connect", rows[i].text), rows[i].err);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void a_bound_stream_survives_what_cannot_be_called(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = bound_to("vsock://any:1000");
  assert_int_equal(scene_connect(s, "connect", "vsock://3:5000"),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(fake_count_open(), 1);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "vsock://any:1000");
  assert_int_equal(scene_listen(s), 0);
}

/* --- Ports that the system picks --------------------------------------------
 */

static void any_port_is_bound_as_zero_and_read_back(void** state) {
  hvuv_addr_t addr;

  (void) state;
  name_of(FAKE_GETSOCKNAME, "hyperv://any/50123");
  assert_int_equal(hvuv_getsockname(bound_to("vsock://any:any"), &addr), 0);
  assert_string_equal(hex(fake_bound_name()), HEAD ANY PORT("00000000"));
  assert_addr(&addr, "vsock://any:50123");

  assert_int_equal(hvuv_getsockname(bound_to("vsock://host:any"), &addr), 0);
  assert_addr(&addr, "vsock://host:50123");
}

static void a_port_that_is_not_told_was_not_bound(void** state) {
  static const struct {
    const char* told;
    int err;
  } rows[] = {
      {"hyperv://any/0", UV_EADDRNOTAVAIL},
      {"hyperv://any/00112233-4455-6677-8899-aabbccddeeff", UV_EINVAL},
  };
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:any");
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    name_of(FAKE_GETSOCKNAME, rows[i].told);
    assert_int_equal(hvuv_bind(s, &addr), rows[i].err);
    assert_int_equal(fake_count_open(), 0);
  }
  fake_next(FAKE_GETSOCKNAME, UV_ENOBUFS);
  assert_int_equal(hvuv_bind(s, &addr), UV_ENOBUFS);
  assert_int_equal(fake_count_open(), 0);
}

static void a_named_port_is_not_read_back(void** state) {
  (void) state;
  bound_to("vsock://any:5000");
  bound_to("hyperv://any/5000");
  assert_int_equal(fake_calls(FAKE_GETSOCKNAME), 0);
}

/* --- Both ends of a connection -----------------------------------------------
 */

/* Has the listener accept a caller of that name. */
static hvuv_stream_t* accept_from(hvuv_stream_t* server, const char* caller) {
  uv_os_sock_t sock;

  name_of(FAKE_ACCEPT, caller);
  fake_next(FAKE_ACCEPT, 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  return scene_accept(server);
}

static void callers_are_said_as_their_listener_is(void** state) {
  static const struct {
    const char* listener;
    const char* caller;
    const char* text;
  } rows[] = {
      {"vsock://any:5000", "hyperv://parent/7", "vsock://host:7"},
      {"vsock://any:5000", "hyperv://loopback/7", "vsock://local:7"},
      {"hyperv://any/5000", "hyperv://parent/7", "hyperv://parent/7"},
      {"hyperv://any/5000", "hyperv://loopback/7", "hyperv://loopback/7"},
      /* What vsock:// has no words for. */
      {"vsock://any:5000",
       "hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/7",
       "hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/7"},
      {"vsock://any:5000",
       "hyperv://parent/00112233-4455-6677-8899-aabbccddeeff",
       "hyperv://parent/00112233-4455-6677-8899-aabbccddeeff"},
  };
  hvuv_stream_t* server;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    server = bound_to(rows[i].listener);
    assert_int_equal(scene_listen(server), 0);
    assert_int_equal(
        hvuv_getpeername(accept_from(server, rows[i].caller), &addr), 0);
    assert_addr(&addr, rows[i].text);
  }
  trace_reset();
}

static void an_accepted_stream_has_its_listeners_address(void** state) {
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  hvuv_addr_t addr;

  (void) state;
  server = bound_to("vsock://any:5000");
  assert_int_equal(scene_listen(server), 0);
  client = accept_from(server, "hyperv://loopback/7");
  assert_int_equal(hvuv_getsockname(client, &addr), 0);
  assert_addr(&addr, "vsock://any:5000");
  assert_int_equal(fake_calls(FAKE_GETSOCKNAME), 0);
  assert_story("connection:0");
}

static void a_caller_of_another_family_is_turned_away(void** state) {
  hvuv_stream_t* server;
  struct sockaddr name;
  uv_os_sock_t sock;

  (void) state;
  server = bound_to("hyperv://any/5000");
  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);
  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_ACCEPT, &name, sizeof(name));
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_count_open(), 1);
  assert_story("");
}

static void a_name_that_is_cut_short_is_none(void** state) {
  hvuv_stream_t* server;
  hvuv__hyperv_name_t name;
  uv_os_sock_t sock;

  (void) state;
  server = bound_to("hyperv://any/5000");
  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);
  memset(&name, 0, sizeof(name));
  name.family = HVUV__AF_HYPERV;
  fake_name(FAKE_ACCEPT, &name, sizeof(name) - 1);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_count_open(), 1);
  assert_story("");
}

static void who_was_called_is_known_without_asking(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "hyperv://loopback/5"), 0);
  turn();
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "hyperv://loopback/5");
  scene_shutdown(s, "shutdown");
  turn();
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "hyperv://loopback/5");
  assert_int_equal(fake_calls(FAKE_GETPEERNAME), 0);
  assert_story("connect:0 shutdown:0");
}

static void one_who_called_has_the_address_that_the_system_tells(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  name_of(FAKE_GETSOCKNAME, "hyperv://children/77");
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "vsock://local:5"), 0);
  turn();
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "hyperv://children/77");
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "vsock://local:5");
  assert_story("connect:0");
}

static void one_who_was_bound_keeps_that_address(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = bound_to("vsock://local:77");
  name_of(FAKE_GETSOCKNAME, "hyperv://children/88");
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "vsock://local:5"), 0);
  turn();
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "vsock://local:77");
  assert_story("connect:0");
}

static void an_adopted_socket_has_the_names_that_the_system_tells(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  name_of(FAKE_GETSOCKNAME, "hyperv://children/77");
  name_of(FAKE_GETPEERNAME, "hyperv://parent/5");
  s = scene_open(&sock);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "hyperv://children/77");
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "hyperv://parent/5");
}

/* --- A connect under way
 * ------------------------------------------------------ */

static void a_wake_up_that_comes_too_early_is_passed_over(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;
  int i;

  (void) state;
  s = scene_connecting(&sock);
  for (i = 0; i < 3; i++) {
    fake_next(FAKE_TAKE_ERROR, UV_EAGAIN);
    assert_int_equal(fake_poller_fire(sock, 0, UV_WRITABLE), 1);
    turn();
    assert_story("");
    assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  }
  assert_int_equal(hvuv_is_active(s), 1);

  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("connect:0");
}

/* A poller passes over errors that may be its own (poller.c). One that it
 * reports lasts, so to watch again would be to turn for ever. */
static void an_error_of_the_poller_ends_what_seems_under_way(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_EAGAIN);
  fake_poller_fire(sock, UV_EINVAL, 0);
  turn();
  assert_story("connect:EINVAL");
}

static void its_own_error_comes_before_the_pollers(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNREFUSED);
  fake_poller_fire(sock, UV_EINVAL, 0);
  turn();
  assert_story("connect:ECONNREFUSED");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(addresses_are_bound_byte_for_byte),
      SCENE(addresses_are_called_byte_for_byte),
      SCENE(what_cannot_be_bound_is_told_at_once),
      SCENE(what_cannot_be_called_is_told_at_once),
      SCENE(a_bound_stream_survives_what_cannot_be_called),
      SCENE(any_port_is_bound_as_zero_and_read_back),
      SCENE(a_port_that_is_not_told_was_not_bound),
      SCENE(a_named_port_is_not_read_back),
      SCENE(callers_are_said_as_their_listener_is),
      SCENE(an_accepted_stream_has_its_listeners_address),
      SCENE(a_caller_of_another_family_is_turned_away),
      SCENE(a_name_that_is_cut_short_is_none),
      SCENE(who_was_called_is_known_without_asking),
      SCENE(one_who_called_has_the_address_that_the_system_tells),
      SCENE(one_who_was_bound_keeps_that_address),
      SCENE(an_adopted_socket_has_the_names_that_the_system_tells),
      SCENE(a_wake_up_that_comes_too_early_is_passed_over),
      SCENE(an_error_of_the_poller_ends_what_seems_under_way),
      SCENE(its_own_error_comes_before_the_pollers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
