#include "suite.h"

#define PAIRS 8

/* Some of all that the suite does. */
static void rehearsal(void** state) {
  rig_t* rig = *state;
  side_t* clients[PAIRS];
  side_t* servers[PAIRS];
  int i;

  for (i = 0; i < PAIRS; i++) {
    rig_connect_pair(rig, &clients[i], &servers[i]);
    side_read(clients[i]);
    side_fill(clients[i]);
  }
  for (i = 0; i < PAIRS; i++) {
    side_read(servers[i]);
    if (rig->transport->is_stingy)
      side_close(servers[i]);
    else
      side_shutdown(servers[i]);
    RIG_RUN_UNTIL(rig, clients[i]->ends > 0);
  }
}

int suite_rehearse(const transport_t* t) {
  const struct CMUnitTest tests[] = {RIG_REHEARSAL(t, rehearsal)};

  return cmocka_run_group_tests_name("rehearsal", tests, NULL, NULL);
}

int suite_run(const transport_t* transport) {
  int failed;

  print_message("The suite over %s\n", transport->name);
  failed = suite_rehearse(transport);
  failed += suite_talk(transport);
  failed += suite_ends(transport);
  failed += suite_endings(transport);
  failed += suite_sigpipe(transport);
  failed += suite_connect(transport);
  failed += suite_accept(transport);
  failed += suite_alive(transport);
  failed += suite_bulk(transport);
  return failed;
}
