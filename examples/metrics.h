/* What a server of the examples shows of itself, at an address of its own: the
 * text of hvuv/metrics.h, as an answer of HTTP/1.0, so that a browser's tools,
 * curl and Prometheus can read it:
 *
 *   echo_handler --metrics local://any/9101
 *   curl --unix-socket $XDG_RUNTIME_DIR/hvuv/host/9101.a http://here/metrics
 *
 *   forward tcp://127.0.0.1:9101 local://loopback/9101     for Prometheus
 *
 * It is a server of its own, with limits of its own: whoever looks takes no
 * place of a caller. What it shows says who calls and how much, so the address
 * is one that only those reach who may know that. */
#ifndef HVUV_EXAMPLES_METRICS_H
#define HVUV_EXAMPLES_METRICS_H

#include <stdlib.h>
#include <string.h>

#include "report.h"

static hvuv_addr_t metrics_addr;
static hvuv_server_t metrics_server;
static hvuv_metrics_source_t metrics_source;

typedef struct metrics_request_s {
  const char* status; /* NULL: no line has come */
} metrics_request_t;

/* "GET /metrics HTTP/1.1": other methods and paths are not to be had. */
static const char* metrics_judge(const char* line, size_t nbytes) {
  static const char get[] = "GET /metrics";
  size_t n = sizeof(get) - 1;

  if (nbytes < 4 || memcmp(line, get, 4) != 0)
    return "405 Method Not Allowed";
  if (nbytes < n || memcmp(line, get, n) != 0 ||
      (nbytes > n && line[n] != ' ' && line[n] != '?'))
    return "404 Not Found";
  return "200 OK";
}

/* What is to be freed; NULL without memory. More may come to be said while we
 * make room for it. */
static char* metrics_text(size_t* size) {
  char* text = NULL;
  int err = UV_ENOBUFS;
  int i;

  *size = 0;
  for (i = 0; i < 4 && err == UV_ENOBUFS; i++) {
    free(text);
    *size += 4096;
    text = malloc(*size);
    if (text == NULL)
      return NULL;
    err = hvuv_stats_format(&metrics_source, 1, text, size);
  }
  if (err == 0)
    return text;
  free(text);
  return NULL;
}

/* The answer is bytes as they are, not lines, and the last that is said. */
static int metrics_send(hvuv_conn_t* conn,
                        const char* status,
                        const char* type,
                        const char* body,
                        size_t nbytes) {
  static const hvuv_framing_t raw = {.kind = HVUV_FRAMING_RAW};
  char head[256];
  uv_buf_t parts[2];
  int err;

  snprintf(head,
           sizeof(head),
           "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %lu\r\n"
           "Connection: close\r\n\r\n",
           status,
           type,
           (unsigned long) nbytes);
  parts[0] = uv_buf_init(head, (unsigned int) strlen(head));
  parts[1] = uv_buf_init((char*) (uintptr_t) body, (unsigned int) nbytes);
  err = hvuv_conn_set_framing(conn, &raw);
  if (err == 0)
    err = hvuv_conn_sendv(conn, parts, 2);
  hvuv_conn_end(conn);
  return err;
}

static int metrics_answer(hvuv_conn_t* conn, const char* status) {
  size_t nbytes;
  char* text;
  int err;

  if (strncmp(status, "200", 3) != 0)
    return metrics_send(conn, status, "text/plain", "", 0);
  text = metrics_text(&nbytes);
  if (text == NULL)
    return UV_ENOMEM;
  err = metrics_send(conn, status, HVUV_METRICS_CONTENT_TYPE, text, nbytes);
  free(text);
  return err;
}

/* The request's line, its headers, which are nothing to us, and an empty
 * line. */
static int metrics_on_line(hvuv_conn_t* conn, const char* line, size_t nbytes) {
  metrics_request_t* request = hvuv_conn_state(conn);

  if (request->status == NULL)
    request->status = metrics_judge(line, nbytes);
  else if (nbytes == 0)
    return metrics_answer(conn, request->status);
  return 0;
}

static const hvuv_protocol_t metrics_protocol = {
    .state_bytes = sizeof(metrics_request_t),
    .framing = {.kind = HVUV_FRAMING_LINES, .max_message_bytes = 4096},
    .on_message = metrics_on_line,
};

/* Shows the server by this name. Returns 0 or an error that was reported; then
 * there is nothing to stop. */
static int metrics_start(uv_loop_t* loop,
                         const char* name,
                         hvuv_server_t* server) {
  hvuv_server_options_t options;
  int err;

  metrics_source.name = name;
  metrics_source.server = server;
  hvuv_server_options_init(&options);
  options.max_connections = 4;
  options.max_per_peer = 0;
  options.limits.idle_timeout_ms = 10000;
  err = hvuv_server_init(loop, &metrics_server, &options);
  if (report("metrics", &metrics_addr, err) != 0)
    return err;
  err = hvuv_server_listen(&metrics_server, &metrics_addr, &metrics_protocol);
  if (err != 0)
    hvuv_server_stop(&metrics_server, 0, NULL);
  return report("listen", &metrics_addr, err);
}

static void metrics_stop(void) {
  hvuv_server_stop(&metrics_server, 0, NULL);
}

#endif /* HVUV_EXAMPLES_METRICS_H */
