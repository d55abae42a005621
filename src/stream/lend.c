/* Listening on one loop for streams of others. lend.h draws it. */
#include "stream/lend.h"

#include "stream/listener.h"

/* --- Connections ---------------------------------------------------------- */

void hvuv__accepted_take(hvuv_stream_t* server, hvuv__accepted_t* accepted) {
  assert(server->accepted_sock != HVUV__NO_SOCK);
  accepted->sock = server->accepted_sock;
  accepted->family = server->family;
  accepted->options = server->options;
  accepted->local_addr = server->local_addr;
  accepted->peer_addr = server->peer_addr;
  hvuv__listener_forget(server);
}

int hvuv__accepted_give(const hvuv__accepted_t* accepted,
                        hvuv_stream_t* client) {
  assert(client->state == HVUV__IDLE);
  return hvuv__listener_adopt(client,
                              accepted->sock,
                              accepted->family,
                              accepted->options,
                              &accepted->local_addr,
                              &accepted->peer_addr);
}

/* --- Listeners ------------------------------------------------------------ */

int hvuv__lend_begin(hvuv_stream_t* s) {
  assert(s->state == HVUV__LISTENING);
  if (s->stage == HVUV__LISTEN_DEAD)
    return UV_EINVAL;
  s->stage = HVUV__LISTEN_LENT;
  hvuv__alarm_stop(s->alarm);
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return 0;
}

void hvuv__lend_end(hvuv_stream_t* s) {
  assert(s->state == HVUV__LISTENING && s->stage == HVUV__LISTEN_LENT);
  s->stage = HVUV__LISTEN_WATCHING;
  hvuv__stream_update(s);
}

int hvuv__lend_borrow(hvuv_stream_t* s,
                      const hvuv_stream_t* from,
                      hvuv_connection_cb cb) {
  int err;

  assert(from->state == HVUV__LISTENING && from->stage == HVUV__LISTEN_LENT);
  err = hvuv__stream_need_alarm(s);
  if (err == 0)
    err = hvuv__stream_attach(s, from->sock, HVUV__POLL_LASTING);
  if (err != 0)
    return err;

  s->family = from->family;
  s->claim = from->claim;
  s->options = from->options;
  s->local_addr = from->local_addr;
  s->connection_cb = cb;
  hvuv__stream_move(s, HVUV__BOUND);
  hvuv__stream_move(s, HVUV__LISTENING);
  s->stage = HVUV__LISTEN_WATCHING;
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return 0;
}

/* Socket and claim are taken from it, so that they are not closed with it. */
void hvuv__lend_return(hvuv_stream_t* s, hvuv_close_cb cb) {
  assert(s->state == HVUV__LISTENING || s->state == HVUV__IDLE);
  s->claim = NULL;
  s->sock = HVUV__NO_SOCK;
  hvuv_close(s, cb);
}
