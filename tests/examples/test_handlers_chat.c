/* The chat among guests, with bare sockets for guests, whom the server takes
 * for VMs by their names: test_handlers_chat CHAT. */
#include "handlers.h"

#define ANN_VM   "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"
#define BEN_VM   "7e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"
#define ANN_NAME "local://6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d/"
#define BEN_NAME "local://7e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d/"
#define HOST     "local://loopback/"
#define HELLO    "* Hello. /nick NAME gives you a name\n"
#define GUESTS   64

static bare_t ann, ben, cat;
static bare_t crowd[GUESTS];

/* In, and greeted. */
static void enter(bare_t* guest, const char* vm) {
  bare_connect(guest, vm);
  bare_await(guest, HELLO);
}

static void enter_all(void) {
  serve();
  enter(&ann, ANN_VM);
  enter(&ben, BEN_VM);
  enter(&cat, NULL);
  bare_await(&ann, " is here\n* " HOST);
  bare_await(&ben, " is here\n");
}

static void take_names(void) {
  enter_all();
  bare_say(&ann, "/nick ann\n");
  bare_await(&cat, " is now ann\n");
  bare_say(&ben, "/nick ben\n");
  bare_await(&cat, " is now ben\n");
  bare_await(&ann, " is now ben\n");
}

/* Each leaves as a person does: when the server has said goodbye. */
static void leave(bare_t* guest) {
  shutdown(guest->fd, 1);
  bare_finish(guest);
}

static void leave_all(void) {
  leave(&ann);
  leave(&ben);
  leave(&cat);
  expect_silent_stop();
}

static void three_guests_hear_each_other(void** state) {
  (void) state;
  enter_all();
  expect_in(server.said, "Listening on local://any/5002\n");
  bare_say(&ann, "Anybody here?\n");
  bare_await(&ben, "\n" ANN_NAME);
  bare_await(&ben, ": Anybody here?\n");
  bare_await(&cat, ": Anybody here?\n");
  bare_say(&ben, "I am\n");
  bare_await(&ann, "\n" BEN_NAME);
  bare_await(&ann, ": I am\n");
  bare_await(&cat, ": I am\n");
  assert_null(strstr(ann.text, "Anybody"));
  leave_all();
}

static void who_comes_and_goes_is_told(void** state) {
  (void) state;
  enter_all();
  bare_await(&ann, "* " BEN_NAME);
  leave(&ben);
  bare_await(&ann, " left\n");
  bare_await(&cat, " left\n");
  net_close(cat.fd);
  bare_await(&ann, "* " HOST "00000000-0000-0000-0000-000000000000 left\n");
  leave(&ann);
  expect_silent_stop();
}

static void a_guest_may_take_a_name(void** state) {
  (void) state;
  take_names();
  bare_say(&ann, "Hi\n");
  bare_await(&ben, "\nann: Hi\n");
  bare_say(&ben, "Hi ann\r\n");
  bare_await(&ann, "\nben: Hi ann\n");
  leave(&ann);
  bare_await(&cat, "\n* ann left\n");
  leave(&ben);
  leave(&cat);
  expect_silent_stop();
}

static void a_name_that_could_be_an_address_is_refused(void** state) {
  (void) state;
  enter_all();
  bare_say(&ann, "/nick vsock://2:1\n");
  bare_await(&ann, "* A name is 1 to 31 of a-z, A-Z, 0-9, - and _\n");
  bare_say(&ben, "/nick \n");
  bare_await(&ben, "* A name is 1 to 31");
  bare_say(&cat, "/nick 0123456789-123456789_123456789-1\n");
  bare_await(&cat, "* A name is 1 to 31");
  bare_say(&cat, "/nick 0123456789-123456789_123456789-\n");
  bare_say(&cat, "/nick cat\n");
  bare_await(&ann, " is now cat\n");
  leave_all();
}

static void a_guest_cannot_command_the_others_terminals(void** state) {
  (void) state;
  take_names();
  bare_say(&ann, "\33[2J\a\177 \xc3\xa4\n");
  bare_await(&ben, "\nann: ?[2J?? \xc3\xa4\n");
  leave_all();
}

static void a_line_too_long_ends_a_guest(void** state) {
  static char line[513 + 1];

  (void) state;
  take_names();
  memset(line, 'x', 512);
  line[512] = '\n';
  bare_send(&ann, line, 513);
  bare_await(&ben, "xxx\n");
  line[512] = 'x';
  bare_send(&ann, line, 513);
  bare_send(&ann, "\n", 1);
  bare_await(&ben, "* ann left\n");
  bare_finish(&ann);
  leave(&ben);
  leave(&cat);
  expect_silent_stop();
}

