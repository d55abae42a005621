/* What libuv does alike on all systems. */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

void files_make(const char* path) {
  uv_buf_t bytes = uv_buf_init((char*) "mine", 4);
  uv_fs_t req;
  int file;

  file = uv_fs_open(NULL,
                    &req,
                    path,
                    UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL,
                    0600,
                    NULL);
  uv_fs_req_cleanup(&req);
  assert_true(file >= 0);
  assert_int_equal(uv_fs_write(NULL, &req, file, &bytes, 1, 0, NULL), 4);
  uv_fs_req_cleanup(&req);
  uv_fs_close(NULL, &req, file, NULL);
  uv_fs_req_cleanup(&req);
}

void files_remove(const char* path) {
  uv_fs_t req;

  assert_int_equal(uv_fs_unlink(NULL, &req, path, NULL), 0);
  uv_fs_req_cleanup(&req);
}

void files_remove_folder(const char* path) {
  uv_fs_t req;

  assert_int_equal(uv_fs_rmdir(NULL, &req, path, NULL), 0);
  uv_fs_req_cleanup(&req);
}
