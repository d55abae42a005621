/* The verbs of hvuv(1): each is a tool of its own, with its own options. */
#ifndef HVUV_TOOLS_HVUV_H
#define HVUV_TOOLS_HVUV_H

#include "options.h"
#include "program.h"
#include "report.h"

/* argv without the verb; returns the exit code. */
typedef int (*verb_fn)(int argc, char** argv);

int verb_doctor(int argc, char** argv);
int verb_echo(int argc, char** argv);
int verb_explain(int argc, char** argv);
int verb_ping(int argc, char** argv);
int verb_services(int argc, char** argv);
int verb_vms(int argc, char** argv);

#endif /* HVUV_TOOLS_HVUV_H */
