#include "listeners.h"

#include <stdlib.h>

/* Listeners may come while they are counted; more often than this they do
 * not. */
#define ATTEMPTS 10

int list_listeners(hvuv_local_listener_t** all, size_t* count) {
  int err = UV_ENOBUFS;
  int i;

  *all = NULL;
  *count = 0;
  for (i = 0; i < ATTEMPTS && err == UV_ENOBUFS; i++) {
    err = hvuv_local_list(*all, count);
    if (err != UV_ENOBUFS)
      break;
    free(*all);
    *count += 8;
    *all = calloc(*count, sizeof(**all));
    if (*all == NULL)
      return UV_ENOMEM;
  }
  if (err != 0) {
    free(*all);
    *all = NULL;
  }
  return err;
}
