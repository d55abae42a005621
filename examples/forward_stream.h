/* What forward needs of streams, hvuv's and libuv's TCP in the same words. An
 * hvuv_stream_t and a uv_tcp_t differ in names only. */
#ifndef HVUV_EXAMPLES_FORWARD_STREAM_H
#define HVUV_EXAMPLES_FORWARD_STREAM_H

#include "program.h"
#include "report.h"

/* Where to listen or to call. */
typedef struct place_s {
  const char* text;
  int is_tcp;
  struct sockaddr_in tcp;
  hvuv_addr_t addr;
  hvuv_half_close_t half_close; /* of hvuv's streams */
} place_t;

typedef void (*stream_cb)(void* data);
typedef void (*stream_status_cb)(void* data, int status);

typedef struct stream_s {
  union {
    hvuv_stream_t hvuv;
    uv_tcp_t tcp;
  } u;
  union {
    hvuv_connect_t hvuv;
    uv_connect_t tcp;
  } dial;
  const place_t* place;
  void* data;
  stream_status_cb status_cb;
  stream_cb closed_cb;
} stream_t;

/* tcp://, four numbers, a port; nothing else. */
static inline int place_parse_tcp(const char* text, struct sockaddr_in* tcp) {
  const char* port = strchr(text, ':');
  char host[16];
  size_t len;

  if (port == NULL || (size_t) (port - text) >= sizeof(host))
    return UV_EINVAL;
  memcpy(host, text, (size_t) (port - text));
  host[port - text] = '\0';
  len = strlen(++port);
  if (len == 0 || len > 5 || strspn(port, "0123456789") != len ||
      atoi(port) > 65535)
    return UV_EINVAL;
  return uv_ip4_addr(host, atoi(port), tcp);
}

/* Says which argument is wrong, and why. */
static inline int place_parse(const char* argument,
                              const char* text,
                              place_t* place) {
  int err;

  place->text = text;
  place->is_tcp = strncmp(text, "tcp://", 6) == 0;
  if (!place->is_tcp)
    return parse_address(argument, text, &place->addr);
  err = place_parse_tcp(text + 6, &place->tcp);
  if (err != 0)
    fprintf(stderr,
            "%s: \"%s\" is no tcp://IPV4:PORT: four numbers, no name, and a "
            "port up to 65535.\n",
            argument,
            text);
  return err;
}

/* As report_meaning(), for both kinds. */
static inline int place_report_meaning(const char* step,
                                       const place_t* p,
                                       int err,
                                       const char* meaning) {
  if (!p->is_tcp)
    return report_meaning(step, &p->addr, err, meaning);
  if (err != 0)
    fprintf(stderr,
            "%s failed on %s: %s (%s). %s\n",
            step,
            p->text,
            uv_strerror(err),
            uv_err_name(err),
            meaning);
  return err;
}

/* What hvuv_explain() is for hvuv's addresses. */
static inline const char* tcp_meaning(int err) {
  switch (err) {
    case UV_EADDRINUSE:
      return "Another program listens there: end it, or take another port.";
    case UV_EADDRNOTAVAIL:
      return "This machine does not have that address.";
    case UV_EACCES:
      return "Ports below 1024 are for privileged users: take a higher one.";
    case UV_ECONNREFUSED:
      return "Nobody listens there: start the server, or see whether the port "
             "is the right one.";
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
      return "No route leads there: see whether the address is the right one.";
    case UV_EMFILE:
    case UV_ENFILE:
      return "There are no descriptors left: end some calls, or raise the "
             "limit "
             "(ulimit -n).";
    case UV_ETIMEDOUT:
      return "Nothing answered: see whether the address is the right one, its "
             "machine runs, and no firewall is in between.";
    default:
      return "";
  }
}

static inline int place_report(const char* step, const place_t* p, int err) {
  return p->is_tcp ? place_report_meaning(step, p, err, tcp_meaning(err))
                   : report(step, &p->addr, err);
}

/* --- Callbacks */

static inline void stream_on_hvuv_status(hvuv_stream_t* hvuv, int status) {
  stream_t* s = hvuv->data;

  s->status_cb(s->data, status);
}

static inline void stream_on_tcp_status(uv_stream_t* tcp, int status) {
  stream_t* s = tcp->data;

  s->status_cb(s->data, status);
}

static inline void stream_on_hvuv_connect(hvuv_connect_t* req, int status) {
  stream_on_hvuv_status(req->handle, status);
}

