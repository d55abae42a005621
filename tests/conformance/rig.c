#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/net.h"
#include "support/wine.h"

#define WATCHDOG_MS (50000 * HVUV_TEST_TIME_FACTOR)
#define PATTERN_BYTES                                                          \
  65521 /* a prime, so that it is out of step with buffers */
#define CHUNK_MAX 65536

typedef struct job_s {
  hvuv_write_t req;
  side_t* side;
  int number;
  size_t nbytes;
} job_t;

/* --- Contents */

static char pattern[PATTERN_BYTES + CHUNK_MAX];

static void fill_pattern(void) {
  uint32_t x;
  size_t i;

  x = 2463534242u;
  for (i = 0; i < PATTERN_BYTES; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    pattern[i] = (char) (x >> 24);
  }
  for (; i < sizeof(pattern); i++)
    pattern[i] = pattern[i - PATTERN_BYTES];
}

const char* rig_pattern(unsigned int seed, uint64_t offset) {
  return pattern + (seed * 7919u + offset) % PATTERN_BYTES;
}

void rig_assert_code(
    long actual, long expected, const char* what, const char* file, int line) {
  if (actual == expected)
    return;
  print_error("%s: %s (%ld), not %s (%ld)\n",
              what,
              actual < 0 ? uv_err_name((int) actual) : "success",
              actual,
              expected < 0 ? uv_err_name((int) expected) : "success",
              expected);
  _fail(file, line);
}

/* --- Callbacks: they record */

static void note(side_t* side) {
  side->late += side->closes_told > 0;
}

/* What a test does in each callback. */
static void go_on(side_t* side) {
  if (side->rig->in_callback != NULL)
    side->rig->in_callback(side);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  side_t* side = stream->data;

  (void) suggested;
  *buf = uv_buf_init(side->room,
                     side->rig->room_bytes > 0 ? side->rig->room_bytes
                                               : sizeof(side->room));
  go_on(side);
}

static void on_echoed(hvuv_write_t* req, int status) {
  side_t* side = req->handle->data;

  note(side);
  side->writes_told++;
  side->write_status = status;
  free(req->data);
  free(req);
  if (status == 0 && side->ends == 0 && !hvuv_is_closing(&side->stream))
    side_read(side);
}

/* A copy is sent back and the next bytes are read when it has gone. */
static void echo(side_t* side, const uv_buf_t* buf, size_t n) {
  hvuv_write_t* req;
  uv_buf_t copy;

  req = malloc(sizeof(*req));
  copy = uv_buf_init(malloc(n), (unsigned int) n);
  if (req == NULL || copy.base == NULL)
    abort();
  memcpy(copy.base, buf->base, n);
  req->data = copy.base;
  hvuv_read_stop(&side->stream);
  side->writes_asked++;
  if (hvuv_write(req, &side->stream, &copy, 1, on_echoed) != 0) {
    side->writes_asked--;
    free(copy.base);
    free(req);
  }
}

static void on_end(side_t* side, int code) {
  side->ends++;
  side->end = code;
  if (side->echoes && code == UV_EOF)
    side_shutdown(side);
  if (side->close_at_end)
    side_close(side);
  go_on(side);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  side_t* side = stream->data;

  note(side);
  if (n < 0) {
    on_end(side, (int) n);
    return;
  }
  if (n == 0)
    return;

  side->reads++;
  side->in_wrong += memcmp(buf->base,
                           rig_pattern(side->in_seed, side->in_bytes),
                           (size_t) n) != 0;
  side->in_bytes += (uint64_t) n;
  if (side->end_at > 0 && side->in_bytes >= side->end_at) {
    side->end_at = 0;
    side_shutdown(side);
  }
  if (side->pause_reads)
    hvuv_read_stop(stream);
  if (side->echoes)
    echo(side, buf, (size_t) n);
  go_on(side);
}

static void on_connect(hvuv_connect_t* req, int status) {
  side_t* side = req->handle->data;

  note(side);
  side->connects_told++;
  side->connect_status = status;
  go_on(side);
}

