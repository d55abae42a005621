/* Where a tool begins and ends: arguments in UTF-8, standard streams that are
 * open, SIGPIPE ignored, hvuv's log where HVUV_LOG asks for it, and an output
 * that is not lost in silence.
 *
 * Output that cannot be written (the disk is full, the reader of a pipe has
 * gone) is reported on standard error once, and program_end() makes it an exit
 * code. */
#ifndef HVUV_TOOLS_PROGRAM_H
#define HVUV_TOOLS_PROGRAM_H

#include <uv.h>

/* Comes before all else, the default loop too; returns the arguments. */
char** program_start(int* argc, char** argv);

/* The default loop; without descriptors or memory for one the program ends. */
uv_loop_t* program_loop(void);

/* Whether the tool was started with this signal ignored, as nohup(1) does with
 * SIGHUP, which is then not to be watched. */
int program_ignores(int signum);

/* Prints as printf() does, at once. Returns 0, or why nothing is printed any
 * more. */
int output(const char* format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

/* The exit code: code, but 1 for a 0 if something could not be printed. */
int program_end(int code);

#endif /* HVUV_TOOLS_PROGRAM_H */
