/* headers.h: what stands before every unit that check.sh shows to clang as MSVC would
 * see it.
 *
 * Windows' own SDK is not here, mingw-w64's headers are, and those want a compiler that
 * says that it is GCC. So they are all included here, with __GNUC__ defined; the unit
 * itself, after that, is compiled without it and with _MSC_VER. Its own #include lines
 * find guards that are closed. Which headers a unit needs is seen by the mingw build.
 */
#define __GNUC__       12
#define __GNUC_MINOR__ 2

#include <stdlib.h>
/* In this order. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <aclapi.h>
#include <intrin.h>
#include <sddl.h>
#include <shellapi.h>
#include <tlhelp32.h>
#include <winternl.h>
#include <winsvc.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <io.h>
#include <limits.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <wchar.h>

#if __has_include(<uv.h>)
#include <uv.h>
#endif
#ifdef HVUV_TEST_UNIT
#include <cmocka.h>
#endif

#undef __GNUC__
#undef __GNUC_MINOR__

/* What MSVC's C does not have. */
#pragma clang poison __typeof__ typeof
#pragma clang poison strtok_r strndup strsep stpcpy memmem
#pragma clang poison asprintf vasprintf getline usleep nanosleep gettimeofday
#pragma clang poison clock_gettime localtime_r gmtime_r mkstemp
