/* What the monitor reports: a line each on standard error, with the seconds since
 * it began. May be called in any thread. */
#ifndef HVSOCK_MACHINE_JOURNAL_H
#define HVSOCK_MACHINE_JOURNAL_H

#include <stdarg.h>

void journal_open(void);
void journal_line(const char* format, ...)
    __attribute__((format(printf, 1, 2)));
void journal_line_of(const char* format, va_list args)
    __attribute__((format(printf, 1, 0)));

#endif /* HVSOCK_MACHINE_JOURNAL_H */
