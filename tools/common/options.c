#include "options.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include <hvuv.h>

#include "program.h"

/* Where the help of an option begins on its line. */
#define HELP_COLUMN 26

static const option_t every_tools[] = {
    {'h', "help", NULL, "Prints this.", OPTION_HELP},
    {'V', "version", NULL, "Prints the version.", OPTION_VERSION},
};

#define EVERY_TOOLS (sizeof(every_tools) / sizeof(every_tools[0]))

void options_begin(options_t* o, const tool_t* tool, int argc, char** argv) {
  assert(tool->option_count == 0 || tool->options != NULL);
  memset(o, 0, sizeof(*o));
  o->tool = tool;
  o->argc = argc;
  o->argv = argv;
}

/* --- Faults */

static int close_usage(const tool_t* tool) {
  fprintf(stderr, "Try '%s --help'.\n", tool->name);
  return EXIT_USAGE;
}

int usage_error(const tool_t* tool, const char* format, ...) {
  va_list args;

  fprintf(stderr, "%s: ", tool->name);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  return close_usage(tool);
}

int options_wrong(const options_t* o, const char* value, const char* why) {
  return usage_error(
      o->tool, "%s %s: %s", o->written, *value != '\0' ? value : "''", why);
}

/* --- Reading */

static const option_t* option_at(const tool_t* tool, size_t i) {
  if (i < tool->option_count)
    return &tool->options[i];
  i -= tool->option_count;
  return i < EVERY_TOOLS ? &every_tools[i] : NULL;
}

static const option_t* find_letter(const tool_t* tool, char letter) {
  const option_t* option;
  size_t i;

  for (i = 0; (option = option_at(tool, i)) != NULL; i++)
    if (option->letter == letter)
      return option;
  return NULL;
}

static const option_t* find_name(const tool_t* tool,
                                 const char* name,
                                 size_t len) {
  const option_t* option;
  size_t i;

  for (i = 0; (option = option_at(tool, i)) != NULL; i++)
    if (option->name != NULL && strlen(option->name) == len &&
        memcmp(option->name, name, len) == 0)
      return option;
  return NULL;
}

static void shift(options_t* o) {
  assert(o->argc > 0);
  o->argv++;
  o->argc--;
}

static int unknown(options_t* o) {
  usage_error(o->tool, "%s: there is no such option", o->written);
  return OPTION_ERROR;
}

/* The argument stands behind the option, or is the next one. */
static int take_value(options_t* o,
                      const option_t* option,
                      const char* attached,
                      const char** value) {
  if (attached != NULL) {
    *value = attached;
    return option->id;
  }
  if (o->argc == 0) {
    usage_error(o->tool, "%s: needs %s", o->written, option->argument);
    return OPTION_ERROR;
  }
  *value = o->argv[0];
  shift(o);
  return option->id;
}

static int next_long(options_t* o, const char** value) {
  const char* name = o->argv[0] + 2;
  const char* equals = strchr(name, '=');
  size_t len = equals != NULL ? (size_t) (equals - name) : strlen(name);
  const option_t* option = find_name(o->tool, name, len);

  snprintf(o->written,
           sizeof(o->written),
           "--%.*s",
           (int) (len < sizeof(o->written) ? len : sizeof(o->written)),
           name);
  shift(o);
  if (option == NULL)
    return unknown(o);
  if (option->argument != NULL)
    return take_value(o, option, equals != NULL ? equals + 1 : NULL, value);
  if (equals != NULL) {
    usage_error(o->tool, "%s: takes no value", o->written);
    return OPTION_ERROR;
  }
  return option->id;
}

/* Of a character in UTF-8, which is no option but is shown whole. */
static int length_of(const char* at) {
  int len = 1;

  while (len < 4 && (at[len] & 0xc0) == 0x80)
    len++;
  return len;
}

static int next_letter(options_t* o, const char** value) {
  char letter = *o->letters++;
  const option_t* option = find_letter(o->tool, letter);
  const char* rest = o->letters;

  snprintf(
      o->written, sizeof(o->written), "-%.*s", length_of(rest - 1), rest - 1);
  if (*rest == '\0')
    o->letters = NULL;
  if (option == NULL)
    return unknown(o);
  if (option->argument == NULL)
    return option->id;

  o->letters = NULL;
  if (*rest == '\0')
    return take_value(o, option, NULL, value);
  return take_value(o, option, *rest == '=' ? rest + 1 : rest, value);
}

int options_next(options_t* o, const char** value) {
  const char* arg;

  *value = NULL;
  if (o->letters != NULL)
    return next_letter(o, value);
  if (o->argc == 0)
    return OPTION_END;
  arg = o->argv[0];
  if (arg[0] != '-' || arg[1] == '\0') /* "-" alone is no option */
    return OPTION_END;
  if (o->tool->takes_numbers && arg[1] >= '0' && arg[1] <= '9')
    return OPTION_END;
  if (strcmp(arg, "--") == 0) {
    shift(o);
    return OPTION_END;
  }
  if (arg[1] == '-')
    return next_long(o, value);
  o->letters = arg + 1;
  shift(o);
  return next_letter(o, value);
}

/* --- Values */

