/*
 * heap_errors overrun|freed|twice: misuses its heap, to show that ./dev
 * wine-heap sees it. Without that it ends with 77.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 40

/* Volatile, so that no compiler sees through what follows. */
static char* volatile block;

static int is_checked(void) {
  const char* channels = getenv("WINEDEBUG");
  return channels != NULL && strstr(channels, "heap") != NULL;
}

int main(int argc, char** argv) {
  const char* misuse = argc > 1 ? argv[1] : "";

  if (!is_checked()) {
    puts("Wine does not check the heap now: ./dev wine-heap does");
    return 77;
  }
  block = malloc(BLOCK_BYTES);
  if (block == NULL)
    return 1;

  if (strcmp(misuse, "overrun") == 0)
    block[BLOCK_BYTES] = 'x';
  free(block);
  if (strcmp(misuse, "freed") == 0)
    block[BLOCK_BYTES / 2] = 'x';
  if (strcmp(misuse, "twice") == 0)
    free(block);

  block = malloc(BLOCK_BYTES); /* looks at what is free */
  free(block);
  return 0;
}
