/* How the examples tell a person that something failed: what was tried, on
 * which address, what it means there, and what to do next. */
#ifndef HVUV_EXAMPLES_REPORT_H
#define HVUV_EXAMPLES_REPORT_H

#include <hvuv.h>
#include <stdio.h>
#include <string.h>

/* Where the pair meets when no address is given. */
#define DEFAULT_ADDRESS "local://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"

/* Reads an address of the command line; if it is none, says which argument is
 * wrong, and why. Returns 0 or UV_EINVAL. */
static inline int parse_address(const char* argument,
                                const char* text,
                                hvuv_addr_t* addr) {
  char why[HVUV_ADDR_WHY_STRLEN];
  int err = hvuv_addr_parse_why(text, addr, why, sizeof(why));

  if (err != 0)
    fprintf(stderr, "%s: %s\n", argument, why);
  return err;
}

/* Says what failed, if anything did, in the words of who knows what it means;
 * returns err. */
static inline int report_meaning(const char* step,
                                 const hvuv_addr_t* addr,
                                 int err,
                                 const char* meaning) {
  char text[HVUV_ADDR_STRLEN] = "(no address)";
  size_t size = sizeof(text);

  if (err == 0)
    return 0;
  hvuv_addr_format(addr, text, &size);
  fprintf(stderr,
          "%s failed on %s: %s (%s). %s\n",
          step,
          text,
          uv_strerror(err),
          uv_err_name(err),
          meaning);
  return err;
}

/* Which of hvuv's steps a program's word for one is. */
static inline hvuv_step_t step_of(const char* word) {
  int step;

  if (strcmp(word, "shutdown") == 0)
    return HVUV_STEP_SEND;
  for (step = HVUV_STEP_STOP; step > HVUV_STEP_UNKNOWN; step--)
    if (strcmp(word, hvuv_step_name((hvuv_step_t) step)) == 0)
      break;
  return (hvuv_step_t) step;
}

/* The same in hvuv's words. */
static inline int report(const char* step, const hvuv_addr_t* addr, int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";

  if (err != 0)
    hvuv_explain_step(addr, step_of(step), err, meaning, sizeof(meaning));
  return report_meaning(step, addr, err, meaning);
}

/* The same of a handler's connection and what it ended with, by the program's
 * own word for it. */
static inline int report_end_of(const char* what,
                                const hvuv_addr_t* addr,
                                int reason) {
  hvuv_step_t step =
      reason == UV_ETIMEDOUT ? HVUV_STEP_TIME_LIMIT : HVUV_STEP_FRAMING;
  char meaning[HVUV_EXPLAIN_STRLEN] = "";

  if (reason != 0)
    hvuv_explain_step(addr, step, reason, meaning, sizeof(meaning));
  return report_meaning(what, addr, reason, meaning);
}

#endif /* HVUV_EXAMPLES_REPORT_H */
