/* hvuv_addr_parse_why(): each mistake that people make is named by its part, and
 * the nearest right form is offered where there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/addr.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

typedef struct row_s {
  const char* text;
  const char* wrong;
  const char* meant; /* NULL: nothing is near */
} row_t;

static const row_t rows[] = {
    {"", "is empty", NULL},
    {"vsock:2:1024", "does not begin with", "vsock://2:1024"},
    {"VSOCK://Host:5000", "\"VSOCK://\" is none of", "vsock://host:5000"},
    {"vsock://2/1024", "\"/\" stands where \":\"", "vsock://2:1024"},
    {"vsock://two:1024", "\"two\" is no CID", NULL},
    {"vsock://0x2:1024", "\"0x2\" is no CID", "vsock://2:1024"},
    {"vsock://-1:5", "\"-1\" is no CID", NULL},
    {"vsock://:5", "has no CID", NULL},
    {"vsock://2", "has no port", NULL},
    {"vsock://2:", "has no port", NULL},
    {"vsock://2:99999999999", "\"99999999999\" is no port", NULL},
    {"vsock://2:1024/", "\"1024/\" is no port", "vsock://2:1024"},
    {"VSOCK-CONNECT:2:1024", "does not begin", "vsock://2:1024"},
    {"vsock:cid=2,port=5", "does not begin", "vsock://2:5"},
    {"2:1024", "does not begin", "vsock://2:1024"},
    {"host:5000", "does not begin", "vsock://host:5000"},
    {" vsock://2:1024\n", "is none of", "vsock://2:1024"},
    {"hyperv://5", "\"5\" is no VM", NULL},
    {"hyperv:///5", "has no VM", NULL},
    {"hyperv://parent:5000",
     "\"parent:5000\" is no VM",
     "hyperv://parent/5000"},
    {"hyperv://Parent/5000", "\"Parent\" is no VM", "hyperv://parent/5000"},
    {"hyperv://foo/5", "\"foo\" is no VM", NULL},
    {"hyperv://ba039801-174a-43e7-852a-e5ec79a671c/5", "is no GUID", NULL},
    {"hyperv://{ba039801-174a-43e7-852a-e5ec79a671c7/5", "is no GUID", NULL},
    {"ba039801-174a-43e7-852a-e5ec79a671c7/5000",
     "does not begin",
     "hyperv://ba039801-174a-43e7-852a-e5ec79a671c7/5000"},
    {"vsock://ba039801-174a-43e7-852a-e5ec79a671c7:5000",
     "is no CID",
     "hyperv://ba039801-174a-43e7-852a-e5ec79a671c7/5000"},
    {"hyperv://2/5000", "\"2\" is no VM", "vsock://2:5000"},
    {"hyperv-connect://parent/svc", "is none of", NULL},
    {"local://loopback", "has no service", NULL},
    {"local://loopback/", "has no service", NULL},
    {"local://loopback/ssh", "\"ssh\" is no service", NULL},
    {"local://loopback/0x80000000", "\"0x80000000\" is too large", NULL},
    {"local://loopback/4294967296", "\"4294967296\" is too large", NULL},
    {"local://loopback/ba039801-174a", "is no GUID", NULL},
    {"local://loopback/5000 ",
     "\"5000 \" is no service",
     "local://loopback/5000"},
    {"loopback/5000", "does not begin", "local://loopback/5000"},
    {"/run/v.sock:5000", "does not begin", "hybrid:///run/v.sock:5000"},
    {"unix:/run/v.sock:5000", "does not begin", "hybrid:///run/v.sock:5000"},
    {"hybrid:/run/v.sock:5000", "does not begin", "hybrid:///run/v.sock:5000"},
    {"hybrid:///run/my vm.sock:5",
     "\" \" in a path is written %20",
     "hybrid:///run/my%20vm.sock:5"},
    {"hybrid:///run/my%2.sock:5",
     "\"%2.\" is no escape",
     "hybrid:///run/my%252.sock:5"},
    {"hybrid:///run/%00:5", "\"%00\" is no escape", "hybrid:///run/%2500:5"},
    {"hybrid:///run/v.sock", "has no service", NULL},
    {"hybrid:///run/v.sock_5000",
     "has no service",
     "hybrid:///run/v.sock:5000"},
    {"hybrid://:5", "has no path", NULL},
    {"hybrid:///run/v.sock:", "has no service at its end", NULL},
    {"tcp://127.0.0.1:80", "\"tcp://\" is none of", NULL},
    {"banana", "does not begin", NULL},
};

static void each_mistake_is_named_by_its_part(void** state) {
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    assert_int_equal(hvuv_addr_parse_why(rows[i].text, &addr, why, sizeof(why)),
                     UV_EINVAL);
    if (strstr(why, rows[i].wrong) == NULL)
      fail_msg("\"%s\": %s", rows[i].text, why);
  }
}

static void nearest_right_form_is_offered(void** state) {
  char why[HVUV_ADDR_WHY_STRLEN];
  char offer[HVUV_ADDR_STRLEN + 32] = "";
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    hvuv_addr_parse_why(rows[i].text, &addr, why, sizeof(why));
    if (rows[i].meant == NULL) {
      if (strstr(why, "Did you mean") != NULL)
        fail_msg("\"%s\": %s", rows[i].text, why);
      continue;
    }
    snprintf(offer, sizeof(offer), " Did you mean %s?", rows[i].meant);
    if (strstr(why, offer) == NULL)
      fail_msg("\"%s\": %s", rows[i].text, why);
    assert_int_equal(hvuv_addr_parse(rows[i].meant, &addr), 0);
  }
}

