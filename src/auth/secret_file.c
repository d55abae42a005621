/* The file is looked at after it has been opened, so that what was looked at is
 * what is read. */
#include "auth/secret_file.h"

#include <assert.h>

#include "auth/keeper.h"
#include "auth/mac.h"

/* What uv_fs_*() without a loop has returned; its request is done with. */
static int done(uv_fs_t* req) {
  int result = (int) req->result;

  uv_fs_req_cleanup(req);
  return result;
}

static int open_file(const char* path) {
  uv_fs_t req;

  /* A FIFO would have us wait for its writer. */
  uv_fs_open(NULL, &req, path, UV_FS_O_RDONLY | UV_FS_O_NONBLOCK, 0, NULL);
  return done(&req);
}

static void close_file(uv_file file) {
  uv_fs_t req;

  uv_fs_close(NULL, &req, file, NULL);
  done(&req);
}

static int check_file(uv_file file) {
  uv_stat_t stat;
  uv_fs_t req;
  int err;

  uv_fs_fstat(NULL, &req, file, NULL);
  stat = req.statbuf;
  err = done(&req);
  return err != 0 ? err : hvuv__keeper_check(&stat);
}

/* All of it, up to room bytes: how many, or an error. */
static int read_file(uv_file file, char* text, size_t room) {
  size_t used = 0;
  uv_buf_t buf;
  uv_fs_t req;
  int n;

  do {
    buf = uv_buf_init(text + used, (unsigned int) (room - used));
    uv_fs_read(NULL, &req, file, &buf, 1, -1, NULL);
    n = done(&req);
    if (n < 0)
      return n;
    used += (size_t) n;
    assert(used <= room);
  } while (n > 0 && used < room);
  return (int) used;
}

int hvuv__secret_file_read(const char* path, hvuv__secrets_t* secrets) {
  char text[HVUV__SECRETS_TEXT_MAX + 1];
  uv_file file;
  int n;

  file = open_file(path);
  if (file < 0)
    return file;
  n = check_file(file);
  if (n == 0)
    n = read_file(file, text, sizeof(text));
  close_file(file);
  if (n >= 0)
    n = n > HVUV__SECRETS_TEXT_MAX
            ? UV_EINVAL
            : hvuv__secrets_parse(secrets, text, (size_t) n);
  hvuv__mac_wipe(text, sizeof(text));
  return n;
}
