/* Playing scripts in a child process, which may end in any way. */
#ifndef HVUV_TESTS_SIM_TRIAL_H
#define HVUV_TESTS_SIM_TRIAL_H

/* What a child leaves behind. */
typedef struct trial_report_s {
  unsigned long seed; /* the last one that it began */
  unsigned long steps;
  char promise[80]; /* that was broken; "" if it died otherwise */
} trial_report_t;

/* In the child: shared with the parent. */
extern trial_report_t* trial_report;

/* Calls play(arg) in a child, which has so many seconds after each
 * trial_goes_on(). Returns 0 if it returned. Without `loud` what it prints is
 * lost. *report is what it left, with a promise in any case if it failed. */
int trial_run(void (*play)(void* arg),
              void* arg,
              int loud,
              trial_report_t* report);

void trial_goes_on(void);

/* Ends the child. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void trial_fail(void);

#endif /* HVUV_TESTS_SIM_TRIAL_H */
