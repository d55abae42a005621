#include "auth/lock.h"

#include "base/mutex.h"
#include "sys/sys.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static int lock_err;

static void in_child(void) {
  hvuv__mutex_renew(&lock);
}

static void init_lock(void) {
  lock_err = uv_mutex_init(&lock);
  if (lock_err == 0)
    lock_err =
        hvuv__sys_watch_forks(hvuv__auth_lock, hvuv__auth_unlock, in_child);
}

int hvuv__auth_lock_init(void) {
  uv_once(&once, init_lock);
  return lock_err;
}

void hvuv__auth_lock(void) {
  uv_mutex_lock(&lock);
}

void hvuv__auth_unlock(void) {
  uv_mutex_unlock(&lock);
}
