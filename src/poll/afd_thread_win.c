/*
 * Two locks. `crowd` guards which threads are idle, and every change of a
 * thread's state; a thread takes it only when it has waited for long or was
 * asked to look. A thread's own lock guards what has arrived and who is woken,
 * so that whoever gives a thread back is never woken after that.
 *
 * Blocks are the system's, not those of hvuv_replace_allocator(): a thread
 * outlives the last loop, and with it perhaps the program's allocator.
 */
#include "poll/afd_thread_win.h"

#include <assert.h>
#include <uv.h>

#include "sys/sys_win.h"

#define ANSWERS_AT_ONCE 64

/* The completion key by which a thread looks at its state. */
#define KEY_LOOK 1

/* How long a thread that no loop has waits for the next one. */
#define IDLE_MS 1000

/* Between attempts after the system had no memory for one, as it may again. */
#define RETRY_MS 10

/* Stack, of which little is used. */
#define STACK_BYTES 65536

enum state { BUSY, IDLE, ENDING };

struct hvuv__afd_thread_s {
  HANDLE port;
  HMODULE module; /* the code's, held until the thread has ended */

  /* Under `crowd`. */
  enum state state;
  hvuv__afd_thread_t* next_idle;

  /* Under `lock`. */
  SRWLOCK lock;
  CONDITION_VARIABLE has_arrived;
  hvuv__afd_poll_t* head;
  hvuv__afd_poll_t* tail;
  hvuv__afd_wake_cb wake; /* NULL while no loop has it */
  void* owner;
};

static SRWLOCK crowd = SRWLOCK_INIT;
static hvuv__afd_thread_t* idle; /* the last one given back first */

/* --- In the thread ------------------------------------------------------- */

static void leave_idle(hvuv__afd_thread_t* t) {
  hvuv__afd_thread_t** link;

  for (link = &idle; *link != t; link = &(*link)->next_idle)
    assert(*link != NULL);
  *link = t->next_idle;
}

/* Returns how long to wait for the next answer, 0 if the thread is to end. */
static DWORD look(hvuv__afd_thread_t* t, int has_waited) {
  DWORD timeout_ms;

  AcquireSRWLockExclusive(&crowd);
  if (t->state == IDLE && has_waited) {
    leave_idle(t);
    t->state = ENDING;
  }
  timeout_ms = t->state == BUSY ? INFINITE : IDLE_MS;
  if (t->state == ENDING)
    timeout_ms = 0;
  ReleaseSRWLockExclusive(&crowd);
  return timeout_ms;
}

static void push(hvuv__afd_thread_t* t, hvuv__afd_poll_t* poll) {
  poll->next_arrived = NULL;
  if (t->head == NULL)
    t->head = poll;
  else
    t->tail->next_arrived = poll;
  t->tail = poll;
}

/* Returns 1 if it is to look at its state. */
static int arrive(hvuv__afd_thread_t* t,
                  const OVERLAPPED_ENTRY* entries,
                  ULONG n) {
  int is_to_look = 0;
  ULONG i;

  AcquireSRWLockExclusive(&t->lock);
  for (i = 0; i < n; i++) {
    if (entries[i].lpCompletionKey == KEY_LOOK)
      is_to_look = 1;
    else
      push(t, (hvuv__afd_poll_t*) (void*) entries[i].lpOverlapped);
  }
  if (t->head != NULL) {
    WakeConditionVariable(&t->has_arrived);
    if (t->wake != NULL)
      t->wake(t->owner);
  }
  ReleaseSRWLockExclusive(&t->lock);
  return is_to_look;
}

static DWORD WINAPI run(void* arg) {
  OVERLAPPED_ENTRY entries[ANSWERS_AT_ONCE];
  hvuv__afd_thread_t* t = arg;
  DWORD timeout_ms = INFINITE;
  HMODULE module;
  ULONG n;

  while (timeout_ms != 0) {
    if (GetQueuedCompletionStatusEx(
            t->port, entries, ANSWERS_AT_ONCE, &n, timeout_ms, FALSE)) {
      if (arrive(t, entries, n))
        timeout_ms = look(t, 0);
    } else if (GetLastError() == WAIT_TIMEOUT) {
      timeout_ms = look(t, 1);
    } else {
      Sleep(RETRY_MS);
    }
  }

  assert(t->wake == NULL && t->state == ENDING);
  module = t->module;
  CloseHandle(t->port);
  HeapFree(GetProcessHeap(), 0, t);
  FreeLibraryAndExitThread(module, 0);
}

