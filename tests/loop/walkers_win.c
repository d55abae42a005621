/* What of a walk is Windows': no signals, and no forks. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include <windows.h>

#include "support/emulation/hyperv_emulation.h"
#include "support/endpoint.h"
#include "walkers.h"

const char* const walk_listen_at = "hyperv://loopback/";
const char* const walk_call_at = "hyperv://loopback/";

const int walk_leaves_loops = 0;

void walk_open(void) {
  endpoint_open();
  if (hyperv_emulation_begin() != 0)
    abort();
}

void walk_close(void) {
  hyperv_emulation_end();
  endpoint_close();
}

static uv_once_t once = UV_ONCE_INIT;
static volatile LONG seconds_left; /* 0: nobody is in a hurry */
static void (*volatile say)(void);
static uv_sem_t is_watching;

static void watch(void* unused) {
  (void) unused;
  uv_sem_post(&is_watching);
  for (;;) {
    uv_sleep(1000);
    if (seconds_left == 0 || InterlockedDecrement(&seconds_left) > 0)
      continue;
    fputs("The loop does not end.\n", stderr);
    say();
    _exit(1);
  }
}

/* What libuv allocates for a thread is freed once that runs, so the walk, which
 * counts blocks, begins then. */
static void start_watching(void) {
  uv_thread_t thread;

  if (uv_sem_init(&is_watching, 0) != 0 ||
      uv_thread_create(&thread, watch, NULL) != 0)
    abort();
  uv_sem_wait(&is_watching);
}

void walk_alarm(unsigned int seconds, void (*say_where)(void)) {
  if (say_where != NULL)
    say = say_where;
  uv_once(&once, start_watching);
  InterlockedExchange(&seconds_left, (LONG) seconds);
}

int walk_fork(int (*act)(void)) {
  (void) act;
  return -1;
}
