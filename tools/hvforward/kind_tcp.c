/*
 * TCP, with names. A FROM listens at every address of its name that this
 * machine has; a TO tries one after another. Names of FROM are looked up once,
 * at the start, those of TO for each call.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"

#define MAX_PORT 65535

/* --- As text */

static int parse_port(const char* text) {
  size_t len = strlen(text);

  if (len == 0 || len > 5 || strspn(text, "0123456789") != len ||
      atoi(text) > MAX_PORT)
    return -1;
  return atoi(text);
}

static int wrong(const place_t* place,
                 char* why,
                 size_t size,
                 const char* what) {
  snprintf(why, size, "\"%.80s\": %s", place->text, what);
  return UV_EINVAL;
}

/* [IPV6]:PORT, or HOST:PORT where HOST has no colon. */
static const char* split(place_t* place, size_t* len, const char** host) {
  const char* colon;

  *host = place->rest;
  if (place->rest[0] == '[') {
    (*host)++;
    colon = strchr(place->rest, ']');
    if (colon == NULL || colon[1] != ':')
      return NULL;
    *len = (size_t) (colon - *host);
    return colon + 2;
  }
  colon = strchr(place->rest, ':');
  if (colon == NULL)
    return NULL;
  *len = (size_t) (colon - *host);
  return colon + 1;
}

static int tcp_parse(place_t* place, char* why, size_t size) {
  const char* host;
  size_t len = 0;
  const char* port = split(place, &len, &host);
  struct sockaddr_in* v4 = (struct sockaddr_in*) &place->u.tcp.name;
  struct sockaddr_in6* v6 = (struct sockaddr_in6*) &place->u.tcp.name;

  if (port == NULL)
    return wrong(place, why, size, "has no port: tcp://HOST:PORT is needed.");
  if (strchr(port, ':') != NULL && place->rest[0] != '[')
    return wrong(place,
                 why,
                 size,
                 "an IPv6 address stands in brackets: tcp://[::1]:80.");
  place->u.tcp.port = parse_port(port);
  if (place->u.tcp.port < 0)
    return wrong(place, why, size, "the port is no number from 0 to 65535.");
  if (len == 0)
    return wrong(place,
                 why,
                 size,
                 "has no host: 127.0.0.1 is this machine alone, 0.0.0.0 or "
                 "[::] is everybody.");
  if (len >= sizeof(place->u.tcp.host))
    return wrong(place, why, size, "the host is too long.");
  memcpy(place->u.tcp.host, host, len);
  place->u.tcp.is_literal =
      uv_ip4_addr(place->u.tcp.host, place->u.tcp.port, v4) == 0 ||
      uv_ip6_addr(place->u.tcp.host, place->u.tcp.port, v6) == 0;
  if (place->rest[0] == '[' && !place->u.tcp.is_literal)
    return wrong(place, why, size, "what is in brackets is no IPv6 address.");
  return 0;
}

static void tcp_print(const place_t* place,
                      const leg_t* server,
                      char* text,
                      size_t size) {
  struct sockaddr_storage name;
  int len = sizeof(name);
  char host[64];

  if (uv_tcp_getsockname(&server->u.tcp, (struct sockaddr*) &name, &len) != 0) {
    place_print_text(place, server, text, size);
  } else if (name.ss_family == AF_INET6) {
    const struct sockaddr_in6* v6 = (const struct sockaddr_in6*) &name;

    uv_ip6_name(v6, host, sizeof(host));
    snprintf(text, size, "tcp://[%s]:%d", host, ntohs(v6->sin6_port));
  } else {
    const struct sockaddr_in* v4 = (const struct sockaddr_in*) &name;

    uv_ip4_name(v4, host, sizeof(host));
    snprintf(text, size, "tcp://%s:%d", host, ntohs(v4->sin_port));
  }
}

/* --- Names */

static int look_up(const place_t* place,
                   uv_loop_t* loop,
                   uv_getaddrinfo_t* req,
                   uv_getaddrinfo_cb cb) {
  struct addrinfo hints;
  char service[8];

  memset(&hints, 0, sizeof(hints));
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  snprintf(service, sizeof(service), "%d", place->u.tcp.port);
  return uv_getaddrinfo(loop, req, cb, place->u.tcp.host, service, &hints);
}

/* --- Listening */