static void right_address_has_nothing_wrong(void** state) {
  char why[HVUV_ADDR_WHY_STRLEN] = "?";
  hvuv_addr_t addr;

  (void) state;
  assert_int_equal(hvuv_addr_parse_why("vsock://2:5", &addr, why, sizeof(why)),
                   0);
  assert_string_equal(why, "");
  assert_int_equal(hvuv_addr_family(&addr), HVUV_VSOCK);
}

static void mistake_leaves_the_address_alone(void** state) {
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t untouched;
  hvuv_addr_t addr;

  (void) state;
  memset(&untouched, 0xa5, sizeof(untouched));
  memset(&addr, 0xa5, sizeof(addr));

  hvuv_addr_parse_why("vsock:2:5", &addr, why, sizeof(why));

  assert_memory_equal(&addr, &untouched, sizeof(addr));
}

static void sentence_is_cut_to_its_room(void** state) {
  char whole[HVUV_ADDR_WHY_STRLEN];
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t addr;
  size_t size;

  (void) state;
  hvuv_addr_parse_why("vsock:2:5", &addr, whole, sizeof(whole));

  for (size = 1; size <= strlen(whole) + 1; size++) {
    memset(why, 'x', sizeof(why));
    assert_int_equal(hvuv_addr_parse_why("vsock:2:5", &addr, why, size),
                     UV_EINVAL);
    assert_int_equal(strlen(why), size - 1);
    assert_memory_equal(why, whole, size - 1);
    assert_int_equal(why[size], 'x');
  }
}

static void no_room_and_no_text_are_taken(void** state) {
  char why[] = "?";
  hvuv_addr_t addr;

  (void) state;
  assert_int_equal(hvuv_addr_parse_why("x", &addr, NULL, 0), UV_EINVAL);
  assert_int_equal(hvuv_addr_parse_why("x", &addr, why, 0), UV_EINVAL);
  assert_string_equal(why, "?");
  assert_int_equal(hvuv_addr_parse_why(NULL, &addr, why, 1), UV_EINVAL);
  assert_string_equal(why, "");
  assert_int_equal(hvuv_addr_parse_why("vsock://2:5", NULL, why, 1), UV_EINVAL);
}

static void strangers_text_is_quoted_without_its_control_characters(
    void** state) {
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t addr;

  (void) state;
  hvuv_addr_parse_why("a\033[2J\n\177", &addr, why, sizeof(why));

  assert_non_null(strstr(why, "\"a?[2J??\""));

  hvuv_addr_parse_why("a\xc2\x9b\x32J", &addr, why, sizeof(why));
  assert_null(strchr(why, '\x9b'));

  hvuv_addr_parse_why("hybrid:/\xc2\x9b\xc3\x80:5", &addr, why, sizeof(why));
  assert_non_null(strstr(why, "mean hybrid:///%c2%9b\xc3\x80:5?"));
}

static void long_text_is_quoted_in_part(void** state) {
  static char text[100000];
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t addr;

  (void) state;
  memset(text, 'x', sizeof(text) - 1);
  hvuv_addr_parse_why(text, &addr, why, sizeof(why));
  assert_non_null(strstr(why, "xxx...\""));

  memcpy(text, "local://", 8);
  hvuv_addr_parse_why(text, &addr, why, sizeof(why));
  assert_non_null(strstr(why, "xxx...\""));

  memset(text, '/', sizeof(text) - 1);
  hvuv_addr_parse_why(text, &addr, why, sizeof(why));
  assert_null(strstr(why, "Did you mean"));
}

/* Whatever is refused gets a sentence: each short text of these characters. */
static void every_refusal_has_its_sentence(void** state) {
  static const char* const heads[] = {
      "", "vsock://", "hyperv://", "local://", "hybrid://"};
  static const char chars[] = "a0:/%- x{";
  char why[HVUV_ADDR_WHY_STRLEN];
  char text[32];
  hvuv_addr_t addr;
  size_t base = sizeof(chars); /* the NUL too */
  size_t i;
  size_t n;
  size_t rest;
  int at;

  (void) state;
  for (i = 0; i < ROWS(heads); i++) {
    for (n = 0; n < base * base * base * base; n++) {
      at = snprintf(text, sizeof(text), "%s", heads[i]);
      for (rest = n; rest != 0; rest /= base)
        text[at++] = chars[rest % base];
      text[at] = '\0';
      if (hvuv_addr_parse_why(text, &addr, why, sizeof(why)) != 0)
        assert_true(strlen(why) > sizeof("\"\" .") && why[0] != '\0');
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_mistake_is_named_by_its_part),
      cmocka_unit_test(nearest_right_form_is_offered),
      cmocka_unit_test(right_address_has_nothing_wrong),
      cmocka_unit_test(mistake_leaves_the_address_alone),
      cmocka_unit_test(sentence_is_cut_to_its_room),
      cmocka_unit_test(no_room_and_no_text_are_taken),
      cmocka_unit_test(strangers_text_is_quoted_without_its_control_characters),
      cmocka_unit_test(long_text_is_quoted_in_part),
      cmocka_unit_test(every_refusal_has_its_sentence),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
