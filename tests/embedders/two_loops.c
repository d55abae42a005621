/* Two threads, each with a loop, a server and clients of its own; the clients of
 * each talk to the server of the other. A loop lives for one round, so loops come
 * and go in one thread while the other's are at work. */
#include "echo.h"
#include "embedder.h"

#define THREADS 2
#define ROUNDS  5

typedef struct party_s {
  uv_thread_t thread;
  unsigned int own_port;
  unsigned int other_port;
  int complete; /* rounds */
} party_t;

static uv_barrier_t listening;
static uv_barrier_t closed;

static void run_round(party_t* party) {
  uv_loop_t loop;
  echo_t echo;

  CHECK(uv_loop_init(&loop) == 0);
  echo_listen(&echo, &loop, party->own_port);
  uv_barrier_wait(&listening);
  echo_call(&echo, party->other_port);
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
  party->complete += echo_is_complete(&echo);
  uv_barrier_wait(&closed);
}

static void run_party(void* arg) {
  int i;

  for (i = 0; i < ROUNDS; i++)
    run_round(arg);
}

int main(void) {
  party_t parties[THREADS] = {{.own_port = 5000, .other_port = 5001},
                              {.own_port = 5001, .other_port = 5000}};
  int i;

  place_open();
  CHECK(uv_barrier_init(&listening, THREADS) == 0);
  CHECK(uv_barrier_init(&closed, THREADS) == 0);
  for (i = 0; i < THREADS; i++)
    CHECK(uv_thread_create(&parties[i].thread, run_party, &parties[i]) == 0);
  for (i = 0; i < THREADS; i++)
    CHECK(uv_thread_join(&parties[i].thread) == 0);
  uv_barrier_destroy(&listening);
  uv_barrier_destroy(&closed);

  for (i = 0; i < THREADS; i++)
    CHECK(parties[i].complete == ROUNDS);
  place_close();
  printf("%d loops in each of %d threads: %d messages there and back\n",
         ROUNDS,
         THREADS,
         THREADS * ROUNDS * ECHO_CLIENTS * ECHO_MESSAGES);
  return 0;
}