static int bind_to(leg_t* server, const struct sockaddr* name) {
  return uv_tcp_bind(
      &server->u.tcp, name, name->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
}

/* Some files of hosts name an address twice. */
static int is_first(const struct addrinfo* list, const struct addrinfo* info) {
  for (; list != info; list = list->ai_next)
    if (list->ai_addrlen == info->ai_addrlen &&
        memcmp(list->ai_addr, info->ai_addr, (size_t) info->ai_addrlen) == 0)
      return 0;
  return 1;
}

static const struct addrinfo* find(const struct addrinfo* list, int index) {
  const struct addrinfo* info;

  for (info = list; info != NULL; info = info->ai_next)
    if (is_first(list, info) && index-- == 0)
      return info;
  return NULL;
}

static int tcp_bind(const place_t* place, int index, leg_t* server) {
  const struct sockaddr* name = (const struct sockaddr*) &place->u.tcp.name;
  const struct addrinfo* info;
  uv_getaddrinfo_t req;
  int err;

  if (place->u.tcp.is_literal)
    return index > 0 ? UV_EOF : bind_to(server, name);
  err = look_up(place, server->u.tcp.loop, &req, NULL);
  if (err != 0)
    return err;
  info = find(req.addrinfo, index);
  err = info == NULL ? UV_EOF : bind_to(server, info->ai_addr);
  uv_freeaddrinfo(req.addrinfo);
  return err;
}

/* --- Connecting */

static int connect_to(dial_t* dial, const struct sockaddr* name) {
  return uv_tcp_connect(
      &dial->leg->connect.uv, &dial->leg->u.tcp, name, leg_on_uv_connect);
}

static int connect_next(dial_t* dial) {
  const struct addrinfo* info = dial->next;

  assert(info != NULL);
  dial->next = info->ai_next;
  return connect_to(dial, info->ai_addr);
}

static void on_found(uv_getaddrinfo_t* req,
                     int status,
                     struct addrinfo* found) {
  dial_t* dial = req->data;

  dial->is_looking_up = 0;
  dial->found = found;
  dial->next = found;
  if (status == UV_ECANCELED && !dial->is_cancelled)
    status = UV_ETIMEDOUT;
  if (status == 0 && !dial->is_cancelled)
    status = connect_next(dial);
  if (status != 0 || dial->is_cancelled)
    dial_attempted(dial, status != 0 ? status : UV_ECANCELED);
}

static int tcp_connect(dial_t* dial) {
  const place_t* to = dial->to;
  int err;

  if (to->u.tcp.is_literal)
    return connect_to(dial, (const struct sockaddr*) &to->u.tcp.name);
  if (dial->next != NULL)
    return connect_next(dial);
  if (dial->found != NULL)
    uv_freeaddrinfo(dial->found);
  dial->found = NULL;
  dial->lookup.data = dial;
  err = look_up(to, dial->timer.loop, &dial->lookup, on_found);
  dial->is_looking_up = err == 0;
  return err;
}

/* Or it ends by itself. */
static void give_up(dial_t* dial) {
  uv_cancel((uv_req_t*) &dial->lookup);
}

/* --- Errors */

static const char* connect_meaning(int err) {
  switch (err) {
    case UV_ECONNREFUSED:
      return "Nobody listens there: start the server, or see whether the port "
             "is the right one.";
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
      return "No route leads there: see whether the address is the right one.";
    case UV_ETIMEDOUT:
      return "Nothing answered: see whether the address is the right one, its "
             "machine runs, and no firewall is in between.";
    default:
      return NULL;
  }
}

static const char* meaning(int err) {
  switch (err) {
    case UV_EADDRINUSE:
      return "Another program listens there: end it, or take another port.";
    case UV_EADDRNOTAVAIL:
      return "This machine does not have that address.";
    case UV_EACCES:
      return "Ports below 1024 are for privileged users: take a higher one.";
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
      return "That name has no address: see whether it is written right.";
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
      return "No name server answered: see /etc/resolv.conf, or write the "
             "address itself.";
    case UV_EMFILE:
    case UV_ENFILE:
      return "There are no descriptors left: lower --max-calls, or raise the "
             "limit (ulimit -n).";
    case UV_ECONNRESET:
    case UV_EPIPE:
      return "The program there ended before it had read everything: see what "
             "it reports.";
    case UV_ETIMEDOUT:
      return "It took nothing for too long though bytes waited for it "
             "(--stuck-timeout): see "
             "whether its program, or its machine, is stopped.";
    default:
      return "";
  }
}

static void tcp_explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  const char* words = step == HVUV_STEP_CONNECT ? connect_meaning(err) : NULL;

  (void) place;
  snprintf(text, size, "%s", words != NULL ? words : meaning(err));
}

const kind_t kind_tcp = {.scheme = "tcp://",
                         .form = "tcp://HOST:PORT",
                         .listens_as = LEG_TCP,
                         .connects_as = LEG_TCP,
                         .parse = tcp_parse,
                         .bind = tcp_bind,
                         .connect = tcp_connect,
                         .give_up = give_up,
                         .print = tcp_print,
                         .explain = tcp_explain,
                         .may_pass = place_may_pass};
