/*
 * The benchmark: echo servers of several makes under one load, on the same kind
 * of socket. A bench process makes the load and measures; each server is a
 * process of its own: the same program started as `bench serve`, or a foreign
 * one, which finds the listening socket where `bench serve` does.
 *
 *   main.c       the command line
 *   measure.c    time and processor time, contenders interleaved
 *   measured.c   their medians, ratios and percentiles
 *   count.c      system calls and instructions, exactly, without a clock
 *   counts.c     counts by name
 *   guest.c      instructions with the kernel's, in a virtual machine
 *   memory.c     what an idle connection keeps
 *   queue.c      many small writes in one turn of the loop
 *   queue_writer.c  the process that makes them
 *   relay.c      what relays cost that pass bytes on
 *   relay_ends.c    the two ends of one
 *   threads.c    servers on one loop and on two
 *   kind.c       the kinds of sockets
 *   client.c     the load, whose every byte is checked: echoes
 *   client_open.c   connections that are opened and closed
 *   client_chain.c  messages that only the server sends
 *   latency.c    how long its messages took
 *   process.c    servers as processes, cores, clocks
 *   foreign.c    other programs, and servers of several processes
 *   server_*.c   the contenders, as servers
 *   chain.c      as servers that send each message in the last one's callback
 *   caller.c     as clients: the process of one
 *   call_*.c     as clients: the calls
 *   report.c     medians, spreads, files
 *   machine.c    what machine it was
 *   progress.c   what goes on, and how long it will take
 *
 * Another contender is a row in contender.c, another load a row in scenario.c.
 */
#ifndef HVUV_TESTS_BENCH_BENCH_H
#define HVUV_TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* What every server reads into, which is what libuv suggests. */
#define READ_BYTES 65536

#define CONTENDERS_MAX 16
#define SCENARIOS_MAX  64
#define ROUNDS_MAX     101

/* --- What is compared ----------------------------------------------------- */

/* What a server is to do: take so many connections and no more, send back what
 * comes in pieces of at most `bytes`, and end when all have hung up. One that
 * sends a chain has one connection, reads a number from it, eight bytes of the
 * machine's own order, sends so many messages of `bytes` bytes each, and reads
 * the next number. */
typedef struct {
  int listener;
  unsigned int connections;
  size_t bytes;
} job_t;

/* What a client is to do: call a place so many times, with so many calls at a
 * time. On each it sends so many bytes, unless that is none, waits until they
 * are back, and hangs up. */
typedef struct {
  const char* place;
  unsigned int callers;
  unsigned long calls;
  size_t bytes;
} calls_t;

/* Where a server finds the listening socket, and a caller whom to obey. */
#define LISTENER 3

typedef struct {
  const char* name;
  const char* what;

  /* NULL if it is a foreign program, which echoes each connection until its
   * peer ends, and serves until SIGTERM. */
  void (*serve)(const job_t* job);

  /* NULL if it is no contender there. */
  void (*chain)(const job_t* job);
  void (*call)(const calls_t* calls);
  int listens; /* itself, at LOCAL_ADDRESS, when it calls itself */

  const char* program; /* needed: a file beside the bench or in PATH */
  const char* remedy;  /* what makes it be there */

  int relays; /* a foreign program that is no server, but a relay */

  unsigned int connections_most; /* that it serves soundly; 0: any number */
  int threads;                   /* each connection is a thread */
  int forks;                     /* each is a process */
  int no_callgrind;              /* which cannot run it */
} contender_t;

extern const contender_t contenders[];
extern const unsigned int contenders_count;

/* The rows that ratios are taken to. */
#define RAW        0
#define CLASSIC    3
#define CAREFUL    5
#define HVUV_WRITE 6

void serve_epoll(const job_t* job);
void serve_blocking(const job_t* job);
void serve_uv_poll(const job_t* job);
void serve_socat(const job_t* job);
void serve_uv_classic(const job_t* job);
void serve_uv_classic_keep(const job_t* job);
void serve_uv_careful(const job_t* job);
void serve_hvuv_write(const job_t* job);
void serve_hvuv_try_write(const job_t* job);
void serve_hvuv_framework(const job_t* job);
void serve_hvuv_local(const job_t* job);

