#include "place.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "hvforward.h"
#include "report.h"

/* The last one has no scheme of its own: it takes what hvuv has an address
 * for. */
static const kind_t* const kinds[] = {&kind_tcp,
                                      &kind_unix,
                                      &kind_pipe,
                                      &kind_exec,
                                      &kind_fd,
                                      &kind_systemd,
                                      &kind_vm,
                                      &kind_hvuv};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char* const hvuv_words[] = {"hyperv", "vsock", "hybrid", "local"};

static int begins(const char* text, const char* with) {
  return strncmp(text, with, strlen(with)) == 0;
}

static int is_hvuv(const char* text) {
  size_t i;

  for (i = 0; i < sizeof(hvuv_words) / sizeof(hvuv_words[0]); i++)
    if (begins(text, hvuv_words[i]))
      return 1;
  return 0;
}

/* What somebody meant who wrote it so; "" if there is no telling. */
static void guess(const char* text, char* meant, size_t size) {
  const char* port = strrchr(text, ':');

  meant[0] = '\0';
  if (begins(text, "tcp:"))
    snprintf(meant, size, "tcp://%.80s", text + strlen("tcp:"));
  else if (begins(text, "unix://"))
    snprintf(meant, size, "unix:%.80s", text + strlen("unix://"));
  else if (begins(text, "\\\\"))
    snprintf(meant, size, "pipe:%.80s", text);
  else if (strchr(text, '/') != NULL)
    snprintf(meant, size, "unix:%.80s", text);
  else if (port != NULL && port[1] != '\0' &&
           port[1 + strspn(port + 1, "0123456789")] == '\0')
    snprintf(
        meant, size, "tcp://%s%.80s", port == text ? "127.0.0.1" : "", text);
}

static int unknown(const char* text, char* why, size_t size) {
  char meant[120];

  guess(text, meant, sizeof(meant));
  snprintf(why,
           size,
           "\"%.80s\" begins with none of tcp://, unix:, pipe:, exec:, fd:, "
           "systemd:, vm:, hyperv://, vsock://, hybrid:// and local://.%s%s%s",
           text,
           meant[0] != '\0' ? " Did you mean " : "",
           meant,
           meant[0] != '\0' ? "?" : "");
  return UV_EINVAL;
}

int place_parse(const char* text, place_t* place, char* why, size_t size) {
  size_t i;

  memset(place, 0, sizeof(*place));
  place->text = text;
  why[0] = '\0';
  for (i = 0; i < KINDS - 1; i++)
    if (begins(text, kinds[i]->scheme) && !begins(text, "unix://")) {
      place->kind = kinds[i];
      place->rest = text + strlen(kinds[i]->scheme);
      return place->kind->parse(place, why, size);
    }
  if (!is_hvuv(text))
    return unknown(text, why, size);
  place->kind = &kind_hvuv;
  place->rest = text;
  return place->kind->parse(place, why, size);
}

int place_report(const place_t* place, hvuv_step_t step, int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";

  if (err == 0)
    return 0;
  place->kind->explain(place, step, err, meaning, sizeof(meaning));
  return report_meaning(
      &hvforward, hvuv_step_name(step), place->text, err, meaning);
}

/* --- What kinds share */

void place_print_text(const place_t* place,
                      const leg_t* server,
                      char* text,
                      size_t size) {
  (void) server;
  snprintf(text, size, "%s", place->text);
}

static const char* path_meaning(hvuv_step_t step, int err) {
  switch (err) {
    case UV_ECONNREFUSED:
      return "Nobody listens there any more: start the server.";
    case UV_ENOENT:
      return step == HVUV_STEP_CONNECT
                 ? "It is not there: start its server, or see whether the name "
                   "is the right one."
                 : "Its folder is not there: make it.";
    case UV_EACCES:
    case UV_EPERM:
      return "This user may not: see who owns it and its folders.";
    case UV_EADDRINUSE:
      return "Another program listens there: end it, or take another name.";
    case UV_EEXIST:
      return "What is there is no socket, and is left as it is: take another "
             "path.";
    case UV_ENOTSUP:
      return "The file system of its folder has no locks: take a path "
             "elsewhere.";
    case UV_EROFS:
    case UV_ENOSPC:
      return "Nothing can be made in that folder: take a path elsewhere.";
    case UV_EMFILE:
    case UV_ENFILE:
      return "There are no descriptors left: lower --max-calls, or raise the "
             "limit (ulimit -n).";
    case UV_EAGAIN:
      return "Its server takes no callers: see whether it is stopped.";
    case UV_ECONNRESET:
    case UV_EPIPE:
      return "The program there ended before it had read everything: see what "
             "it reports.";
    case UV_ETIMEDOUT:
      return "It took nothing for too long though bytes waited for it "
             "(--stuck-timeout): see "
             "whether its program is stopped.";
    default:
      return "";
  }
}

void place_explain_path(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  (void) place;
  snprintf(text, size, "%s", path_meaning(step, err));
}

int place_may_pass(const place_t* place, int err) {
  (void) place;
  return err == UV_ECONNREFUSED || err == UV_ENOENT || err == UV_ECONNRESET ||
         err == UV_ETIMEDOUT || err == UV_EHOSTUNREACH ||
         err == UV_ENETUNREACH || err == UV_EAI_AGAIN || err == UV_EAGAIN ||
         err == UV_EMFILE || err == UV_ENFILE || err == UV_ENOBUFS ||
         err == UV_ECONNABORTED || err == UV_EAI_NONAME;
}