/* It never ends, and is dropped before it fills anything. */
static void a_line_without_end_ends_a_guest(void** state) {
  static char line[4096];

  (void) state;
  take_names();
  memset(line, 'x', sizeof(line));
  net_send(ann.fd, line, sizeof(line));
  bare_await(&ben, "* ann left\n");
  bare_finish(&ann);
  leave(&ben);
  leave(&cat);
  expect_silent_stop();
}

static void one_who_floods_is_told_and_hurts_nobody(void** state) {
  static char lines[300 * 4 + 1];
  size_t i;

  (void) state;
  take_names();
  for (i = 0; i < 300; i++)
    memcpy(lines + 4 * i, "Hey\n", 4);
  bare_say(&ann, lines);
  bare_await(&ann, "* Not so fast: nobody has seen this line\n");
  bare_await(&ben, "ann: Hey\n");
  bare_say(&ben, "Quiet\n");
  bare_await(&ann, "ben: Quiet\n");
  bare_await(&cat, "ben: Quiet\n");
  leave_all();
}

static void read_what_is_there(bare_t* guest) {
  while (net_await(guest->fd, 1, 0) == 0) {
    if (guest->nbytes > PEER_ROOM / 2) { /* Only the last of it counts. */
      guest->nbytes = 0;
      guest->text[0] = '\0';
    }
    assert_true(bare_read(guest));
  }
}

/* Cat does not read; what is meant for it fills the kernel's buffers, then the
 * server's bound. Ann and Ben read, and go on. */
static void a_slow_reader_is_dropped_and_the_others_are_told(void** state) {
  static char line[512 + 1];
  int i;

  (void) state;
  if (!net_is_posix()) {
    print_message(
        "It takes 40 seconds to fill the buffers of Wine's sockets\n");
    skip();
  }
  take_names();
  bare_say(&cat, "/nick cat\n");
  bare_await(&ann, " is now cat\n");
  memset(line, 'x', 511);
  line[511] = '\n';
  for (i = 0; i < 200000; i++) {
    bare_send(i % 2 == 0 ? &ann : &ben, line, 512);
    net_await(ben.fd, 1, 5);
    read_what_is_there(&ann);
    read_what_is_there(&ben);
    if (strstr(ann.text, "* cat ") != NULL ||
        strstr(ben.text, "* cat ") != NULL)
      break;
  }
  bare_await(&ann, "\n* cat reads too slowly\n");
  bare_await(&ben, "\n* cat reads too slowly\n");
  bare_say(&ann, "Where is cat?\n");
  bare_await(&ben, "ann: Where is cat?\n");
  bare_finish(&cat);
  leave(&ann);
  leave(&ben);
  expect_silent_stop();
}

static void the_65th_guest_is_refused(void** state) {
  int i;

  (void) state;
  serve();
  for (i = 0; i < GUESTS; i++)
    enter(&crowd[i], NULL);
  bare_connect(&ann, NULL);
  bare_finish(&ann);
  assert_int_equal(ann.nbytes, 0);
  for (i = 1; i < GUESTS; i++)
    leave(&crowd[i]);
  enter(&ben, NULL); /* There is room again. */
  leave(&ben);
  leave(&crowd[0]);
  expect_silent_stop();
}

static void sigint_says_goodbye_to_all(void** state) {
  (void) state;
  skip_without_signals();
  take_names();
  process_signal(&server, SIGINT);
  bare_finish(&ann);
  bare_finish(&ben);
  bare_finish(&cat);
  assert_int_equal(process_finish(&server), 0);
  expect_in(server.said, "Stopping on signal 2\n");
  assert_null(strstr(cat.text, " left\n"));
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(three_guests_hear_each_other),
      TEST(who_comes_and_goes_is_told),
      TEST(a_guest_may_take_a_name),
      TEST(a_name_that_could_be_an_address_is_refused),
      TEST(a_guest_cannot_command_the_others_terminals),
      TEST(a_line_too_long_ends_a_guest),
      TEST(a_line_without_end_ends_a_guest),
      TEST(one_who_floods_is_told_and_hurts_nobody),
      TEST(a_slow_reader_is_dropped_and_the_others_are_told),
      TEST(the_65th_guest_is_refused),
      TEST(sigint_says_goodbye_to_all),
  };
  int skipped;

  if (argc != 2) {
    fprintf(stderr, "usage: test_handlers_chat CHAT\n");
    return 2;
  }
  server_path = argv[1];
  socket_name = "l/host/5002.a";
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
