/*
 * Files and folders that a test puts in the way of `local` and `hybrid`, and what it
 * finds there. Paths as endpoint_path() makes them. What cannot be fails the test.
 */
#ifndef HVUV_TESTS_SUPPORT_FILES_H
#define HVUV_TESTS_SUPPORT_FILES_H

enum files_kind {
  FILES_NONE,
  FILES_FILE,
  FILES_FOLDER,
  FILES_SOCKET,
  FILES_OTHER
};

/* A folder that hvuv takes for this user's alone. */
void files_make_folder(const char* path);

/* Whether there is one, and it is that. */
int files_is_private(const char* path);

/* Opens a folder to everybody. */
void files_open_folder(const char* path);

/* A file with four bytes in it. */
void files_make(const char* path);

/* Links are not followed. */
enum files_kind files_kind_of(const char* path);

/* Also a socket that is bound. */
void files_remove(const char* path);
void files_remove_folder(const char* path);

#endif /* HVUV_TESTS_SUPPORT_FILES_H */
