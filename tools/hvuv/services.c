/* hvuv services [VERB ...]: the services that a Windows host lets its VMs use.
 * Each line of the list is an id, its port or -, and its name, with a tab
 * between. */
#include <stdlib.h>
#include <string.h>

#include "hvuv.h"

static const tool_t tool = {
    .name = "hvuv services",
    .synopsis = "[list]\nlookup TEXT\nregister SERVICE NAME\n"
                "unregister SERVICE NAME",
    .about = "Lists and changes the services that a Windows host lets its VMs\n"
             "use; only on such a host.",
    .after = "TEXT is an id, a port, or a name. SERVICE is a GUID or a port. "
             "Each service\nis a line: its id, its port or -, its name, with "
             "tabs between. To register\nand unregister needs an "
             "administrator."};

static const struct {
  int err;
  const char* meaning;
} meanings[] = {
    {UV_ENOTSUP,
     "Services are registered on the Windows host, and this is not Windows. A "
     "guest registers nothing."},
    {UV_EACCES,
     "Only an administrator may: open a prompt with 'Run as administrator' and "
     "run this there."},
    {UV_EEXIST,
     "The service is registered under another name, and was left as it is. "
     "'hvuv services' shows the name."},
    {UV_ENOTEMPTY,
     "The service's registry key holds more than a name, so somebody else uses "
     "it, and it was left as it is. Remove it with regedit if you must."},
    {UV_EMLINK, "Several services have this name: look it up by its id."},
    {UV_EINVAL, "A name is not empty and has no tab or control character."},
    {UV_ENAMETOOLONG, "A name has at most 255 bytes."},
    {UV_EAGAIN, "Others change it just now: try again."},
};

static const char* meaning_of(const char* verb, int err) {
  size_t i;

  if (err == UV_ENOENT && strcmp(verb, "register") == 0)
    return "This Windows has no list of services: turn Hyper-V on first.";
  if (err == UV_ENOENT)
    return "No such service is registered. 'hvuv services' shows all.";
  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
    if (meanings[i].err == err)
      return meanings[i].meaning;
  return "That is the system's own answer.";
}

static int finish(const char* verb, const char* what, int err) {
  if (err != 0)
    report_meaning(&tool, verb, what, err, meaning_of(verb, err));
  return program_end(err != 0);
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
      return finish("list", "the registry", UV_ENOMEM);
  }
  for (i = 0; err == 0 && i < count; i++)
    print(&services[i].id, services[i].name);
  free(services);
  return finish("list", "the registry", err);
}

static int lookup(const char* text) {
  hvuv_service_t service;
  int err = hvuv_service_lookup(text, &service);

  if (err == 0)
    print(&service.id, service.name);
  return finish("lookup", text, err);
}

/* A service as it stands behind the VM in an address. */
static int parse_service(const char* text, hvuv_guid_t* id) {
  char address[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  int len = snprintf(address, sizeof(address), "hyperv://any/%s", text);

  if (len < 0 || len >= HVUV_ADDR_STRLEN ||
      hvuv_addr_parse(address, &addr) != 0)
    return usage_error(
        &tool,
        "SERVICE: \"%.60s\" is no GUID and no port from 0 to 0x7fffffff",
        text);
  *id = addr.u.hyperv.service_id;
  return 0;
}

static int change(const char* verb, const char* service, const char* name) {
  hvuv_guid_t id;
  int err;

  if (parse_service(service, &id) != 0)
    return EXIT_USAGE;
  err = strcmp(verb, "register") == 0 ? hvuv_service_register(&id, name)
                                      : hvuv_service_unregister(&id, name);
  if (err == 0)
    print(&id, name);
  return finish(verb, service, err);
}

static int run(int argc, char** argv) {
  const char* verb = argc > 0 ? argv[0] : "list";

  if (strcmp(verb, "list") == 0)
    return argc <= 1 ? list() : usage_error(&tool, "list takes nothing");
  if (strcmp(verb, "lookup") == 0)
    return argc == 2 ? lookup(argv[1])
                     : usage_error(&tool, "lookup needs a TEXT");
  if (strcmp(verb, "register") == 0 || strcmp(verb, "unregister") == 0)
    return argc == 3
               ? change(verb, argv[1], argv[2])
               : usage_error(&tool, "%s needs a SERVICE and a NAME", verb);
  return usage_error(&tool, "%s: there is no such verb", verb);
}

int verb_services(int argc, char** argv) {
  options_t o;
  int code;

  if (!options_read(&o, &tool, argc, argv, NULL, &code))
    return code;
  return run(o.argc, o.argv);
}
