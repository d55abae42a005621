// The headers in a C++17 program: they compile clean, the names link, and a protocol
// handler is written and tested without designated initialisers, which C++ has from
// 20 on.
#include <hvuv.h>
#include <hvuv/testing.h>

#include <cstring>

namespace {

struct Talk {
  int lines;
};

int OnMessage(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  static_cast<Talk*>(hvuv_conn_state(conn))->lines++;
  return hvuv_conn_send(conn, bytes, nbytes);
}

hvuv_protocol_t MakeEcho() {
  hvuv_protocol_t echo;

  hvuv_protocol_init(&echo, OnMessage);
  echo.state_bytes = sizeof(Talk);
  echo.framing.kind = HVUV_FRAMING_LINES;
  return echo;
}

const hvuv_protocol_t kEcho = MakeEcho();

bool Echoes() {
  hvuv_test_t* test;

  if (hvuv_test_open(&test, &kEcho, nullptr, nullptr) != 0)
    return false;
  hvuv_test_receive(test, "ping\n", 5);
  const bool echoes = std::strcmp(hvuv_test_sent(test, nullptr), "ping\n") == 0;
  hvuv_test_close(test);
  return echoes;
}

}  // namespace

int main() {
  hvuv_addr_t addr;
  hvuv_guid_t service;
  return hvuv_service_from_port(5000, &service) != 0 ||
         hvuv_addr_hyperv(&addr, &HVUV_VM_PARENT, &service) != 0 || !Echoes();
}
