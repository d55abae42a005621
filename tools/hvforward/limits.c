#include "limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Either an IP address of which `bits` count, or a word: peer.h's who. */
typedef struct rule_s {
  int is_ip;
  unsigned char ip[16];
  unsigned int bits;
  char who[HVUV_ADDR_STRLEN];
} rule_t;

static rule_t rules[MAX_RULES];
static int count;

/* --- Reading */

static int is_number(const char* text, unsigned long max) {
  size_t len = strlen(text);

  return len > 0 && len < 11 && strspn(text, "0123456789") == len &&
         strtoul(text, NULL, 10) <= max;
}

static int parse_ip(const char* text, rule_t* rule) {
  char host[64];
  const char* slash = strchr(text, '/');
  size_t len = slash != NULL ? (size_t) (slash - text) : strlen(text);
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  unsigned int most = 128;

  if (len == 0 || len >= sizeof(host))
    return UV_EINVAL;
  memcpy(host, text, len);
  host[len] = '\0';
  if (uv_ip4_addr(host, 0, &v4) == 0) {
    peer_ip4(&v4, rule->ip);
    most = 32;
  } else if (uv_ip6_addr(host, 0, &v6) == 0) {
    peer_ip6(&v6, rule->ip);
  } else {
    return UV_EINVAL;
  }
  if (slash != NULL && !is_number(slash + 1, most))
    return UV_EINVAL;
  rule->is_ip = 1;
  rule->bits = slash != NULL ? (unsigned int) atoi(slash + 1) : most;
  rule->bits += 128 - most;
  return 0;
}

/* These are for listening, and nobody calls from there. */
static int is_wildcard(const hvuv_addr_t* addr) {
  switch (hvuv_addr_family(addr)) {
    case HVUV_VSOCK:
      return addr->u.vsock.cid == HVUV_CID_ANY;
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return hvuv_guid_equal(&addr->u.hyperv.vm_id, &HVUV_VM_ANY) ||
             hvuv_guid_equal(&addr->u.hyperv.vm_id, &HVUV_VM_CHILDREN);
    default:
      return 0;
  }
}

/* An address without its port or service, in the form that peers have. */
static int parse_address(const char* text, rule_t* rule) {
  char whole[HVUV_ADDR_STRLEN];
  size_t size = sizeof(rule->who);
  hvuv_addr_t addr;
  hvuv_family_t family;

  if (strstr(text, "://") == NULL || strlen(text) > sizeof(whole) - 3)
    return UV_EINVAL;
  snprintf(whole, sizeof(whole), "%s/0", text);
  if (hvuv_addr_parse(whole, &addr) != 0) {
    snprintf(whole, sizeof(whole), "%s:0", text);
    if (hvuv_addr_parse(whole, &addr) != 0)
      return UV_EINVAL;
  }
  if (is_wildcard(&addr))
    return UV_EINVAL;
  family = hvuv_addr_family(&addr);
  if (hvuv_addr_format(&addr, rule->who, &size) != 0)
    return UV_EINVAL;
  peer_cut(family, rule->who);
  return 0;
}

static int parse_user(const char* text, rule_t* rule) {
  if (strncmp(text, "uid:", 4) != 0 || !is_number(text + 4, 4294967294UL))
    return UV_EINVAL;
  snprintf(
      rule->who, sizeof(rule->who), "uid:%lu", strtoul(text + 4, NULL, 10));
  return 0;
}

int limits_allow(const char* text, char* why, size_t size) {
  rule_t* rule = &rules[count];

  if (count == MAX_RULES) {
    snprintf(why, size, "is one too many: at most %d may be named", MAX_RULES);
    return UV_ENOBUFS;
  }
  memset(rule, 0, sizeof(*rule));
  if (parse_user(text, rule) == 0 || parse_ip(text, rule) == 0 ||
      parse_address(text, rule) == 0) {
    count++;
    return 0;
  }
  snprintf(why,
           size,
           "is no peer: 10.0.0.7, 10.0.0.0/8, ::1, uid:1000, vsock://3, "
           "hyperv://VM or local://VM");
  return UV_EINVAL;
}

/* --- Judging */

static int is_within(const unsigned char ip[16], const rule_t* rule) {
  unsigned int whole = rule->bits / 8;
  unsigned int rest = rule->bits % 8;

  assert(rule->bits <= 128);
  if (memcmp(ip, rule->ip, whole) != 0)
    return 0;
  return rest == 0 || ((ip[whole] ^ rule->ip[whole]) >> (8 - rest)) == 0;
}

int limits_may(const peer_t* peer) {
  int i;

  for (i = 0; i < count; i++) {
    if (rules[i].is_ip ? peer->has_ip && is_within(peer->ip, &rules[i])
                       : strcmp(rules[i].who, peer->who) == 0)
      return 1;
  }
  return count == 0;
}
