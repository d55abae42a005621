/* A file with secrets. keeper.h knows which files may keep them. */
#ifndef HVUV_SRC_AUTH_SECRET_FILE_H
#define HVUV_SRC_AUTH_SECRET_FILE_H

#include "auth/secrets.h"

/* What hvuv_auth_load() returns. */
int hvuv__secret_file_read(const char* path, hvuv__secrets_t* secrets);

#endif /* HVUV_SRC_AUTH_SECRET_FILE_H */
