/* What doctor prints: a line for each thing it looked at, with a word for how
 * it is, and behind an arrow what to do.
 *
 *   AF_VSOCK
 *     good  sockets         Sockets can be had.
 *     note  itself          This machine does not reach itself.
 *                           -> modprobe vsock_loopback
 *
 * Lines end before column 80. On a terminal the word has a colour. */
#ifndef HVUV_TOOLS_FINDING_H
#define HVUV_TOOLS_FINDING_H

#include <hvuv.h>

typedef enum grade_e {
  GOOD,
  NOTE, /* how it is; nothing that was asked for suffers */
  BAD
} grade_t;

#if defined(__GNUC__)
#define LIKE_PRINTF(n) __attribute__((format(printf, n, n + 1)))
#else
#define LIKE_PRINTF(n)
#endif

void section(const char* title);
void finding(grade_t grade, const char* what, const char* format, ...)
    LIKE_PRINTF(3);

/* What to do about the finding above. */
void advise(const char* format, ...) LIKE_PRINTF(1);

/* How many were bad so far. */
unsigned int bad_findings(void);

/* What the address that was given needs, in bits. */
enum need {
  NEED_VSOCK = 1,      /* AF_VSOCK sockets, or AF_HYPERV's on Windows */
  NEED_ITSELF = 2,     /* this machine by CID 1 */
  NEED_PARENT = 4,     /* this VM's host */
  NEED_VMS = 8,        /* VMs of this machine */
  NEED_LOW_PORTS = 16, /* to listen below 1024 */
  NEED_UNIX = 32,      /* Unix sockets */
  NEED_LOCAL = 64      /* the directory of `local`, and a partition in it */
};

/* An address was given. Else nobody has said what is needed. */
void set_needs(unsigned int needs);

/* The grade of what is missing: bad if an address needs it. */
grade_t lacking(unsigned int needs);

/* The grade of what was set up and cannot work: bad, but a note if an address
 * was given that does without. */
grade_t broken(unsigned int needs);

#endif /* HVUV_TOOLS_FINDING_H */