void chain_epoll(const job_t* job);
void chain_uv(const job_t* job);
void chain_hvuv(const job_t* job);
void chain_framework(const job_t* job);

/* Byte i of a message of a chain is i % CHAIN_PERIOD. */
#define CHAIN_PERIOD 251
const char* chain_message(const job_t* job);

void call_epoll(const calls_t* calls);
void call_uv(const calls_t* calls);
void call_hvuv(const calls_t* calls);

/* --- Under which load ----------------------------------------------------- */

typedef enum {
  LOAD_ECHO = 0,
  /* Each message has a connection of its own: it is opened, has the message
   * echoed unless it is of no bytes, and is closed. `connections` are under way
   * at a time. The server is a contender. */
  LOAD_OPEN,
  LOAD_CALL,  /* the same; the client is a contender, a bare loop serves */
  LOAD_POUND, /* the same; client and server are the same contender's */
  /* The server sends, each message in the callback of the one before. */
  LOAD_CHAIN,
  /* A relay is the contender, and calls of 64 bytes go through it, or MiB. */
  LOAD_RELAY
} load_kind_t;

/* Echoes: `depth` messages of `bytes` under way on each connection. */
typedef struct {
  unsigned int connections;
  size_t bytes;
  unsigned int depth; /* 1 of all but echoes */
  load_kind_t load;
} scenario_t;

extern const scenario_t scenarios[];
extern const unsigned int scenarios_count;
extern const unsigned int scenarios_usual; /* the first so many */

/* "100x64", "100x64x16", "open", "openx64", "openx64x32" with 32 at a time, and
 * "call", "pound", "chain", "relay" in place of "open": 0, or -1 if it is none. */
int scenario_parse(const char* text, scenario_t* scenario);
void scenario_name(const scenario_t* scenario, char name[], size_t size);
void scenario_describe(const scenario_t* scenario, char text[], size_t size);

/* --- On which sockets ----------------------------------------------------- */

/* "unix", the default, or "vsock". */
void kind_choose(const char* name);
const char* kind_name(void);

/* What leads to a place of LOAD_CALL and LOAD_POUND in hvuv's addresses. */
#define LOCAL_ADDRESS "local://loopback/5000"

/* A listening socket; `place` gets the words for kind_connect. */
int kind_listen(char place[], size_t size);

/* The same on a Unix socket at the place of LOCAL_ADDRESS, and that alone. */
int kind_listen_local(char place[], size_t size);
void kind_place_local(char place[], size_t size);
int kind_connect(const char* place, unsigned int timeout_s);

/* The same with two system calls. */
int kind_connect_plain(const char* place);

/* One message, or as many as may be under way, on each connection. */
unsigned long scenario_lap(const scenario_t* scenario);

/* So many messages, but of no more bytes than so many; in whole laps, and at
 * least one. */
unsigned long scenario_messages(const scenario_t* scenario,
                                unsigned long wanted,
                                unsigned long bytes_most);

/* --- Times of many messages ----------------------------------------------- */

/* Counts by time: each power of two in LATENCY_STEPS steps, which is exact to
 * 1.6 %, up to about 18 minutes. */
#define LATENCY_STEPS  64
#define LATENCY_POWERS 35

typedef struct {
  unsigned long count;
  uint64_t most;
  unsigned int counts[LATENCY_POWERS * LATENCY_STEPS];
} latency_t;

void latency_add(latency_t* latency, uint64_t ns);

/* The time, in ns, that a share of the messages took at most. */
double latency_quantile(const latency_t* latency, double share);

/* --- The load ------------------------------------------------------------- */

typedef struct load_s load_t;

/* How many connections a server must take for so many messages. */
unsigned int load_connections(const scenario_t* scenario, unsigned long total);

/* Whether the client is a contender, and no load_t. */
int load_calls(const scenario_t* scenario);

/* Opens the scenario's connections to a server's place. */
load_t* load_open(const scenario_t* scenario, const char* path);

/* Has so many messages echoed. In step, the next ones are sent when all have
 * come back, so that a server finds the same in every turn. */
void load_run(load_t* load, unsigned long messages, int in_step);

/* Has the time of each message's way there and back added up from now on. */
void load_time(load_t* load, latency_t* latency);

void load_close(load_t* load);

#include "process.h"

/* --- Results -------------------------------------------------------------- */