static void on_written(hvuv_write_t* req, int status) {
  side_t* side = req->handle->data;
  job_t* job = (job_t*) req;

  note(side);
  side->writes_misordered += job->number != side->writes_told;
  side->writes_told++;
  side->write_status = status;
  side->writes_ok += status == 0;
  side->writes_canceled += status == UV_ECANCELED;
  side->writes_broken += status == UV_EPIPE || status == UV_ECONNRESET;
  side->out_taken += status == 0 ? job->nbytes : 0;
  free(job);
  go_on(side);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  side_t* side = req->handle->data;

  note(side);
  side->shutdowns_told++;
  side->shutdown_status = status;
  go_on(side);
}

static void on_close(hvuv_stream_t* stream) {
  side_t* side = stream->data;

  note(side);
  side->closes_told++;
}

static void on_connection(hvuv_stream_t* listener, int status) {
  side_t* side = listener->data;
  rig_t* rig = side->rig;

  note(side);
  if (status != 0) {
    rig->shortages++;
    rig->shortage = status;
    return;
  }

  rig->connections++;
  if (!rig->hold_accepts)
    side_accept(side_new(rig), listener);
}

/* --- Sides */

static int is_adopting(const rig_t* rig) {
  return rig->transport != NULL && rig->transport->dial != NULL;
}

side_t* side_new(rig_t* rig) {
  side_t* side;

  side = calloc(1, sizeof(*side));
  if (side == NULL || hvuv_init(&rig->loop, &side->stream) != 0)
    abort();
  side->stream.data = side;
  side->rig = rig;
  side->next = rig->sides;
  rig->sides = side;
  return side;
}

void rig_bind(rig_t* rig) {
  hvuv_addr_t bound;

  rig->listener = side_new(rig);
  if (is_adopting(rig)) {
    rig->transport->serve(rig->listener);
    return;
  }
  assert_code(hvuv_bind(&rig->listener->stream, &rig->at), 0);
  assert_code(hvuv_getsockname(&rig->listener->stream, &bound), 0);
  rig->transport->target(&bound, &rig->to);
}

void rig_skip_with_host(const rig_t* rig) {
  if (!rig->transport->has_host)
    return;
  print_message("Here that is the host's to say, which is no part of this\n");
  skip();
}

void rig_listen(rig_t* rig, int backlog) {
  if (rig->listener == NULL)
    rig_bind(rig);
  assert_code(hvuv_listen(&rig->listener->stream, backlog, on_connection), 0);
}

void side_connect(side_t* side) {
  if (is_adopting(side->rig)) {
    side->rig->transport->dial(side);
    side->connects_asked = side->connects_told = 1;
    return;
  }
  assert_code(
      hvuv_connect(
          &side->connect_req, &side->stream, &side->rig->to, on_connect),
      0);
  side->connects_asked++;
}

/* Called in callbacks: it must not assert. */
void side_accept(side_t* side, hvuv_stream_t* listener) {
  rig_t* rig = side->rig;

  if (hvuv_accept(listener, &side->stream) != 0)
    return;
  rig->accepted = side;
  rig->accept_count++;
  if (rig->echo_accepts) {
    side->echoes = 1;
    side_read(side);
  }
}

void side_read(side_t* side) {
  hvuv_read_start(&side->stream, on_alloc, on_read);
}

static job_t* new_job(side_t* side, const uv_buf_t bufs[], unsigned int nbufs) {
  job_t* job;
  unsigned int i;

  job = malloc(sizeof(*job));
  if (job == NULL)
    abort();
  job->side = side;
  job->number = side->writes_asked;
  job->nbytes = 0;
  for (i = 0; i < nbufs; i++)
    job->nbytes += bufs[i].len;
  return job;
}

static int write_job(side_t* side, const uv_buf_t bufs[], unsigned int nbufs) {
  job_t* job;
  int err;

  job = new_job(side, bufs, nbufs);
  err = hvuv_write(&job->req, &side->stream, bufs, nbufs, on_written);
  if (err == 0)
    side->writes_asked++;
  else
    free(job);
  return err;
}

int side_write(side_t* side, size_t n, unsigned int parts) {
  uv_buf_t bufs[64];
  size_t at;
  unsigned int i;
  int err;

  at = 0;
  for (i = 0; i < parts && i < 64; i++) {
    bufs[i] = uv_buf_init(
        (char*) (uintptr_t) rig_pattern(side->out_seed, side->out_bytes + at),
        (unsigned int) (i + 1 < parts ? n / parts : n - at));
    at += bufs[i].len;
  }

  err = write_job(side, bufs, i);
  if (err == 0)
    side->out_bytes += n;
  return err;
}

