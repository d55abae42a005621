/* What differs between systems where a program begins: its arguments in UTF-8,
 * as hvuv wants them, which Windows gives in whatever code page it likes; and
 * its standard streams, which POSIX may start it without. */
#ifndef HVUV_EXAMPLES_PROGRAM_OS_H
#define HVUV_EXAMPLES_PROGRAM_OS_H

#if defined(_WIN32)

#include <uv.h> /* <windows.h>, in libuv's order */

#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>

/* NULL if it cannot be told. Lives as long as the program. */
static inline char* utf8_arg(const wchar_t* wide) {
  int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
  char* text = size > 0 ? malloc((size_t) size) : NULL;

  if (text != NULL)
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
  return text;
}

static inline char** utf8_args(int* argc, char** argv) {
  wchar_t** wide = CommandLineToArgvW(GetCommandLineW(), argc);
  char** utf8 = wide == NULL ? NULL : calloc((size_t) *argc + 1, sizeof(*utf8));
  int i;

  if (utf8 == NULL)
    abort();
  (void) argv;
  SetConsoleOutputCP(CP_UTF8);
  for (i = 0; i < *argc; i++) {
    utf8[i] = utf8_arg(wide[i]);
    if (utf8[i] == NULL)
      abort();
  }
  LocalFree(wide);
  return utf8;
}

static inline void open_standard_streams(void) {
}

/* A program without a console has none. */
static inline int is_output_wanted(void) {
  return _fileno(stdout) >= 0;
}

static inline int last_output_error(void) {
  return UV_EIO; /* libuv translates the system's numbers, not errno's */
}

static inline int is_signal_ignored(int signum) {
  (void) signum;
  return 0;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

static inline char** utf8_args(int* argc, char** argv) {
  (void) argc;
  return argv;
}

/* The lowest free number is taken: that of the one which was closed. */
static inline void open_standard_streams(void) {
  int fd;

  for (fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
      abort();
  signal(SIGPIPE, SIG_IGN);
}

static inline int is_output_wanted(void) {
  return 1;
}

static inline int last_output_error(void) {
  return uv_translate_sys_error(errno);
}

static inline int is_signal_ignored(int signum) {
  struct sigaction action;

  return sigaction(signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

#endif

#endif /* HVUV_EXAMPLES_PROGRAM_OS_H */
