#include "finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os.h"
#include "program.h"

#define WIDTH      79
#define WHAT_WIDTH 15
#define INDENT     (2 + 4 + 2 + WHAT_WIDTH + 1)

/* More than any explanation with what is put before it. */
#define TEXT_ROOM 2048

static const struct {
  const char* word;
  const char* colour;
} grades[] = {
    [GOOD] = {"good", "\033[32m"},
    [NOTE] = {"note", "\033[36m"},
    [BAD] = {"bad ", "\033[1;31m"},
};

static unsigned int bad_count;
static unsigned int needed;
static int is_address_given;

/* Prints words behind a line's beginning, which takes INDENT columns, in as
 * many lines as they need. */
static void wrap(const char* beginning, const char* text) {
  size_t room = WIDTH - INDENT;
  const char* start = beginning;
  const char* space;
  size_t len;

  for (;;) {
    len = strlen(text);
    if (len > room) {
      for (space = text + room; space > text && *space != ' '; space--)
        continue;
      if (space == text) /* a long word, such as a path */
        space = text + strcspn(text, " ");
      len = (size_t) (space - text);
    }
    output("%s%.*s\n", start, (int) len, text);
    text += len;
    while (*text == ' ')
      text++;
    if (*text == '\0')
      return;
    start = "                        ";
    assert(strlen(start) == INDENT);
  }
}

void section(const char* title) {
  static int is_later;

  output("%s%s\n", is_later ? "\n" : "", title);
  is_later = 1;
}

void finding(grade_t grade, const char* what, const char* format, ...) {
  static int colours = -1;
  char beginning[INDENT + 32];
  char text[TEXT_ROOM];
  va_list args;

  assert(strlen(what) <= WHAT_WIDTH);
  if (colours == -1)
    colours = has_colours();
  if (grade == BAD)
    bad_count++;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  snprintf(beginning,
           sizeof(beginning),
           "  %s%s%s  %-*s ",
           colours ? grades[grade].colour : "",
           grades[grade].word,
           colours ? "\033[0m" : "",
           WHAT_WIDTH,
           what);
  wrap(beginning, text);
}

void advise(const char* format, ...) {
  char text[TEXT_ROOM] = "-> ";
  va_list args;

  va_start(args, format);
  vsnprintf(text + 3, sizeof(text) - 3, format, args);
  va_end(args);
  wrap("                        ", text);
}

unsigned int bad_findings(void) {
  return bad_count;
}

void set_needs(unsigned int needs) {
  needed = needs;
  is_address_given = 1;
}

grade_t lacking(unsigned int needs) {
  return (needed & needs) != 0 ? BAD : NOTE;
}

grade_t broken(unsigned int needs) {
  return is_address_given ? lacking(needs) : BAD;
}