/* Digits and nothing else, up to max; returns 0 if it is not so. */
static int scan_digits(const char** text, uint64_t max, uint64_t* number) {
  const char* at = *text;
  uint64_t n = 0;

  for (; *at >= '0' && *at <= '9'; at++) {
    if (n > (max - (uint64_t) (*at - '0')) / 10)
      return 0;
    n = n * 10 + (uint64_t) (*at - '0');
  }
  if (at == *text)
    return 0;
  *text = at;
  *number = n;
  return 1;
}

int options_number(const options_t* o,
                   const char* value,
                   uint64_t min,
                   uint64_t max,
                   uint64_t* number) {
  char why[100];
  const char* at = value;
  uint64_t n;

  if (scan_digits(&at, max, &n) && *at == '\0' && n >= min) {
    *number = n;
    return 0;
  }
  snprintf(why,
           sizeof(why),
           "is no number from %llu to %llu",
           (unsigned long long) min,
           (unsigned long long) max);
  return options_wrong(o, value, why);
}

int options_seconds_ms(const options_t* o,
                       const char* value,
                       uint64_t max_s,
                       uint64_t* ms) {
  const char* at = value;
  char why[100];
  uint64_t n;
  uint64_t unit = 1000;
  uint64_t sum = 0;

  if (scan_digits(&at, max_s, &n)) {
    sum = n * 1000;
    if (*at == '.' && at[1] != '\0')
      for (at++; *at >= '0' && *at <= '9' && unit > 1; at++)
        sum += (uint64_t) (*at - '0') * (unit /= 10);
    if (*at == '\0' && sum <= max_s * 1000) {
      *ms = sum;
      return 0;
    }
  }
  snprintf(why,
           sizeof(why),
           "is no number of seconds up to %llu",
           (unsigned long long) max_s);
  return options_wrong(o, value, why);
}

int options_limit_ms(const options_t* o,
                     const char* value,
                     uint64_t max_s,
                     uint64_t* ms) {
  int err = options_seconds_ms(o, value, max_s, ms);

  if (err == 0 && *ms == 0)
    return options_wrong(o, value, "is no time at all");
  return err;
}

int options_bytes(const options_t* o,
                  const char* value,
                  uint64_t max,
                  uint64_t* bytes) {
  static const char units[] = "kMG";
  const char* at = value;
  const char* unit;
  char why[100];
  uint64_t n;

  if (scan_digits(&at, max, &n)) {
    unit = *at != '\0' ? strchr(units, *at) : NULL;
    if (unit != NULL) {
      at++;
      for (; unit >= units && n <= max; unit--)
        n *= 1024;
    }
    if (*at == '\0' && n <= max) {
      *bytes = n;
      return 0;
    }
  }
  snprintf(why,
           sizeof(why),
           "is no number of bytes up to %llu (k, M and G may follow it)",
           (unsigned long long) max);
  return options_wrong(o, value, why);
}

/* --- Help */

static void print_synopsis(const tool_t* tool) {
  const char* line = tool->synopsis;
  const char* end;

  for (;; line = end + 1) {
    end = line + strcspn(line, "\n");
    output("%s %s %.*s\n",
           line == tool->synopsis ? "usage:" : "      ",
           tool->name,
           (int) (end - line),
           line);
    if (*end == '\0')
      return;
  }
}

static void print_option(const option_t* option) {
  char left[64];
  const char* line = option->help;
  const char* end;
  int n = 0;

  if (option->letter != 0)
    n += snprintf(left, sizeof(left), "  -%c", option->letter);
  else
    n += snprintf(left, sizeof(left), "    ");
  if (option->name != NULL)
    n += snprintf(left + n,
                  sizeof(left) - (size_t) n,
                  "%s --%s",
                  option->letter != 0 ? "," : " ",
                  option->name);
  if (option->argument != NULL)
    n += snprintf(left + n, sizeof(left) - (size_t) n, " %s", option->argument);
  assert((size_t) n < sizeof(left));

  if (n >= HELP_COLUMN) {
    output("%s\n", left);
    left[0] = '\0';
  }
  for (;; line = end + 1, left[0] = '\0') {
    end = line + strcspn(line, "\n");
    output("%-*s%.*s\n", HELP_COLUMN, left, (int) (end - line), line);
    if (*end == '\0')
      return;
  }
}

int print_help(const tool_t* tool) {
  const option_t* option;
  size_t i;

  print_synopsis(tool);
  output("\n%s\n\n", tool->about);
  for (i = 0; (option = option_at(tool, i)) != NULL; i++)
    print_option(option);
  if (tool->after != NULL)
    output("\n%s\n", tool->after);
  return program_end(0);
}

int print_version(const tool_t* tool) {
  output("%s %s, libuv %s\n",
         tool->name,
         hvuv_version_string(),
         uv_version_string());
  return program_end(0);
}

/* Returns what to exit with. */
static int end_early(const tool_t* tool, int id) {
  if (id == OPTION_HELP)
    return print_help(tool);
  return id == OPTION_VERSION ? print_version(tool) : EXIT_USAGE;
}

int options_read(options_t* o,
                 const tool_t* tool,
                 int argc,
                 char** argv,
                 option_fn take,
                 int* code) {
  const char* value;
  int id;

  options_begin(o, tool, argc, argv);
  while ((id = options_next(o, &value)) != OPTION_END) {
    if (id == OPTION_HELP || id == OPTION_VERSION || id == OPTION_ERROR) {
      *code = end_early(tool, id);
      return 0;
    }
    if (take(o, id, value) != 0) {
      *code = EXIT_USAGE;
      return 0;
    }
  }
  return 1;
}
