/* A wsl.exe that prints the variable FAKE_WSL, if it is asked for the id of the VM;
 * or
 *
 *   utf16:TEXT   the text in UTF-16, as wsl.exe itself prints
 *   exit:N       nothing, and exits with N
 *   late         nothing, for a minute
 *   flood        for ever
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

static void put(const void* bytes, size_t len) {
  DWORD written;

  if (!WriteFile(
          GetStdHandle(STD_OUTPUT_HANDLE), bytes, (DWORD) len, &written, NULL))
    exit(3);
}

static void put_utf16(const char* text) {
  wchar_t unit;

  for (; *text != '\0'; text++) {
    unit = (wchar_t) *text;
    put(&unit, sizeof(unit));
  }
}

int main(int argc, char** argv) {
  const char* text = getenv("FAKE_WSL");

  if (text == NULL || argc != 4 || strcmp(argv[1], "--") != 0 ||
      strcmp(argv[2], "wslinfo") != 0 || strcmp(argv[3], "--vm-id") != 0)
    return 2;
  if (strncmp(text, "exit:", 5) == 0)
    return atoi(text + 5);
  if (strcmp(text, "late") == 0)
    Sleep(60000);
  else if (strncmp(text, "utf16:", 6) == 0)
    put_utf16(text + 6);
  else
    do
      put(text, strlen(text));
    while (strcmp(text, "flood") == 0);
  return 0;
}
