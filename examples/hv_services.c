/* hv_services: the services that a Windows host lets its VMs use.
 *
 *   hv_services list
 *   hv_services lookup TEXT              an id, a port or a name
 *   hv_services register SERVICE NAME    as an administrator
 *   hv_services unregister SERVICE NAME  as an administrator
 *
 * SERVICE is a GUID or a port, as in addresses. Each service that was listed,
 * found, registered or unregistered is a line on stdout: its id, its port or -,
 * its name, with a tab between them, in UTF-8. Exits with 0, 1 if it failed,
 * 2 if it was called in a wrong way. */
#include <hvuv.h>

#include "arguments.h"
#include "program.h"

static const struct {
  int err;
  const char* meaning;
} meanings[] = {
    {UV_ENOTSUP,
     "Services are registered on the Windows host, and this is not Windows: "
     "run hv_services there. A guest registers nothing."},
    {UV_EACCES,
     "Only an administrator may: open a prompt with 'Run as administrator' and "
     "run this there."},
    {UV_EEXIST,
     "The service is registered under another name, and was left as it is. "
     "'hv_services list' shows the name."},
    {UV_ENOTEMPTY,
     "The service's registry key holds more than a name, so somebody else uses "
     "it, and it was left as it is. Remove it with regedit if you must."},
    {UV_EMLINK, "Several services have this name: look it up by its id."},
    {UV_EINVAL, "A name is not empty and has no tab or control character."},
    {UV_ENAMETOOLONG, "A name has at most 255 bytes."},
};

static const char* meaning_of(const char* verb, int err) {
  size_t i;

  if (err == UV_ENOENT && strcmp(verb, "register") == 0)
    return "This Windows has no list of services: turn Hyper-V on first.";
  if (err == UV_ENOENT)
    return "No such service is registered. 'hv_services list' shows all.";
  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
    if (meanings[i].err == err)
      return meanings[i].meaning;
  }
  return "That is the system's own answer.";
}

static int report(const char* verb, const char* what, int err) {
  if (err == 0)
    return 0;
  fprintf(stderr,
          "%s %s failed: %s (%s). %s\n",
          verb,
          what,
          uv_strerror(err),
          uv_err_name(err),
          meaning_of(verb, err));
  return 1;
}

static void print(const hvuv_guid_t* id, const char* name) {
  char text[HVUV_GUID_STRLEN];
  char port_text[16] = "-";
  uint32_t port;

  hvuv_guid_format(id, text);
  if (hvuv_service_to_port(id, &port) == 0)
    snprintf(port_text, sizeof(port_text), "%lu", (unsigned long) port);
  output("%s\t%s\t%s\n", text, port_text, name);
}

static int list(void) {
  hvuv_service_t* services = NULL;
  size_t count = 0;
  size_t i;
  int err;

  /* Again as often as the list has grown since it was counted. */
  while ((err = hvuv_service_list(services, &count)) == UV_ENOBUFS) {
    free(services);
    services = calloc(count, sizeof(*services));
    if (services == NULL)
      return report("list", "services", UV_ENOMEM);
  }
  if (err == 0) {
    for (i = 0; i < count; i++)
      print(&services[i].id, services[i].name);
  }
  free(services);
  return report("list", "services", err);
}

static int lookup(const char* text) {
  hvuv_service_t service;
  int err = hvuv_service_lookup(text, &service);

  if (err == 0)
    print(&service.id, service.name);
  return report("lookup", text, err);
}

/* A service as it stands behind the VM in an address; 1 if it is one. */
static int parse_service(const char* text, hvuv_guid_t* id) {
  char address[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  int len = snprintf(address, sizeof(address), "hyperv://any/%s", text);

  if (len < 0 || len >= HVUV_ADDR_STRLEN ||
      hvuv_addr_parse(address, &addr) != 0)
    return 0;
  *id = addr.u.hyperv.service_id;
  return 1;
}

static int is(const char* arg, const char* verb) {
  return strcmp(arg, verb) == 0;
}

static int change(const char* verb, const char* service, const char* name) {
  hvuv_guid_t id;
  int err;

  if (!parse_service(service, &id)) {
    fprintf(stderr,
            "SERVICE: '%s' is no service. Give a GUID, or a port from 0 to "
            "0x7fffffff.\n",
            service);
    return 2;
  }
  err = is(verb, "register") ? hvuv_service_register(&id, name)
                             : hvuv_service_unregister(&id, name);
  if (err == 0)
    print(&id, name);
  return report(verb, service, err);
}

static int usage(FILE* out, int code) {
  fprintf(out,
          "usage: hv_services list | lookup TEXT | register SERVICE NAME | "
          "unregister SERVICE NAME\n"
          "SERVICE is a GUID, or a port from 0 to 0x7fffffff\n"
          "Exits with 0, 1 if it failed, 2 for wrong arguments.\n");
  return code;
}

static const struct {
  const char* name;
  const char* needs[2]; /* what follows it */
} verbs[] = {
    {"list", {NULL, NULL}},
    {"lookup", {"TEXT", NULL}},
    {"register", {"SERVICE", "NAME"}},
    {"unregister", {"SERVICE", "NAME"}},
};

/* 1, or 0 if something is wrong, which has been printed. */
static int check(int argc, char** argv) {
  size_t n = sizeof(verbs) / sizeof(verbs[0]);
  size_t i = 0;
  int needed = 0;

  if (argc < 2) {
    wrong_argument("VERB", "is missing");
    return 0;
  }
  while (i < n && !is(argv[1], verbs[i].name))
    i++;
  if (i == n) {
    wrong_argument(argv[1], "there is no such verb");
    return 0;
  }
  while (needed < 2 && verbs[i].needs[needed] != NULL)
    needed++;
  if (argc - 2 < needed) {
    wrong_argument(verbs[i].needs[argc - 2], "is missing");
    return 0;
  }
  return !too_many(argc, argv, 1 + needed);
}

static int run(int argc, char** argv) {
  if (is_help(argc, argv))
    return usage(stdout, 0);
  if (!check(argc, argv))
    return usage(stderr, 2);
  if (is(argv[1], "list"))
    return list();
  if (is(argv[1], "lookup"))
    return lookup(argv[2]);
  return change(argv[1], argv[2], argv[3]);
}

int main(int argc, char** argv) {
  argv = program_start(&argc, argv);
  return program_end(run(argc, argv));
}
