/*
 * An end of a pair: where to listen (FROM) or to connect (TO).
 *
 *   tcp://HOST:PORT   kind_tcp.c       exec:COMMAND    kind_exec.c
 *   unix:PATH         kind_unix*.c     fd:N, systemd:  kind_fd.c
 *   pipe:NAME         kind_pipe.c      hyperv:// ...   kind_hvuv.c
 *   vm:NAME/SERVICE   kind_vm.c
 *
 * The table of kinds is in place.c; all else is the same for each.
 */
#ifndef HVUV_TOOLS_PLACE_H
#define HVUV_TOOLS_PLACE_H

#include <hvuv.h>

#include "leg.h"
#include "vm.h"

#define PLACE_WHY_SIZE  HVUV_ADDR_WHY_STRLEN
#define PLACE_TEXT_SIZE HVUV_ADDR_STRLEN
#define PLACE_HOST_SIZE 256

typedef struct kind_s kind_t;
typedef struct dial_s dial_t;
typedef struct vm_s vm_t;

typedef struct place_s {
  const kind_t* kind;
  const char* text; /* as it was written */
  const char* rest; /* behind the scheme */
  union {
    hvuv_addr_t addr;
    struct {
      char host[PLACE_HOST_SIZE];
      int port;
      int is_literal; /* host is no name, and this is its address: */
      struct sockaddr_storage name;
    } tcp;
    vm_t* vm;
    char path[PLACE_HOST_SIZE];
    int fd;
  } u;
} place_t;

struct kind_s {
  const char* scheme;
  const char* form;       /* for --help and messages */
  leg_class_t listens_as; /* the class of what it binds, and so of callers */
  leg_class_t connects_as;
  int times_itself; /* connect() has a time limit of its own */
  int moves;        /* its address changes: a follower opens its doors */

  /* Reads what stands behind the scheme; else why gets a sentence. */
  int (*parse)(place_t* place, char* why, size_t size);

  /* Binds `server`, an initialised leg, to the address with this index, from 0:
   * a name may have several. UV_EOF: there is none more. NULL: TO only. */
  int (*bind)(const place_t* place, int index, leg_t* server);

  /* Begins an attempt with dial->leg, which is initialised; its outcome is
   * reported to dial_attempted(), later. NULL: FROM only. */
  int (*connect)(dial_t* dial);

  /* Has a lookup of connect()'s end soon, as cancelled or late. NULL: there are
   * none. */
  void (*give_up)(dial_t* dial);

  /* The address that a leg listens at, as text. */
  void (*print)(const place_t* place,
                const leg_t* server,
                char* text,
                size_t size);

  /* What an error means there, in words. */
  void (*explain)(
      const place_t* place, hvuv_step_t step, int err, char* text, size_t size);

  /* Whether a connect that failed so may go better later. */
  int (*may_pass)(const place_t* place, int err);
};

extern const kind_t kind_tcp, kind_unix, kind_pipe, kind_exec, kind_fd,
    kind_systemd, kind_vm, kind_hvuv;

/* What kind_unix has alike on all systems. */
int kind_unix_parse(place_t* place, char* why, size_t size);
int kind_unix_bind(const place_t* place, int index, leg_t* server);

/* kind_hvuv's verbs at this address. */
int kind_hvuv_bind(const hvuv_addr_t* addr, int index, leg_t* server);
int kind_hvuv_connect(dial_t* dial, const hvuv_addr_t* addr);

/* Reads an end. Returns 0, or UV_EINVAL with a sentence in why. */
int place_parse(const char* text, place_t* place, char* why, size_t size);

/* Reports a step that failed on a place; nothing for 0. Returns err. */
int place_report(const place_t* place, hvuv_step_t step, int err);

/* What kinds share. */
void place_print_text(const place_t* place,
                      const leg_t* server,
                      char* text,
                      size_t size);
void place_explain_path(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size);
int place_may_pass(const place_t* place, int err);

#endif /* HVUV_TOOLS_PLACE_H */
