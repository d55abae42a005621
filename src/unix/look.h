/* What is at a path, without touching it. */
#ifndef HVUV_SRC_UNIX_LOOK_H
#define HVUV_SRC_UNIX_LOOK_H

enum hvuv__at_path {
  HVUV__AT_UNKNOWN, /* may not be looked at */
  HVUV__AT_NO_FOLDER,
  HVUV__AT_NOTHING,
  HVUV__AT_SOCKET,
  HVUV__AT_FOLDER,
  HVUV__AT_OTHER
};

/* Links are followed, as connect() does. */
enum hvuv__at_path hvuv__unix_look(const char* path);

#endif /* HVUV_SRC_UNIX_LOOK_H */