int side_try_write(side_t* side, size_t n) {
  uv_buf_t buf;
  int r;

  buf = uv_buf_init(
      (char*) (uintptr_t) rig_pattern(side->out_seed, side->out_bytes),
      (unsigned int) n);
  r = hvuv_try_write(&side->stream, &buf, 1);
  if (r > 0) {
    side->out_bytes += (uint64_t) r;
    side->out_taken += (uint64_t) r;
  }
  return r;
}

void side_write_text(side_t* side, const char* text) {
  uv_buf_t buf;

  buf = uv_buf_init((char*) (uintptr_t) text, (unsigned int) strlen(text));
  assert_code(write_job(side, &buf, 1), 0);
}

void side_fill(side_t* side) {
  int i;

  for (i = 0; i < 1000 && hvuv_get_write_queue_size(&side->stream) == 0; i++) {
    assert_code(side_write(side, CHUNK_MAX, 1), 0);
    /* Writes behind the first of a turn wait for its end. */
    rig_spin(side->rig, 1);
  }
  assert_true(hvuv_get_write_queue_size(&side->stream) > 0);
}

void side_shutdown(side_t* side) {
  if (hvuv_shutdown(&side->shutdown_req, &side->stream, on_shutdown) == 0)
    side->shutdowns_asked++;
}

void side_finish(side_t* caller, uint64_t n) {
  if (caller->rig->transport->is_stingy || wine_has(WINE_END_DROPS_SENDS))
    caller->end_at = n;
  else
    side_shutdown(caller);
}

void side_close(side_t* side) {
  if (hvuv_is_closing(&side->stream))
    return;
  side->closes_asked++;
  hvuv_close(&side->stream, on_close);
}

void side_reset(side_t* side) {
  if (hvuv_close_reset(&side->stream, on_close) == 0)
    side->closes_asked++;
}

void rig_connect_pair(rig_t* rig, side_t** client, side_t** server) {
  if (rig->listener == NULL)
    rig_listen(rig, 16);
  rig->accepted = NULL;
  *client = side_new(rig);
  side_connect(*client);
  RIG_RUN_UNTIL(rig, (*client)->connects_told == 1 && rig->accepted != NULL);
  assert_code((*client)->connect_status, 0);
  assert_non_null(rig->accepted);
  *server = rig->accepted;
}

void side_await(const side_t* side, int readable) {
  uv_os_sock_t sock;

  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  assert_code(net_await(sock, readable, WATCHDOG_MS), 0);
}

/* --- The loop */

static void on_watchdog(uv_timer_t* timer) {
  rig_t* rig = timer->data;

  rig->expired = 1;
  print_error("The watchdog expired. What is still there:\n");
  uv_print_all_handles(&rig->loop, stderr);
}

int rig_turn(rig_t* rig) {
  int alive;

  rig->turns++;
  alive = turn_once(&rig->turn);
  if (rig->expired)
    fail_msg("waited for %d seconds", WATCHDOG_MS / 1000);
  return alive;
}

void rig_run(rig_t* rig) {
  while (rig_turn(rig)) {
  }
}

void rig_hold(rig_t* rig, int on) {
  if (on)
    uv_ref((uv_handle_t*) &rig->watchdog);
  else
    uv_unref((uv_handle_t*) &rig->watchdog);
}

void rig_spin(rig_t* rig, int n) {
  while (n-- > 0)
    uv_run(&rig->loop, UV_RUN_NOWAIT);
  if (rig->expired)
    fail_msg("waited for a minute");
}

/* What libuv opens once for all loops is opened before anything is counted. */
static void warm_up(void) {
  static int done;
  uv_loop_t loop;

  if (done)
    return;
  done = 1;
  fill_pattern();
  if (uv_loop_init(&loop) != 0 || uv_loop_close(&loop) != 0)
    abort();
}

static int count_descriptors(const rig_t* rig) {
  if (rig->transport != NULL && rig->transport->has_threads)
    return endpoint_count_sockets();
  return endpoint_count_descriptors();
}

