/* chat [ADDRESS]: what one guest writes, all others read. Lines of text, so any
 * program that copies lines will do: on a host with VMs that have no network
 * `chat vsock://any:5002`, and in a VM `ncat --vsock 2 5002`.
 *
 * A guest is called by its address until it says `/nick NAME`; the addresses
 * are the system's word, the names only theirs. What a guest can cost is
 * bounded: 64 of them, lines of 512 bytes, 100 lines a second, and 64 KiB that
 * wait for one who does not read; who lets that fill up is dropped. */
#include <stdlib.h>
#include <string.h>

#include "serve.h"

#define TEXT_MAX             512
#define NICK_MAX             31
#define LINES_PER_SECOND_MAX 100
#define LINE_ROOM            (HVUV_ADDR_STRLEN + TEXT_MAX + 32)

typedef struct guest_s {
  char name[HVUV_ADDR_STRLEN];
  uint64_t second;
  unsigned int lines; /* in that second */
} guest_t;

/* A line to all but one, who has caused it. */
typedef struct news_s {
  hvuv_conn_t* about;
  const char* line;
} news_t;

static int say(hvuv_conn_t* conn, const char* line) {
  return hvuv_conn_send(conn, line, strlen(line));
}

static void deliver(hvuv_conn_t* conn, void* arg) {
  const news_t* news = arg;
  int err = conn == news->about ? 0 : say(conn, news->line);

  if (err != 0)
    hvuv_conn_abort(conn, err); /* UV_ENOBUFS: it does not read. */
}

static void tell_others(hvuv_conn_t* conn,
                        const char* before,
                        const char* between,
                        const char* text) {
  const guest_t* guest = hvuv_conn_state(conn);
  char line[LINE_ROOM];
  news_t news = {conn, line};

  snprintf(line, sizeof(line), "%s%s%s%s", before, guest->name, between, text);
  hvuv_server_each(hvuv_conn_context(conn), deliver, &news);
}

static int on_open(hvuv_conn_t* conn) {
  guest_t* guest = hvuv_conn_state(conn);
  size_t size = sizeof(guest->name);
  hvuv_addr_t peer;

  if (hvuv_conn_peer(conn, &peer) != 0 ||
      hvuv_addr_format(&peer, guest->name, &size) != 0)
    snprintf(guest->name, sizeof(guest->name), "somebody");
  tell_others(conn, "* ", " is here", "");
  return say(conn, "* Hello. /nick NAME gives you a name");
}

/* Names are letters, digits, '-' and '_': nobody looks like an address. */
static int rename_guest(hvuv_conn_t* conn, const char* name) {
  static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  guest_t* guest = hvuv_conn_state(conn);
  size_t length = strlen(name);

  if (length < 1 || length > NICK_MAX || strspn(name, legal) != length)
    return say(conn, "* A name is 1 to 31 of a-z, A-Z, 0-9, - and _");
  tell_others(conn, "* ", " is now ", name);
  memcpy(guest->name, name, length + 1);
  return 0;
}

/* Else one who floods the room would fill the queues of those who read, and
 * have them dropped. */
static int is_too_fast(hvuv_conn_t* conn) {
  guest_t* guest = hvuv_conn_state(conn);
  uint64_t second = hvuv_conn_now(conn) / 1000;

  guest->lines = guest->second == second ? guest->lines + 1 : 1;
  guest->second = second;
  return guest->lines > LINES_PER_SECOND_MAX;
}

/* Could command the terminals of the others. */
static int is_control(char c) {
  return (unsigned char) c < ' ' || c == 127;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  char text[TEXT_MAX + 1];
  size_t i;

  if (nbytes > TEXT_MAX) /* The framing has room for a name before a text. */
    return UV_EMSGSIZE;
  if (is_too_fast(conn))
    return say(conn, "* Not so fast: nobody has seen this line");
  memcpy(text, bytes, nbytes);
  for (i = 0; i < nbytes; i++)
    if (is_control(text[i]))
      text[i] = '?';
  text[nbytes] = '\0';
  if (strncmp(text, "/nick ", 6) == 0)
    return rename_guest(conn, text + 6);
  tell_others(conn, "", ": ", text);
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  const char* how = reason == UV_ENOBUFS ? " reads too slowly" : " left";

  tell_others(conn, "* ", how, "");
}

static const hvuv_protocol_t protocol = {
    .state_bytes = sizeof(guest_t),
    .framing = {.kind = HVUV_FRAMING_LINES, .max_message_bytes = LINE_ROOM},
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};

int main(int argc, char** argv) {
  hvuv_server_options_t options;
  const char* none;
  int code;

  argv = program_start(&argc, argv);
  code = serve_arguments(argc, argv, "local://any/5002", &none);
  if (code >= 0)
    return code;
  hvuv_server_options_init(&options);
  options.max_connections = 64;
  options.max_per_peer = 0; /* They may all be guests of one VM. */
  options.when_full = HVUV_FULL_REFUSE;
  options.limits.high_water_bytes = 32768;
  options.limits.low_water_bytes = 16384;
  options.limits.max_queued_bytes = 65536;
  options.limits.first_message_timeout_ms = 0; /* Some only read. */
  options.limits.idle_timeout_ms = 0;
  return serve(&protocol, &options);
}