typedef struct {
  double median;
  double low;  /* a quarter of the values lies below, */
  double high; /* a quarter above */
} stats_t;

stats_t stats_of(const double values[], unsigned int count);

/* (high - low) / median, in per cent. */
double stats_spread(const stats_t* stats);

/* A file beside the program, whose first line is a comment: machine_facts(). */
FILE* open_result(const char* name);

/* Kernel, libuv, cores and the like, in one line. */
const char* machine_facts(void);

/* Prints them, and what they mean for what follows. */
void machine_print(void);

typedef struct {
  double wall[CONTENDERS_MAX][ROUNDS_MAX]; /* ns a message */
  double cpu[CONTENDERS_MAX][ROUNDS_MAX];
  latency_t latency[CONTENDERS_MAX]; /* of all rounds */
} measured_t;

/* Counts by name: of system calls, or the one of instructions. */
#define CALLS_MAX 64

typedef struct {
  unsigned int count;
  char name[CALLS_MAX][32];
  double value[CALLS_MAX];
} counts_t;

void counts_add(counts_t* counts, const char* name, double value);
void counts_subtract(counts_t* counts, const counts_t* other);

/* Adds what `strace -c` has written. */
void counts_parse_strace(FILE* file, counts_t* counts);

/* --- Verbs ---------------------------------------------------------------- */

typedef struct {
  unsigned int rounds;
  unsigned int milliseconds; /* of one measurement, about */
  int same_core;
  int other_core;
  unsigned int messages; /* of one count; 0: as many as it takes */
  scenario_t scenarios[SCENARIOS_MAX];
  unsigned int scenarios_count;
  const contender_t* contenders[CONTENDERS_MAX];
  unsigned int contenders_count;
  const char* only; /* of what relays pass on: bulk, calls, messages; or NULL */
} plan_t;

void print_measured_head(FILE* summary);
void print_measured(const plan_t* plan,
                    const measured_t* results,
                    const char* label,
                    FILE* summary);

/* What a contender is wanted for. */
typedef enum { FOR_TIME, FOR_SYSCALLS, FOR_INSTRUCTIONS, FOR_MEMORY } purpose_t;

/* Takes those contenders out whose program is not there, and names them. */
void plan_leave_out_missing(plan_t* plan);

/* Whether it has a part in a scenario. */
int contender_plays(const contender_t* contender, const scenario_t* scenario);

/* Why a contender cannot do a scenario, or NULL if it can. */
const char* contender_unfit(const contender_t* contender,
                            const scenario_t* scenario,
                            purpose_t purpose);

/* The plan with those contenders only that can do a scenario, in *fit; the
 * others are named. */
void plan_for_scenario(const plan_t* plan,
                       const scenario_t* scenario,
                       purpose_t purpose,
                       plan_t* fit);

/* How many those are. */
unsigned int plan_count_fit(const plan_t* plan,
                            const scenario_t* scenario,
                            purpose_t purpose);

void measure(const plan_t* plan);
void count_syscalls(const plan_t* plan);
void count_instructions(const plan_t* plan);
void count_in_guest(const plan_t* plan);
void measure_memory(const plan_t* plan);
void measure_queue(const plan_t* plan);
void measure_relays(const plan_t* plan);
void measure_threads(const plan_t* plan);

/* Has so many calls or MiB go through `forward` under a command. */
void relay_under(const scenario_t* scenario,
                 unsigned long messages,
                 const char* const under[]);

/* What `bench write` does, for measure_queue(). */
int writer_main(int argc, char* argv[]);

/* --- Saying what goes on ---------------------------------------------------
 */

/* All on stderr: how long the whole will take, about; that so much of it is
 * over; a scenario begins, where that is no terminal; a line that stays until
 * the next one, where it is. */
void progress_begin(double seconds);
void progress_done(double seconds);
void progress_scenario(const char* name, unsigned int n, unsigned int of);
void progress(const char* format, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);

_Noreturn void die(const char* format, ...)
    __attribute__((format(printf, 1, 2)));

_Noreturn void die_of(const char* step, int err);

/* Dies of a negative libuv code. Inline, because servers ask at every step. */
static inline void must(const char* step, int err) {
  if (err < 0)
    die_of(step, err);
}

#endif /* HVUV_TESTS_BENCH_BENCH_H */