/* --- In a loop's --------------------------------------------------------- */

static int create_with(hvuv__afd_thread_t* t) {
  HANDLE thread;
  DWORD error;

  t->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  if (t->port == NULL)
    return hvuv__sys_error(GetLastError());
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                          (const WCHAR*) (void*) &crowd,
                          &t->module)) {
    error = GetLastError();
    goto close_port;
  }

  thread = CreateThread(
      NULL, STACK_BYTES, run, t, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  if (thread != NULL) {
    CloseHandle(thread);
    return 0;
  }
  error = GetLastError();
  FreeLibrary(t->module);
close_port:
  CloseHandle(t->port);
  return hvuv__sys_error(error);
}

static int create(hvuv__afd_thread_t** thread) {
  hvuv__afd_thread_t* t;
  int err;

  t = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*t));
  if (t == NULL)
    return UV_ENOMEM;
  InitializeSRWLock(&t->lock);
  InitializeConditionVariable(&t->has_arrived);
  err = create_with(t);
  if (err != 0) {
    HeapFree(GetProcessHeap(), 0, t);
    return err;
  }
  *thread = t;
  return 0;
}

static hvuv__afd_thread_t* take_idle(void) {
  hvuv__afd_thread_t* t;

  AcquireSRWLockExclusive(&crowd);
  t = idle;
  if (t != NULL) {
    assert(t->state == IDLE);
    idle = t->next_idle;
    t->state = BUSY;
  }
  ReleaseSRWLockExclusive(&crowd);
  return t;
}

int hvuv__afd_thread_take(void* owner,
                          hvuv__afd_wake_cb wake,
                          hvuv__afd_thread_t** thread) {
  hvuv__afd_thread_t* t;
  int err;

  assert(wake != NULL);
  t = take_idle();
  err = t == NULL ? create(&t) : 0;
  if (err != 0)
    return err;

  AcquireSRWLockExclusive(&t->lock);
  assert(t->wake == NULL && t->head == NULL);
  t->owner = owner;
  t->wake = wake;
  ReleaseSRWLockExclusive(&t->lock);
  *thread = t;
  return 0;
}

HANDLE hvuv__afd_thread_port(const hvuv__afd_thread_t* t) {
  return t->port;
}

static hvuv__afd_poll_t* fetch_locked(hvuv__afd_thread_t* t) {
  hvuv__afd_poll_t* head = t->head;

  assert(t->wake != NULL);
  t->head = NULL;
  return head;
}

hvuv__afd_poll_t* hvuv__afd_thread_fetch(hvuv__afd_thread_t* t) {
  hvuv__afd_poll_t* head;

  AcquireSRWLockExclusive(&t->lock);
  head = fetch_locked(t);
  ReleaseSRWLockExclusive(&t->lock);
  return head;
}

hvuv__afd_poll_t* hvuv__afd_thread_await(hvuv__afd_thread_t* t,
                                         DWORD timeout_ms) {
  hvuv__afd_poll_t* head;

  AcquireSRWLockExclusive(&t->lock);
  while (t->head == NULL)
    if (!SleepConditionVariableSRW(&t->has_arrived, &t->lock, timeout_ms, 0))
      break;
  head = fetch_locked(t);
  ReleaseSRWLockExclusive(&t->lock);
  return head;
}

void hvuv__afd_thread_give(hvuv__afd_thread_t* t, int is_quiet) {
  AcquireSRWLockExclusive(&t->lock);
  assert(t->wake != NULL && (t->head == NULL || !is_quiet));
  t->wake = NULL;
  t->owner = NULL;
  t->head = NULL;
  ReleaseSRWLockExclusive(&t->lock);

  /* Under the lock, without which it cannot end and close the port. If it
   * cannot be asked to look it waits without a limit, for the next loop to take
   * it. */
  AcquireSRWLockExclusive(&crowd);
  assert(t->state == BUSY);
  t->state = is_quiet ? IDLE : ENDING;
  if (is_quiet) {
    t->next_idle = idle;
    idle = t;
  }
  PostQueuedCompletionStatus(t->port, 0, KEY_LOOK, NULL);
  ReleaseSRWLockExclusive(&crowd);
}
