/* What the other files of Windows need of sys_win.c besides sys.h. */
#ifndef HVUV_SRC_SYS_SYS_WIN_H
#define HVUV_SRC_SYS_SYS_WIN_H

#include "sys/sys.h"

/* The UV_E* code for a number of Windows' own, WSAGetLastError()'s or
 * GetLastError()'s, which hvuv__sys_original() returns from now on. */
int hvuv__sys_error(unsigned long number);

#endif /* HVUV_SRC_SYS_SYS_WIN_H */
