/* Calls back writes and shutdowns that are over. */
#include "stream/report.h"

#include "stream/wqueue.h"

unsigned int hvuv__report_writes(hvuv_stream_t* s) {
  hvuv_write_t* req;
  hvuv_write_t* last;
  unsigned int reported;
  int more;

  last = s->done_tail;
  reported = 0;
  for (more = hvuv__wqueue_has_done(s); more; reported++) {
    req = hvuv__wqueue_pop_done(s);
    more = req != last; /* Asked now: the callback may free the request. */
    if (req->cb != NULL)
      req->cb(req, req->status);
  }
  return reported;
}

static void report_shutdown(hvuv_shutdown_t* req, int status) {
  if (req != NULL && req->cb != NULL)
    req->cb(req, status);
}

void hvuv__report_shutdown_made(hvuv_stream_t* s) {
  hvuv_shutdown_t* req;

  if (s->state != HVUV__OPEN || hvuv__wqueue_has_done(s))
    return;
  req = s->shutdown_req;
  s->shutdown_req = NULL;
  report_shutdown(req, s->shutdown_status);
}

void hvuv__report_take(hvuv_stream_t* s, hvuv__taken_t* taken) {
  hvuv__wqueue_fail(s, UV_ECANCELED);
  taken->writes = hvuv__wqueue_take_done(s);
  taken->shutdown_req = s->shutdown_req;
  s->shutdown_req = NULL;
  s->shut = HVUV__SHUT_NOT;
}

void hvuv__report_taken(hvuv__taken_t* taken) {
  hvuv_write_t* req;

  while ((req = hvuv__wqueue_pop(&taken->writes)) != NULL)
    if (req->cb != NULL)
      req->cb(req, req->status);
  report_shutdown(taken->shutdown_req, UV_ECANCELED);
}
