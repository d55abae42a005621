/* Arguments of a command, options first. What is wrong is printed with the
 * argument's own name; the usage that follows is the program's.
 *
 *   static const char* const options[] = {"-1", "-t SECONDS", NULL};
 *
 *   while ((i = take_option(&argc, &argv, options, &value)) >= 0)
 *     ... options[i] was given, with its value if it has one
 *   if (i == OPTION_WRONG || too_many(argc, argv, 1))
 *     return usage(stderr, 2); */
#ifndef HVUV_EXAMPLES_ARGUMENTS_H
#define HVUV_EXAMPLES_ARGUMENTS_H

#include <stdio.h>
#include <string.h>

#define OPTION_NONE  (-1) /* what is left are no options */
#define OPTION_WRONG (-2) /* which has been printed */

static inline int wrong_argument(const char* argument, const char* why) {
  fprintf(stderr, "%s: %s\n", argument, why);
  return OPTION_WRONG;
}

static inline void shift(int* argc, char*** argv) {
  (*argv)[1] = (*argv)[0]; /* the program's name stays in front */
  *argv += 1;
  *argc -= 1;
}

/* Takes the next option and its value off the front; returns which one it
 * was. */
static inline int take_option(int* argc,
                              char*** argv,
                              const char* const options[],
                              const char** value) {
  const char* given = *argc > 1 ? (*argv)[1] : "";
  size_t len = strlen(given);
  int i = 0;

  if (given[0] != '-')
    return OPTION_NONE;
  while (options[i] != NULL && (strncmp(options[i], given, len) != 0 ||
                                strchr(" ", options[i][len]) == NULL))
    i++;
  if (options[i] == NULL)
    return wrong_argument(given,
                          strcmp(given, "--help") == 0 ||
                                  strcmp(given, "-h") == 0
                              ? "stands alone"
                              : "there is no such option");
  shift(argc, argv);
  if (options[i][len] == '\0')
    return i;
  if (*argc < 2) {
    fprintf(stderr, "%s: needs %s\n", given, options[i] + len + 1);
    return OPTION_WRONG;
  }
  *value = (*argv)[1];
  shift(argc, argv);
  return i;
}

/* Whether more arguments are left than there are names for. */
static inline int too_many(int argc, char** argv, int max) {
  if (argc - 1 <= max)
    return 0;
  wrong_argument(argv[max + 1],
                 argv[max + 1][0] == '-' ? "options come first"
                                         : "is an argument too many");
  return 1;
}

/* Digits and nothing else. Returns 1, or 0 if it is no such number, which is
 * printed. */
static inline int read_number(const char* option,
                              const char* text,
                              unsigned long long min,
                              unsigned long long max,
                              unsigned long long* number) {
  unsigned long long n = 0;
  const char* at = text;

  for (; *at >= '0' && *at <= '9' && n <= max; at++)
    n = n * 10 + (unsigned long long) (*at - '0');
  if (at != text && *at == '\0' && n >= min && n <= max) {
    *number = n;
    return 1;
  }
  fprintf(stderr,
          "%s %s: is no number from %llu to %llu\n",
          option,
          text,
          min,
          max);
  return 0;
}

#endif /* HVUV_EXAMPLES_ARGUMENTS_H */
