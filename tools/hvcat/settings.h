/* What hvcat was asked to do. */
#ifndef HVUV_TOOLS_SETTINGS_H
#define HVUV_TOOLS_SETTINGS_H

#include <hvuv.h>

#include "options.h"

typedef struct settings_s {
  hvuv_addr_t addr;
  const char* command; /* -e; NULL: standard input and output */
  uint64_t connect_timeout_ms;
  uint64_t idle_timeout_ms; /* 0: none */
  uint64_t retry_ms;        /* so long a connect is tried again; 0: not */
  int listens;
  int keeps;              /* -k: caller after caller */
  int keeps_sending_open; /* -N: the end of input is not passed on */
  int only_connects;      /* -z */
  int passes_socket;      /* --fdpass */
  int is_verbose;
} settings_t;

extern const tool_t hvcat;

#endif /* HVUV_TOOLS_SETTINGS_H */