static inline void stream_on_tcp_connect(uv_connect_t* req, int status) {
  stream_on_tcp_status(req->handle, status);
}

static inline void stream_on_hvuv_closed(hvuv_stream_t* hvuv) {
  stream_t* s = hvuv->data;

  s->closed_cb(s->data);
}

static inline void stream_on_tcp_closed(uv_handle_t* tcp) {
  stream_t* s = tcp->data;

  s->closed_cb(s->data);
}

/* --- Verbs */

/* Aborts where there is no memory. */
static inline void stream_init(stream_t* s, const place_t* place, void* data) {
  uv_loop_t* loop = uv_default_loop();

  s->place = place;
  s->data = data;
  if ((place->is_tcp ? uv_tcp_init(loop, &s->u.tcp)
                     : hvuv_init(loop, &s->u.hvuv)) != 0)
    abort();
  if (place->is_tcp) {
    s->u.tcp.data = s;
    uv_tcp_nodelay(&s->u.tcp, 1); /* Keystrokes do not wait. */
  } else {
    s->u.hvuv.data = s;
  }
}

/* cb runs for each call. */
static inline int stream_listen(stream_t* s, stream_status_cb cb) {
  uv_stream_t* tcp = (uv_stream_t*) &s->u.tcp;
  const struct sockaddr* name = (const struct sockaddr*) &s->place->tcp;
  int err;

  s->status_cb = cb;
  if (s->place->is_tcp) {
    err = uv_tcp_bind(&s->u.tcp, name, 0);
    return err != 0 ? err : uv_listen(tcp, SOMAXCONN, stream_on_tcp_status);
  }
  err = hvuv_bind(&s->u.hvuv, &s->place->addr);
  return err != 0 ? err
                  : hvuv_listen(&s->u.hvuv, SOMAXCONN, stream_on_hvuv_status);
}

static inline int stream_accept(stream_t* server, stream_t* s) {
  if (s->place->is_tcp)
    return uv_accept((uv_stream_t*) &server->u.tcp, (uv_stream_t*) &s->u.tcp);
  return hvuv_accept(&server->u.hvuv, &s->u.hvuv);
}

/* Of TCP the caller watches the time itself. */
static inline int stream_connect(stream_t* s,
                                 uint64_t timeout_ms,
                                 stream_status_cb cb) {
  const struct sockaddr* name = (const struct sockaddr*) &s->place->tcp;
  int err;

  s->status_cb = cb;
  if (s->place->is_tcp)
    return uv_tcp_connect(&s->dial.tcp, &s->u.tcp, name, stream_on_tcp_connect);
  err = hvuv_set_connect_timeout(&s->u.hvuv, timeout_ms);
  if (err != 0)
    return err;
  return hvuv_connect(
      &s->dial.hvuv, &s->u.hvuv, &s->place->addr, stream_on_hvuv_connect);
}

static inline hvuv_relay_end_t stream_end(stream_t* s) {
  hvuv_relay_end_t end = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};

  if (s->place->is_tcp) {
    end.uv = (uv_stream_t*) &s->u.tcp;
  } else {
    end.hvuv = &s->u.hvuv;
    end.half_close = s->place->half_close;
  }
  return end;
}

static inline void stream_close(stream_t* s, stream_cb cb) {
  s->closed_cb = cb;
  if (s->place->is_tcp)
    uv_close((uv_handle_t*) &s->u.tcp, stream_on_tcp_closed);
  else
    hvuv_close(&s->u.hvuv, stream_on_hvuv_closed);
}

/* Says where a stream listens, the port that the system chose included. */
static inline void stream_print(const stream_t* s, const char* what) {
  char text[HVUV_ADDR_STRLEN] = "";
  struct sockaddr_in name;
  int len = sizeof(name);
  size_t size = sizeof(text);
  hvuv_addr_t addr;

  if (!s->place->is_tcp && hvuv_getsockname(&s->u.hvuv, &addr) == 0) {
    hvuv_addr_format(&addr, text, &size);
    output("%s %s\n", what, text);
  } else if (s->place->is_tcp &&
             uv_tcp_getsockname(&s->u.tcp, (struct sockaddr*) &name, &len) ==
                 0) {
    uv_ip4_name(&name, text, sizeof(text));
    output("%s tcp://%s:%d\n", what, text, ntohs(name.sin_port));
  }
}

#endif /* HVUV_EXAMPLES_FORWARD_STREAM_H */
