#include "conn/conn_show.h"

#include "addr/show.h"

const char* hvuv__conn_show(const hvuv_conn_t* conn, char text[]) {
  hvuv_addr_t peer;
  int err = conn->group->wire->peer(conn, &peer);

  return hvuv__addr_show(err == 0 ? &peer : NULL, text);
}
