/* A great deal at once: a thousand conversations, and 64 MiB to a reader that
 * takes its time. */
#include "suite.h"
#include "support/net.h"

#define CONVERSATIONS            1000
#define CONVERSATIONS_OF_THREADS 100
#define MESSAGE                  3001

#define CHUNK  65536
#define CHUNKS 1024u             /* 64 MiB */
#define HIGH   ((size_t) 262144) /* what the writer lets queue up */

static int count_ended(side_t* const sides[], int count) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < count; i++)
    n += sides[i]->ends;
  return n;
}

static void a_thousand_conversations_at_once_echo_right(void** state) {
  static side_t* clients[CONVERSATIONS];
  rig_t* rig = *state;
  int count;
  int i;

  rig_skip_with_host(rig);

  /* Behind a hypervisor each has five seconds to begin, and under Wine a
   * thousand may take longer on a busy machine. */
  count = CONVERSATIONS;
  if (rig->transport->has_threads ||
      (rig->transport->has_middleman && !net_is_posix())) {
    count = CONVERSATIONS_OF_THREADS;
    print_message("Here they are only %d\n", count);
  }

  /* Two for each, and two more where a hypervisor stands between. */
  rig_need_descriptors(4 * CONVERSATIONS + 100);
  rig->echo_accepts = 1;
  /* Room for all: on vsock a full backlog refuses. */
  rig_listen(rig, count);
  for (i = 0; i < count; i++) {
    clients[i] = side_new(rig);
    clients[i]->out_seed = clients[i]->in_seed = (unsigned int) i;
    side_connect(clients[i]);
    assert_code(side_write(clients[i], MESSAGE, 1 + (unsigned int) i % 4), 0);
    assert_code(side_write(clients[i], MESSAGE, 1), 0);
    side_finish(clients[i], 2 * MESSAGE);
    side_read(clients[i]);
  }
  RIG_RUN_UNTIL(rig, count_ended(clients, count) == count);

  for (i = 0; i < count; i++) {
    assert_code(clients[i]->connect_status, 0);
    assert_int_equal(clients[i]->writes_ok, 2);
    assert_int_equal(clients[i]->in_bytes, 2 * MESSAGE);
    assert_int_equal(clients[i]->in_wrong, 0);
    assert_code(clients[i]->end, UV_EOF);
  }
  assert_int_equal(rig->accept_count, count);
}

static uint64_t max_resident_kib(void) {
  uv_rusage_t usage;

  assert_code(uv_getrusage(&usage), 0);
  return usage.ru_maxrss;
}

/* The reader stops after each read and takes up again some turns later. */
static void a_slow_reader_bounds_the_memory_of_64_mib(void** state) {
  rig_t* rig = *state;
  unsigned int sent;
  size_t most;
  size_t size;
  uint64_t resident;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  resident = max_resident_kib();
  server->pause_reads = 1;
  sent = 0;
  most = 0;
  while (server->ends == 0) {
    while (sent < CHUNKS && hvuv_get_write_queue_size(&client->stream) < HIGH) {
      assert_code(side_write(client, CHUNK, 1), 0);
      if (++sent == CHUNKS)
        side_shutdown(client);
    }
    size = hvuv_get_write_queue_size(&client->stream);
    most = size > most ? size : most;
    side_read(server);
    rig_turn(rig);
    rig_spin(rig, 3);
  }

  assert_int_equal(server->in_bytes, (uint64_t) CHUNKS * CHUNK);
  assert_int_equal(server->in_wrong, 0);
  assert_int_equal(client->writes_ok, CHUNKS);
  assert_true(most > 0);
  assert_true(most < HIGH + CHUNK);
  assert_true(max_resident_kib() - resident < 16 * 1024);
}

/* Without such a writer all of it is queued, and the number says so. */
static void what_the_writer_queues_is_what_it_sees(void** state) {
  rig_t* rig = *state;
  size_t expected;
  side_t* client;
  side_t* server;
  int i;

  rig_connect_pair(rig, &client, &server);
  side_fill(client);
  expected = hvuv_get_write_queue_size(&client->stream);
  for (i = 0; i < 100; i++) {
    assert_code(side_write(client, CHUNK, 2), 0);
    expected += CHUNK;
    assert_int_equal(hvuv_get_write_queue_size(&client->stream), expected);
  }
  side_read(server);
  RIG_RUN_UNTIL(rig, client->writes_told == client->writes_asked);
  assert_int_equal(hvuv_get_write_queue_size(&client->stream), 0);
  assert_int_equal(server->in_wrong, 0);
}

int suite_bulk(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_thousand_conversations_at_once_echo_right),
      RIG_TEST(t, a_slow_reader_bounds_the_memory_of_64_mib),
      RIG_TEST(t, what_the_writer_queues_is_what_it_sees),
  };

  return cmocka_run_group_tests_name("bulk", tests, NULL, NULL);
}
