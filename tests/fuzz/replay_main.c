/* Runs a fuzz target over files and folders of files named on the command
 * line: how a compiler without libFuzzer replays the corpus. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/* Corpus files are small; more is a mistake on the command line. */
#define FILE_BYTES_MAX ((size_t) 1 << 20)

static unsigned int files_run;

static int run_file(const char* path) {
  uint8_t* data;
  size_t size;
  FILE* file;
  int failed;

  file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "%s: cannot be opened\n", path);
    return 1;
  }
  data = malloc(FILE_BYTES_MAX);
  if (data == NULL)
    abort();
  size = fread(data, 1, FILE_BYTES_MAX, file);
  failed = ferror(file) || size == FILE_BYTES_MAX;
  fclose(file);

  if (failed) {
    fprintf(stderr, "%s: cannot be read, or is too large\n", path);
  } else {
    /* Printed before the run, so that an abort is behind its file. */
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    files_run++;
  }
  free(data);
  return failed;
}

static int run_entry(const char* folder, const char* name) {
  char path[1024];
  int len;

  len = snprintf(path, sizeof(path), "%s/%s", folder, name);
  if (len < 0 || (size_t) len >= sizeof(path)) {
    fprintf(stderr, "%s/%s: the path is too long\n", folder, name);
    return 1;
  }
  return run_file(path);
}

static int run_path(const char* path) {
  uv_dirent_t entry;
  uv_fs_t req;
  int failed = 0;

  if (uv_fs_scandir(NULL, &req, path, 0, NULL) < 0) {
    uv_fs_req_cleanup(&req);
    return run_file(path);
  }
  while (uv_fs_scandir_next(&req, &entry) == 0)
    failed |= run_entry(path, entry.name);
  uv_fs_req_cleanup(&req);
  return failed;
}

int main(int argc, char** argv) {
  int failed = 0;
  int i;

  for (i = 1; i < argc; i++)
    failed |= run_path(argv[i]);

  /* A test that ran nothing must not look like one that passed. */
  printf("%u files\n", files_run);
  return failed || files_run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
