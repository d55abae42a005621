#include "suite.h"

int suite_run(const transport_t* transport) {
  int failed;

  print_message("The suite over %s\n", transport->name);
  failed = suite_talk(transport);
  failed += suite_ends(transport);
  failed += suite_connect(transport);
  failed += suite_accept(transport);
  failed += suite_alive(transport);
  failed += suite_bulk(transport);
  return failed;
}
