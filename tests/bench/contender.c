/* Who is compared, and what for. */
#include <stdio.h>

#include "bench.h"

#define REMEDY "./dev bench-extras installs what it takes"

const contender_t contenders[] = {
    [RAW] = {.name = "raw_epoll",
             .what = "a bare level-triggered epoll loop, recv and send: the "
                     "limit of readiness",
             .serve = serve_epoll,
             .chain = chain_epoll,
             .call = call_epoll},
    {.name = "blocking",
     .what = "a thread for each connection, blocking recv and send",
     .serve = serve_blocking,
     .connections_most = 2000,
     .threads = 1},
    {.name = "uv_poll",
     .what = "a bare uv_poll_t for each connection, no adapter: the limit of "
             "those on it",
     .serve = serve_uv_poll},
    [CLASSIC] = {.name = "uv_classic",
                 .what = "uv_pipe_t as tutorials use it: malloc per read, "
                         "malloc'd uv_write_t",
                 .serve = serve_uv_classic},
    {.name = "uv_classic_keep",
     .what = "the same, malloc told not to give memory back to the system",
     .serve = serve_uv_classic_keep},
    [CAREFUL] = {.name = "uv_careful",
                 .what = "uv_pipe_t with one buffer and uv_try_write first; "
                         "handles and requests reused",
                 .serve = serve_uv_careful,
                 .chain = chain_uv,
                 .call = call_uv},
    [HVUV_WRITE] = {.name = "hvuv_write",
                    .what =
                        "hvuv_write with its callback, buffers and requests "
                        "reused",
                    .serve = serve_hvuv_write,
                    .chain = chain_hvuv},
    {.name = "hvuv_try_write",
     .what = "hvuv with one buffer and hvuv_try_write first",
     .serve = serve_hvuv_try_write},
    {.name = "hvuv_framework",
     .what = "hvuv_server_t with a raw handler, hvuv_conn_send in on_message",
     .serve = serve_hvuv_framework,
     .chain = chain_framework},
    {.name = "hvuv_local",
     .what = "hvuv_connect to an address of `local`; where it serves too, "
             "hvuv_write there",
     .serve = serve_hvuv_local,
     .call = call_hvuv,
     .listens = 1},
    {.name = "forward",
     .what = "hvuv_relay_t: the example forward, from `local` to TCP",
     .program = "../../examples/forward",
     .remedy = "it is built with the examples",
     .relays = 1},
    {.name = "go_vsock",
     .what = "Go, mdlayher/vsock: a goroutine for each connection",
     .program = "bench_go",
     .remedy = REMEDY,
     .no_callgrind = 1},
    {.name = "rust_vsock",
     .what = "Rust, tokio-vsock: a task for each connection",
     .program = "bench_rust",
     .remedy = REMEDY},
    {.name = "socat",
     .what = "socat with a pipe to itself: a process for each connection",
     .serve = serve_socat,
     .program = "socat",
     .remedy = REMEDY,
     .connections_most = 100,
     .forks = 1,
     .no_callgrind = 1},
};

const unsigned int contenders_count = sizeof(contenders) / sizeof(*contenders);

void plan_leave_out_missing(plan_t* plan) {
  const contender_t* contender;
  unsigned int kept;
  unsigned int i;
  char path[4200];

  kept = 0;
  for (i = 0; i < plan->contenders_count; i++) {
    contender = plan->contenders[i];
    if (contender->program == NULL ||
        program_find(contender->program, path, sizeof(path)) == 0)
      plan->contenders[kept++] = contender;
    else
      printf("left out: %s, because there is no program %s; %s\n",
             contender->name,
             contender->program,
             contender->remedy);
  }
  plan->contenders_count = kept;
}

/* Of a server, besides its own. */
#define CALLGRIND_THREADS 490

int contender_plays(const contender_t* contender, const scenario_t* s) {
  switch (s->load) {
    case LOAD_RELAY:
      return contender->relays;
    case LOAD_CHAIN:
      return contender->chain != NULL;
    case LOAD_CALL:
      return contender->call != NULL;
    case LOAD_POUND:
      return contender->call != NULL && contender->serve != NULL;
    case LOAD_ECHO:
    case LOAD_OPEN:
      break;
  }
  return !contender->listens && !contender->relays;
}

const char* contender_unfit(const contender_t* contender,
                            const scenario_t* s,
                            purpose_t purpose) {
  static char text[96];

  if (contender->connections_most > 0 &&
      s->connections > contender->connections_most) {
    snprintf(text,
             sizeof(text),
             "it is asked for at most %u connections at a time",
             contender->connections_most);
    return text;
  }
  if (purpose == FOR_INSTRUCTIONS && contender->no_callgrind)
    return "callgrind cannot count what it does";
  if (purpose == FOR_INSTRUCTIONS && contender->threads &&
      s->connections > CALLGRIND_THREADS)
    return "callgrind has room for 500 threads";
  if (purpose == FOR_MEMORY && contender->forks)
    return "its memory is that of many processes";
  if (contender->forks && s->load != LOAD_ECHO)
    return "each connection is a process, which starts and is gone";
  if (purpose == FOR_TIME && contender->forks && !children_known())
    return "this kernel does not list a process's children, so their time "
           "cannot be read";
  return NULL;
}

void plan_for_scenario(const plan_t* plan,
                       const scenario_t* scenario,
                       purpose_t purpose,
                       plan_t* fit) {
  const char* reason;
  unsigned int i;

  *fit = *plan;
  fit->contenders_count = 0;
  for (i = 0; i < plan->contenders_count; i++) {
    if (!contender_plays(plan->contenders[i], scenario))
      continue;
    reason = contender_unfit(plan->contenders[i], scenario, purpose);
    if (reason == NULL)
      fit->contenders[fit->contenders_count++] = plan->contenders[i];
    else
      printf("  left out: %s, because %s\n", plan->contenders[i]->name, reason);
  }
}

unsigned int plan_count_fit(const plan_t* plan,
                            const scenario_t* scenario,
                            purpose_t purpose) {
  unsigned int count;
  unsigned int i;

  count = 0;
  for (i = 0; i < plan->contenders_count; i++)
    count += contender_plays(plan->contenders[i], scenario) &&
             contender_unfit(plan->contenders[i], scenario, purpose) == NULL;
  return count;
}
