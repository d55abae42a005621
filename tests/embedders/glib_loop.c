/* GLib's main loop drives a loop of libuv's, with hvuv on it: a GSource that is
 * ready when uv_backend_fd() is readable or uv_backend_timeout() has passed, and
 * then turns the loop once.
 *
 * The clients start when a timer of libuv's expires, which only the timeout can
 * report; meanwhile, and as long as they talk, a timer of GLib's own ticks. */
#include <glib.h>
#include <glib-unix.h>

#include "echo.h"
#include "embedder.h"

#define PORT     5000
#define START_MS 50
#define TICK_MS  5

/* Turns of the loop while nothing happens but two timers: more than a handful
 * would be spinning. */
#define IDLE_TURNS_MAX 20

typedef struct bridge_s {
  GSource source;
  uv_loop_t* loop;
  gpointer fd;
  int turns;
} bridge_t;

static GMainLoop* main_loop;
static int ticks;
static int idle_turns;

/* --- A GSource that is a uv_loop_t ------------------------------------------ */

/* How long GLib may wait for it, in milliseconds; -1 is for ever. A loop with
 * nothing alive on it says 0, which would have GLib spin. */
static int patience_ms(bridge_t* bridge) {
  uv_update_time(bridge->loop);
  return uv_loop_alive(bridge->loop) ? uv_backend_timeout(bridge->loop) : -1;
}

static gboolean prepare(GSource* source, gint* timeout_ms) {
  *timeout_ms = patience_ms((bridge_t*) source);
  return *timeout_ms == 0;
}

static gboolean check(GSource* source) {
  bridge_t* bridge = (bridge_t*) source;

  return g_source_query_unix_fd(source, bridge->fd) != 0 ||
         patience_ms(bridge) == 0;
}

static gboolean dispatch(GSource* source, GSourceFunc cb, gpointer data) {
  bridge_t* bridge = (bridge_t*) source;

  (void) cb;
  (void) data;
  bridge->turns++;
  uv_run(bridge->loop, UV_RUN_NOWAIT);
  return G_SOURCE_CONTINUE;
}

static bridge_t* bridge_open(uv_loop_t* loop) {
  static GSourceFuncs funcs = {
      .prepare = prepare, .check = check, .dispatch = dispatch};
  GSource* source = g_source_new(&funcs, sizeof(bridge_t));
  bridge_t* bridge = (bridge_t*) source;

  bridge->loop = loop;
  bridge->fd = g_source_add_unix_fd(source, uv_backend_fd(loop), G_IO_IN);
  CHECK(g_source_attach(source, NULL) != 0);
  return bridge;
}

static void bridge_close(bridge_t* bridge) {
  g_source_destroy(&bridge->source);
  g_source_unref(&bridge->source);
}

/* --- The program ------------------------------------------------------------ */

static gboolean on_tick(gpointer data) {
  (void) data;
  ticks++;
  return G_SOURCE_CONTINUE;
}

static void on_closed(echo_t* echo) {
  (void) echo;
  g_main_loop_quit(main_loop);
}

static void on_start(uv_timer_t* timer) {
  echo_t* echo = timer->data;

  idle_turns = ((bridge_t*) echo->data)->turns;
  uv_close((uv_handle_t*) timer, NULL);
  echo_call(echo, PORT);
}

int main(void) {
  uv_loop_t loop;
  uv_timer_t timer;
  bridge_t* bridge;
  echo_t echo;
  guint tick;

  place_open();
  CHECK(uv_loop_init(&loop) == 0);
  main_loop = g_main_loop_new(NULL, FALSE);
  bridge = bridge_open(&loop);
  tick = g_timeout_add(TICK_MS, on_tick, NULL);

  echo_listen(&echo, &loop, PORT);
  echo.data = bridge;
  echo.on_closed = on_closed;
  CHECK(uv_timer_init(&loop, &timer) == 0);
  timer.data = &echo;
  CHECK(uv_timer_start(&timer, on_start, START_MS, 0) == 0);
  g_main_loop_run(main_loop);

  CHECK(echo_is_complete(&echo));
  CHECK(ticks > 0);
  CHECK(idle_turns <= IDLE_TURNS_MAX);
  CHECK(uv_loop_close(&loop) == 0);
  printf("GLib %u.%u: %d turns of the loop, %d of them idle; %d ticks\n",
         glib_major_version,
         glib_minor_version,
         bridge->turns,
         idle_turns,
         ticks);
  g_source_remove(tick);
  bridge_close(bridge);
  g_main_loop_unref(main_loop);
  place_close();
  return 0;
}
