/* The kinds of sockets on which servers are compared: Unix, and AF_VSOCK.
 * Linux.
 */
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

typedef union {
  struct sockaddr any;
  struct sockaddr_un un;
  struct sockaddr_vm vm;
} name_t;

typedef struct {
  const char* name;
  int family;
  /* A name to bind to, for a new place. */
  socklen_t (*fresh)(name_t* name);
  /* The name of a place, and the place of a name. */
  socklen_t (*parse)(const char* place, name_t* name);
  void (*print)(const name_t* name, char place[], size_t size);
} kind_t;

/* --- Unix: a place is a path in the private folder ------------------------ */

static socklen_t parse_unix(const char* place, name_t* name) {
  memset(&name->un, 0, sizeof(name->un));
  name->un.sun_family = AF_UNIX;
  if (strlen(place) >= sizeof(name->un.sun_path))
    die("%s: too long for a socket's path", place);
  memcpy(name->un.sun_path, place, strlen(place) + 1);
  return sizeof(name->un);
}

static socklen_t fresh_unix(name_t* name) {
  char path[sizeof(name->un.sun_path)];

  snprintf(path, sizeof(path), "%s/socket", temporary_folder());
  unlink(path);
  return parse_unix(path, name);
}

static void print_unix(const name_t* name, char place[], size_t size) {
  snprintf(place, size, "%s", name->un.sun_path);
}

/* --- AF_VSOCK: a place is a port of this machine's own -------------------- */

static socklen_t name_vsock(unsigned int port, name_t* name) {
  memset(&name->vm, 0, sizeof(name->vm));
  name->vm.svm_family = AF_VSOCK;
  name->vm.svm_cid = VMADDR_CID_LOCAL;
  name->vm.svm_port = port;
  return sizeof(name->vm);
}

static socklen_t fresh_vsock(name_t* name) {
  return name_vsock(VMADDR_PORT_ANY, name);
}

static socklen_t parse_vsock(const char* place, name_t* name) {
  return name_vsock((unsigned int) strtoul(place, NULL, 10), name);
}

static void print_vsock(const name_t* name, char place[], size_t size) {
  snprintf(place, size, "%u", name->vm.svm_port);
}

/* --- Both ----------------------------------------------------------------- */

static const kind_t kinds[] = {
    {"unix", AF_UNIX, fresh_unix, parse_unix, print_unix},
    {"vsock", AF_VSOCK, fresh_vsock, parse_vsock, print_vsock},
};

static const kind_t* kind = &kinds[0];

const char* kind_name(void) {
  return kind->name;
}

void kind_choose(const char* name) {
  const char* inside;
  size_t i;

  for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    if (strcmp(kinds[i].name, name) == 0)
      break;
  if (i == sizeof(kinds) / sizeof(kinds[0]))
    die("%s: the kinds of sockets are unix and vsock", name);

  inside = getenv("HVUV_IN_VM");
  if (kinds[i].family == AF_VSOCK &&
      (inside == NULL || strcmp(inside, "1") != 0))
    die("sockets of kind vsock are used in the project's own virtual machine "
        "only, where\nHVUV_IN_VM=1 is set: elsewhere their addresses belong to "
        "whatever hypervisor runs\nthe machine. `./dev vm-bench` makes that "
        "machine and runs the benchmark in it.");
  kind = &kinds[i];
}

static int listen_at(name_t* at, socklen_t len, char place[], size_t size) {
  name_t name = *at;
  int fd;

  fd = socket(kind->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1 || bind(fd, &name.any, len) != 0 || listen(fd, SOMAXCONN) != 0)
    die("a %s socket to listen at: %s", kind->name, strerror(errno));

  /* The kernel may have chosen. */
  len = sizeof(name);
  if (getsockname(fd, &name.any, &len) != 0)
    die("a %s socket's own name: %s", kind->name, strerror(errno));
  kind->print(&name, place, size);
  return fd;
}

int kind_listen(char place[], size_t size) {
  socklen_t len;
  name_t name;

  len = kind->fresh(&name);
  return listen_at(&name, len, place, size);
}

/* As src/local/layout.h draws it: of the host's folder, for the host alone. */
void kind_place_local(char place[], size_t size) {
  if (kind->family != AF_UNIX)
    die("clients are compared on Unix sockets only");
  setenv("HVUV_LOCAL_DIR", temporary_folder(), 1);
  unsetenv("HVUV_LOCAL_VM");
  snprintf(place, size, "%s/host", temporary_folder());
  mkdir(place, 0700);
  snprintf(place, size, "%s/host/5000.l", temporary_folder());
  unlink(place);
}

int kind_listen_local(char place[], size_t size) {
  socklen_t len;
  name_t name;

  kind_place_local(place, size);
  len = parse_unix(place, &name);
  return listen_at(&name, len, place, size);
}

int kind_connect_plain(const char* place) {
  socklen_t len;
  name_t name;
  int fd;

  fd = socket(kind->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1)
    die("client: a %s socket: %s", kind->name, strerror(errno));
  len = kind->parse(place, &name);
  if (connect(fd, &name.any, len) != 0)
    die("client: connect to %s %s: %s", kind->name, place, strerror(errno));
  return fd;
}

int kind_connect(const char* place, unsigned int timeout_s) {
  struct timeval limit = {.tv_sec = timeout_s};
  int fd;

  fd = kind_connect_plain(place);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  return fd;
}
