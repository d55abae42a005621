/*
 * One callback for the process, under a lock that is held while it runs, so
 * that whoever replaces it knows that it runs no more. A thread that is inside
 * the callback already writes nothing: `inside` is set for it then, and stands
 * for holding the lock.
 *
 * The rate of a place is kept as one number, the time that its entries have
 * spent: each one moves it on by 1/rate of a second, and it is never further
 * behind the clock than what may come at once.
 */
#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/mutex.h"

#define DEFAULT_RATE 20
#define SECOND_NS    UINT64_C(1000000000)

/* How many seconds' entries may come at once. */
#define BURST_S 2

int hvuv__log_level;

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static uv_key_t inside;

static struct {
  hvuv_log_cb cb;
  void* arg;
  unsigned int number;
  unsigned int rate;
} setting = {.rate = DEFAULT_RATE};

static void init(void) {
  if (uv_mutex_init(&lock) != 0 || uv_key_create(&inside) != 0)
    abort(); /* As libuv does where there is no memory for such. */
}

void hvuv__log_lock(void) {
  uv_once(&once, init);
  if (uv_key_get(&inside) == NULL)
    uv_mutex_lock(&lock);
}

void hvuv__log_unlock(void) {
  if (uv_key_get(&inside) == NULL)
    uv_mutex_unlock(&lock);
}

/* Whoever forks from inside the callback has it again. */
void hvuv__log_renew(void) {
  hvuv__mutex_renew(&lock);
  if (uv_key_get(&inside) != NULL)
    uv_mutex_lock(&lock);
}

static void store_level(int level) {
#if defined(__GNUC__)
  __atomic_store_n(&hvuv__log_level, level, __ATOMIC_RELAXED);
#else
  *(volatile int*) &hvuv__log_level = level;
#endif
}

/* --- Settings ------------------------------------------------------------- */

void hvuv_set_log(hvuv_log_level_t level, hvuv_log_cb cb, void* arg) {
  int wanted = (int) level;

  if (wanted < HVUV_LOG_ERROR)
    wanted = HVUV_LOG_ERROR;
  if (wanted > HVUV_LOG_DEBUG)
    wanted = HVUV_LOG_DEBUG;
  hvuv__log_lock();
  setting.cb = cb;
  setting.arg = arg;
  setting.number++;
  store_level(cb == NULL ? 0 : wanted);
  hvuv__log_unlock();
}

void hvuv_set_log_rate(unsigned int per_second) {
  hvuv__log_lock();
  setting.rate = per_second;
  setting.number++;
  hvuv__log_unlock();
}

static const char* const names[] = {
    [HVUV_LOG_ERROR] = "error",
    [HVUV_LOG_WARNING] = "warning",
    [HVUV_LOG_INFO] = "info",
    [HVUV_LOG_DEBUG] = "debug",
};

const char* hvuv_log_level_name(hvuv_log_level_t level) {
  if ((int) level < HVUV_LOG_ERROR || (int) level > HVUV_LOG_DEBUG)
    return "unknown";
  return names[level];
}

int hvuv_log_level_parse(const char* name, hvuv_log_level_t* level) {
  int i;

  for (i = HVUV_LOG_ERROR; name != NULL && i <= HVUV_LOG_DEBUG; i++)
    if (strcmp(name, names[i]) == 0) {
      *level = (hvuv_log_level_t) i;
      return 0;
    }
  return UV_EINVAL;
}

/* --- Writing: all under the lock ------------------------------------------ */

/* Whether the place may make one more entry now. */
static int may_write(hvuv__log_place_t* place, uint64_t now_ns) {
  uint64_t step_ns;

  if (place->setting != setting.number) {
    place->setting = setting.number;
    place->spent_ns = 0;
    place->left_out = 0;
  }
  if (setting.rate == 0)
    return 1;

  step_ns = SECOND_NS / setting.rate;
  if (now_ns > BURST_S * SECOND_NS &&
      place->spent_ns < now_ns - BURST_S * SECOND_NS)
    place->spent_ns = now_ns - BURST_S * SECOND_NS;
  if (place->spent_ns + step_ns > now_ns) {
    place->left_out++;
    return 0;
  }
  place->spent_ns += step_ns;
  return 1;
}

/* What may stand in a name that a peer has chosen is no matter for a
 * terminal. */
static void clean(char* text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char) *text < ' ' || *text == 127)
      *text = '?';
    /* U+0080 to U+009F */
    if ((unsigned char) text[0] == 0xc2 &&
        ((unsigned char) text[1] & 0xe0) == 0x80)
      text[0] = text[1] = '?';
  }
}

static void call(const hvuv__log_place_t* place,
                 hvuv_log_level_t level,
                 char* text) {
  clean(text);
  if (setting.cb != NULL) /* It may have been taken away by itself. */
    setting.cb(level, place->name, text, setting.arg);
}

static void write_entry(hvuv__log_place_t* place,
                        hvuv_log_level_t level,
                        char* text) {
  char left_out[64];

  if (place->left_out > 0) {
    snprintf(left_out,
             sizeof(left_out),
             "%llu entries before this one were left out",
             (unsigned long long) place->left_out);
    place->left_out = 0;
    call(place, level, left_out);
  }
  call(place, level, text);
}

void hvuv__log(hvuv__log_place_t* place,
               hvuv_log_level_t level,
               const char* format,
               ...) {
  char text[HVUV_LOG_TEXT_MAX];
  va_list args;

  assert(place->name != NULL);
  assert((int) level >= HVUV_LOG_ERROR && (int) level <= HVUV_LOG_DEBUG);
  uv_once(&once, init);
  if (uv_key_get(&inside) != NULL)
    return;

  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  uv_mutex_lock(&lock);
  if (setting.cb != NULL && may_write(place, uv_hrtime())) {
    uv_key_set(&inside, &inside);
    write_entry(place, level, text);
    uv_key_set(&inside, NULL);
  }
  uv_mutex_unlock(&lock);
}
