/*
 * --log: a line for each call that has ended.
 *
 *   2026-11-30T22:15:00Z tcp://127.0.0.1:51000 > vsock://3:22 3.217 s 1234 > 5678 < ok
 *
 * when it ended, who called, where it went, how long, bytes to TO, bytes back,
 * and how: ok, or the step and the error.
 */
#ifndef HVUV_TOOLS_LOG_H
#define HVUV_TOOLS_LOG_H

#include "calls.h"

/* "-" is standard output. Returns 0, or the error, which was reported. */
int log_open(const char* path);
void log_call(const call_t* call, uint64_t now_ms);
void log_close(void);

#endif /* HVUV_TOOLS_LOG_H */
