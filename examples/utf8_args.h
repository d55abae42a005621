/* The arguments of a program in UTF-8, as hvuv wants them, which Windows gives
 * in whatever code page it likes; and a console that shows what it prints. */
#ifndef HVUV_EXAMPLES_UTF8_ARGS_H
#define HVUV_EXAMPLES_UTF8_ARGS_H

#if defined(_WIN32)

#include <uv.h> /* <windows.h>, in libuv's order */

#include <shellapi.h>
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

#else

static inline char** utf8_args(int* argc, char** argv) {
  (void) argc;
  return argv;
}

#endif

#endif /* HVUV_EXAMPLES_UTF8_ARGS_H */
