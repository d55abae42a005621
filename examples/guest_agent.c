/* guest_agent [--secret FILE] [ADDRESS]: answers `ping`, `uname` and `uptime`,
 * in the way that agent.h says; agent_call asks it. In a Linux guest:
 *
 *   guest      guest_agent vsock://any:5001
 *   its host   agent_call hyperv://VMID/5001 ping uname uptime
 *
 * A message that says it is larger than 1 KiB ends the connection before its
 * bytes are read. With --secret only those are answered who prove that they
 * have the secret in FILE (hvuv/auth.h); SIGHUP reads FILE again. */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "serve.h"

/* Each writes its reply, which is cut if it is longer than a message may be. */
static void answer_ping(char* text, size_t size) {
  snprintf(text, size, "ok pong");
}

static void answer_uname(char* text, size_t size) {
  uv_utsname_t name;
  int err = uv_os_uname(&name);

  if (err != 0)
    snprintf(text, size, "error uname: %s", uv_strerror(err));
  else
    snprintf(text,
             size,
             "ok %s %s %s %s",
             name.sysname,
             name.release,
             name.version,
             name.machine);
}

static void answer_uptime(char* text, size_t size) {
  double seconds;
  int err = uv_uptime(&seconds);

  if (err != 0)
    snprintf(text, size, "error uptime: %s", uv_strerror(err));
  else
    snprintf(text, size, "ok %.0f seconds", seconds);
}

/* The request is not repeated: it may be anything. */
static void answer_unknown(char* text, size_t size) {
  snprintf(text, size, "error unknown request; known: ping, uname, uptime");
}

static const struct {
  const char* request;
  void (*answer)(char* text, size_t size);
} known[] = {
    {"ping", answer_ping},
    {"uname", answer_uname},
    {"uptime", answer_uptime},
};

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  char text[AGENT_MAX_MESSAGE_BYTES + 1];
  size_t n = sizeof(known) / sizeof(known[0]);
  size_t i = 0;

  while (i < n && (strlen(known[i].request) != nbytes ||
                   memcmp(known[i].request, bytes, nbytes) != 0))
    i++;
  (i < n ? known[i].answer : answer_unknown)(text, sizeof(text));
  return hvuv_conn_send(conn, text, strlen(text));
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  if (reason != UV_ECANCELED)
    report_end_of("conversation", &serve_addr, reason);
}

static const hvuv_protocol_t protocol = {
    .framing = AGENT_FRAMING,
    .on_message = on_message,
    .on_close = on_close,
};

/* --- The secret */

static const char* secret_path; /* NULL: everybody is answered */
static hvuv_auth_t auth;

static void on_failed(hvuv_auth_t* a, hvuv_conn_t* conn, int reason) {
  hvuv_addr_t peer = serve_addr;

  (void) a;
  hvuv_conn_peer(conn, &peer);
  if (reason == UV_EACCES)
    report_meaning("proof of a caller",
                   &peer,
                   reason,
                   "It has another secret, or none: nothing was answered.");
  else
    report_end_of("proof of a caller", &peer, reason);
}

static int load_secret(void) {
  return agent_load_secret(&auth, secret_path);
}

static void load_secret_again(void) {
  if (load_secret() == 0)
    output("Read the secret again\n");
}

/* 0, or the exit code. */
static int ask_for_secret(void) {
  hvuv_auth_options_t options;
  int err;

  hvuv_auth_options_init(&options);
  options.on_failed = on_failed;
  options.purpose = AGENT_PURPOSE;
  err = hvuv_auth_init(&auth, HVUV_AUTH_SERVER, &protocol, &options);
  if (err != 0) {
    fprintf(stderr, "--secret: %s\n", agent_why_no_auth(err));
    return 1;
  }
  serve_on_hangup = load_secret_again;
  if (load_secret() == 0)
    return 0;
  hvuv_auth_close(&auth);
  return 1;
}

int main(int argc, char** argv) {
  hvuv_server_options_t options;
  int code;

  argv = program_start(&argc, argv);
  serve_option = "--secret FILE";
  serve_usage_options = " [--secret FILE]";
  serve_usage_lines = "  --secret FILE  answer only who proves this secret\n";
  code = serve_arguments(argc, argv, AGENT_ADDRESS, &secret_path);
  if (code >= 0)
    return code;
  if (secret_path != NULL && ask_for_secret() != 0)
    return 1;

  hvuv_server_options_init(&options);
  options.max_connections = 64;
  options.max_per_peer = 0; /* Only the host calls. */
  options.limits.high_water_bytes = 16384;
  options.limits.low_water_bytes = 4096;
  options.limits.max_queued_bytes = 1048576;
  options.limits.idle_timeout_ms = 60000;
  code = serve(secret_path != NULL ? hvuv_auth_protocol(&auth) : &protocol,
               &options);
  if (secret_path != NULL)
    hvuv_auth_close(&auth);
  return code;
}
