/* VMs where no manager of Windows is: the partitions of `local`. And what holds
 * everywhere: arguments, cancelling, when callbacks come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/stream.h"
#include "hvuv/vm.h"
#include "support/endpoint.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y "7f1c9fad-5d7d-4d1f-8bad-1a701b2c3d4e"

/* libuv's pool has 4 threads unless UV_THREADPOOL_SIZE says otherwise. */
#define WORKERS 128

static uv_loop_t loop;
static hvuv_stream_t streams[4];
static size_t stream_count;
static hvuv_vm_req_t req;

/* What the callback got. */
static int called;
static int status;
static hvuv_vm_t vms[8];
static size_t count;

static void on_vms(hvuv_vm_req_t* r, int err) {
  assert_ptr_equal(r, &req);
  called++;
  status = err;
  count = r->count;
  if (err == 0 && count > 0 && count <= sizeof(vms) / sizeof(vms[0]))
    memcpy(vms, r->vms, count * sizeof(vms[0]));
}

static int setup(void** state) {
  (void) state;
  called = 0;
  stream_count = 0;
  memset(&req, 0, sizeof(req));
  endpoint_open();
  return uv_loop_init(&loop);
}

static int teardown(void** state) {
  size_t i;

  (void) state;
  for (i = 0; i < stream_count; i++)
    hvuv_close(&streams[i], NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
  endpoint_close();
  return 0;
}

static void on_connection(hvuv_stream_t* stream, int err) {
  (void) stream;
  (void) err;
}

/* Plays a partition that listens at a port. */
static void listen_in(const char* partition, const char* text) {
  hvuv_stream_t* stream = &streams[stream_count++];
  hvuv_addr_t addr;

  if (partition != NULL)
    setenv("HVUV_LOCAL_VM", partition, 1);
  else
    unsetenv("HVUV_LOCAL_VM");
  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  assert_int_equal(hvuv_init(&loop, stream), 0);
  assert_int_equal(hvuv_bind(stream, &addr), 0);
  assert_int_equal(hvuv_listen(stream, 1, on_connection), 0);
  unsetenv("HVUV_LOCAL_VM");
}

static void await(void) {
  int before = called;
  int i;

  for (i = 0; i < 1000 && called == before; i++)
    uv_run(&loop, UV_RUN_ONCE);
  assert_int_equal(called, before + 1);
}

static int find(const char* name) {
  assert_int_equal(hvuv_vm_find(&loop, &req, name, on_vms), 0);
  await();
  return status;
}

static void test_partitions_are_listed_once_and_the_host_is_none(void** state) {
  (void) state;
  listen_in(X, "local://any/5000");
  listen_in(X, "local://any/5001");
  listen_in(Y, "local://any/5000");
  listen_in(NULL, "local://any/5000");
  assert_int_equal(hvuv_vm_list(&loop, &req, on_vms), 0);
  await();
  assert_int_equal(status, 0);
  assert_int_equal(count, 2);
  assert_false(hvuv_guid_equal(&vms[0].id, &vms[1].id));
  assert_string_equal(vms[0].owner, "local");
  assert_string_equal(vms[0].name, "");
  assert_int_equal(vms[0].state, HVUV_VM_STATE_RUNNING);
}

static void test_a_partition_is_found_by_its_id(void** state) {
  hvuv_guid_t x;

  (void) state;
  listen_in(X, "local://any/5000");
  assert_int_equal(find(X), 0);
  assert_int_equal(count, 1);
  assert_int_equal(hvuv_guid_parse(X, &x), 0);
  assert_true(hvuv_guid_equal(&vms[0].id, &x));
  assert_int_equal(find(Y), UV_ENOENT);
  assert_int_equal(count, 0);
}

static void test_without_partitions_the_list_is_empty(void** state) {
  (void) state;
  assert_int_equal(hvuv_vm_list(&loop, &req, on_vms), 0);
  await();
  assert_int_equal(status, 0);
  assert_int_equal(count, 0);
}

static void test_names_are_not_known_here(void** state) {
  (void) state;
  assert_int_equal(find("debian"), UV_ENOTSUP);
  assert_int_equal(find("wsl"), UV_ENOTSUP);
}

static void test_mistakes_are_returned_and_not_called_back(void** state) {
  char name[HVUV_VM_NAME_SIZE + 1];

  (void) state;
  memset(name, 'a', sizeof(name));
  name[HVUV_VM_NAME_SIZE] = '\0';
  assert_int_equal(hvuv_vm_find(NULL, &req, "a", on_vms), UV_EINVAL);
  assert_int_equal(hvuv_vm_find(&loop, NULL, "a", on_vms), UV_EINVAL);
  assert_int_equal(hvuv_vm_find(&loop, &req, NULL, on_vms), UV_EINVAL);
  assert_int_equal(hvuv_vm_find(&loop, &req, "a", NULL), UV_EINVAL);
  assert_int_equal(hvuv_vm_find(&loop, &req, "", on_vms), UV_EINVAL);
  assert_int_equal(hvuv_vm_find(&loop, &req, name, on_vms), UV_ENAMETOOLONG);
  assert_int_equal(hvuv_vm_list(&loop, &req, NULL), UV_EINVAL);
  assert_int_equal(hvuv_vm_cancel(NULL), UV_EINVAL);
  assert_int_equal(hvuv_vm_cancel(&req), UV_EINVAL);
  name[HVUV_VM_NAME_SIZE - 1] = '\0';
  assert_int_equal(find(name), UV_ENOTSUP);
  assert_int_equal(called, 1);
}

static void test_the_request_keeps_its_data_and_can_ask_again(void** state) {
  size_t n = 1;

  (void) state;
  hvuv_vm_req_set_data(&req, &n);
  assert_int_equal(find(X), UV_ENOENT);
  assert_int_equal(find(X), UV_ENOENT);
  assert_ptr_equal(hvuv_vm_req_get_data(&req), &n);
  assert_null(hvuv_vm_req_get_vms(&req, &n));
  assert_int_equal(n, 0);
  assert_int_equal(hvuv_vm_req_size(), sizeof(req));
}

/* --- Cancelling --- */

static uv_work_t workers[WORKERS];
static uv_sem_t gate;

static void on_worker(uv_work_t* worker) {
  (void) worker;
  uv_sem_wait(&gate);
}

static void on_worker_done(uv_work_t* worker, int err) {
  (void) worker;
  (void) err;
}

static void test_a_waiting_request_is_cancelled(void** state) {
  int i;

  (void) state;
  assert_int_equal(uv_sem_init(&gate, 0), 0);
  for (i = 0; i < WORKERS; i++)
    assert_int_equal(
        uv_queue_work(&loop, &workers[i], on_worker, on_worker_done), 0);
  assert_int_equal(hvuv_vm_find(&loop, &req, X, on_vms), 0);
  assert_int_equal(hvuv_vm_cancel(&req), 0);
  assert_int_equal(called, 0);
  await();
  assert_int_equal(status, UV_ECANCELED);
  assert_int_equal(hvuv_vm_cancel(&req), UV_EINVAL);
  for (i = 0; i < WORKERS; i++)
    uv_sem_post(&gate);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_sem_destroy(&gate);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_partitions_are_listed_once_and_the_host_is_none),
      TEST(test_a_partition_is_found_by_its_id),
      TEST(test_without_partitions_the_list_is_empty),
      TEST(test_names_are_not_known_here),
      TEST(test_mistakes_are_returned_and_not_called_back),
      TEST(test_the_request_keeps_its_data_and_can_ask_again),
      TEST(test_a_waiting_request_is_cancelled),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
