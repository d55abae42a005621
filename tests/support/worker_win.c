/* Workers on Windows: CreateProcessW(), and a pipe each way. */
#include "worker.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "endpoint.h"

#define PATIENCE_MS 30000
#define LINE_ROOM   512

/* --- In the worker */

static volatile LONG deadline_s; /* by GetTickCount64(); 0: none */

static LONG now_s(void) {
  return (LONG) (GetTickCount64() / 1000) + 1;
}

static DWORD WINAPI watch(LPVOID unused) {
  LONG end;

  (void) unused;
  for (;;) {
    Sleep(1000);
    end = deadline_s;
    if (end != 0 && now_s() > end)
      ExitProcess(99);
  }
}

void worker_alarm(unsigned int seconds) {
  static HANDLE thread;

  if (thread == NULL)
    thread = CreateThread(NULL, 0, watch, NULL, 0, NULL);
  InterlockedExchange(&deadline_s, seconds == 0 ? 0 : now_s() + (LONG) seconds);
}

void worker_yield(void) {
  SwitchToThread();
}

/* --- In the test */

static void die(const char* what) {
  fprintf(stderr, "worker: %s: %lu\n", what, GetLastError());
  abort();
}

/* A pipe of which a program that is started has one end. */
static void make_pipe(HANDLE* ours, HANDLE* its, int it_reads) {
  SECURITY_ATTRIBUTES shared = {sizeof(shared), NULL, TRUE};

  if (!CreatePipe(it_reads ? its : ours, it_reads ? ours : its, &shared, 0) ||
      !SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0))
    die("CreatePipe");
}

int worker_runs(const worker_t* w) {
  return w->process != NULL;
}

void worker_start(worker_t* w, const char* vm_id) {
  PROCESS_INFORMATION info;
  STARTUPINFOW start;
  WCHAR line[MAX_PATH + 32];
  WCHAR path[MAX_PATH];
  HANDLE in;
  HANDLE out;

  make_pipe(&w->to_it, &in, 1);
  make_pipe(&w->from_it, &out, 0);
  memset(&start, 0, sizeof(start));
  start.cb = sizeof(start);
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = in;
  start.hStdOutput = out;
  start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  GetModuleFileNameW(NULL, path, MAX_PATH);
  swprintf(line, MAX_PATH + 32, L"\"%ls\" %hs", path, WORKER_ARGUMENT);
  endpoint_play(vm_id);
  if (!CreateProcessW(
          path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &info))
    die("CreateProcess");
  endpoint_play(NULL);
  CloseHandle(in);
  CloseHandle(out);
  CloseHandle(info.hThread);
  w->process = info.hProcess;
}

void worker_say(worker_t* w, const char* format, ...) {
  char line[LINE_ROOM];
  va_list args;
  DWORD written;
  int len;

  va_start(args, format);
  len = vsnprintf(line, sizeof(line) - 1, format, args);
  va_end(args);
  if (len < 0 || len >= LINE_ROOM - 1)
    die("a line is too long");
  line[len++] = '\n';
  WriteFile(w->to_it, line, (DWORD) len, &written, NULL);
}

/* Whether there is a byte to be read; pipes have no other way to wait. */
static int await(worker_t* w, ULONGLONG end) {
  DWORD available = 0;

  while (GetTickCount64() < end) {
    if (!PeekNamedPipe(w->from_it, NULL, 0, NULL, &available, NULL))
      return 0;
    if (available > 0)
      return 1;
    Sleep(1);
  }
  return 0;
}

const char* worker_hear(worker_t* w) {
  ULONGLONG end = GetTickCount64() + PATIENCE_MS;
  size_t n = 0;
  DWORD got;
  char byte;

  while (n < sizeof(w->answer) - 1 && await(w, end) &&
         ReadFile(w->from_it, &byte, 1, &got, NULL) && got == 1 && byte != '\n')
    if (byte != '\r')
      w->answer[n++] = byte;
  w->answer[n] = '\0';
  return w->answer;
}

static int end(worker_t* w) {
  DWORD code = 0;

  CloseHandle(w->to_it);
  if (WaitForSingleObject(w->process, PATIENCE_MS) != WAIT_OBJECT_0)
    die("it does not end");
  GetExitCodeProcess(w->process, &code);
  CloseHandle(w->from_it);
  CloseHandle(w->process);
  w->process = NULL;
  return (int) code;
}

int worker_stop(worker_t* w) {
  return end(w);
}

void worker_kill(worker_t* w) {
  TerminateProcess(w->process, 9);
  end(w);
}