int rig_setup(void** state) {
  rig_t* rig;

  warm_up();
  rig = calloc(1, sizeof(*rig));
  if (rig == NULL)
    return -1;
  rig->transport = *state;
  *state = rig;

  rig->descriptors = count_descriptors(rig);
  rig->inheritable = endpoint_count_inheritable();
  endpoint_open();
  alloc_install();
  if (uv_loop_init(&rig->loop) != 0)
    return -1;
  uv_timer_init(&rig->loop, &rig->watchdog);
  rig->watchdog.data = rig;
  uv_timer_start(&rig->watchdog, on_watchdog, WATCHDOG_MS, 0);
  uv_unref((uv_handle_t*) &rig->watchdog);
  turn_open(&rig->turn, &rig->loop);
  if (rig->transport != NULL)
    rig->transport->start(rig);
  return 0;
}

/* Each accepted request called back once, the close callback was the last, and
 * no contents were wrong. */
static int is_sound(const side_t* s) {
  return s->connects_told == s->connects_asked &&
         s->writes_told == s->writes_asked &&
         s->shutdowns_told == s->shutdowns_asked && s->closes_told == 1 &&
         s->late == 0 && s->writes_misordered == 0 &&
         hvuv_get_write_queue_size(&s->stream) == 0;
}

static int free_sides(rig_t* rig) {
  side_t* side;
  int unsound;

  unsound = 0;
  while ((side = rig->sides) != NULL) {
    rig->sides = side->next;
    if (!is_sound(side)) {
      unsound++;
      print_error("A stream told connects %d/%d, writes %d/%d, shutdowns "
                  "%d/%d, closes %d/1; late %d, misordered %d, queue %lu\n",
                  side->connects_told,
                  side->connects_asked,
                  side->writes_told,
                  side->writes_asked,
                  side->shutdowns_told,
                  side->shutdowns_asked,
                  side->closes_told,
                  side->late,
                  side->writes_misordered,
                  (unsigned long) side->stream.write_queue_size);
    }
    free(side);
  }
  return unsound;
}

/* Everything but what is open still. */
static int end(rig_t* rig) {
  side_t* side;
  int unsound;
  int err;

  for (side = rig->sides; side != NULL; side = side->next)
    side_close(side);
  uv_close((uv_handle_t*) &rig->watchdog, NULL);
  turn_close(&rig->turn);
  uv_run(&rig->loop, UV_RUN_DEFAULT);
  err = uv_loop_close(&rig->loop);
  if (err != 0)
    print_error("uv_loop_close(): %s\n", uv_err_name(err));
  unsound = free_sides(rig);
  if (rig->transport != NULL && rig->transport->finish != NULL)
    rig->transport->finish(rig);

  endpoint_close();
  return err != 0 || unsound > 0 ? -1 : 0;
}

int rig_teardown(void** state) {
  rig_t* rig = *state;
  int descriptors;
  int err;

  err = end(rig);
  descriptors = count_descriptors(rig);
  if (descriptors != rig->descriptors) {
    print_error(
        "%d descriptors before, %d after\n", rig->descriptors, descriptors);
    err = -1;
  }
  free(rig);
  alloc_check();
  return err;
}

int rig_teardown_leaky(void** state) {
  rig_t* rig = *state;
  int err;

  err = end(rig);
  free(rig);
  alloc_check();
  return err;
}

int rig_prints_and_parses(const hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN];
  size_t size;
  hvuv_addr_t again;

  size = sizeof(text);
  return hvuv_addr_format(addr, text, &size) == 0 &&
         hvuv_addr_parse(text, &again) == 0 && hvuv_addr_equal(addr, &again);
}

void rig_need_addresses(const rig_t* rig) {
  if (!is_adopting(rig))
    return;
  print_message("Sockets are adopted here and have no addresses\n");
  skip();
}

void rig_need_half_close(const rig_t* rig) {
  if (!rig->transport->is_stingy)
    return;
  print_message("Here the end of one direction is not only its own\n");
  skip();
}

void rig_need_descriptors(unsigned long n) {
  if (endpoint_need_descriptors(n) == 0)
    return;
  print_message("Needs %lu descriptors: ulimit -n %lu\n", n, n);
  skip();
}
