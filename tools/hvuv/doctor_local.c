/* Unix sockets, and the folder in which `local` has its own: which rule chose
 * it, whether it can be used, and what is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "listeners.h"
#include "os.h"
#include "program.h"

#define PATH_ROOM 1024

/* "/host/5000.a", which the shortest path of a socket ends with. */
#define SHORTEST_NAME 12

static int get_variable(const char* name, char value[PATH_ROOM]) {
  size_t size = PATH_ROOM;

  return uv_os_getenv(name, value, &size) == 0 && value[0] != '\0';
}

/* What hvuv itself says of an error at a bind. */
static void print_explained(const char* what, int err) {
  char text[HVUV_EXPLAIN_STRLEN] = "";
  hvuv_addr_t addr;

  hvuv_addr_parse("local://any/5000", &addr);
  hvuv_explain_step(&addr, HVUV_STEP_BIND, err, text, sizeof(text));
  finding(broken(NEED_LOCAL),
          what,
          "%s (%s). %s",
          uv_strerror(err),
          uv_err_name(err),
          text);
}

/* --- The folder */

/* The name in the user's own folder is "hvuv", that in the temporary one is
 * not. */
static int is_in_users_folder(const char* folder) {
  size_t len = strlen(folder);

  return len > 5 && strcmp(folder + len - 4, "hvuv") == 0 &&
         (folder[len - 5] == '/' || folder[len - 5] == '\\');
}

static const char* rule_of(const char* folder) {
  char value[PATH_ROOM];

  if (get_variable("HVUV_LOCAL_DIR", value))
    return "HVUV_LOCAL_DIR";
  return is_in_users_folder(folder) ? users_folder_variable
                                    : "the temporary directory";
}

static void look_at_passed_over(const char* folder) {
  char value[PATH_ROOM];

  if (get_variable("HVUV_LOCAL_DIR", value) || is_in_users_folder(folder) ||
      !get_variable(users_folder_variable, value))
    return;
  finding(NOTE,
          users_folder_variable,
          "%s is passed over: it is not there, or not this user's alone to "
          "write to, as after su, in cron, under WSL.",
          value);
}

/* A folder that is not there is made by the first listener, if it can be. */
static void look_at_place(const char* folder) {
  char above[PATH_ROOM];
  uv_fs_t req;
  char* end;
  int err;

  snprintf(above, sizeof(above), "%s", folder);
  end = strrchr(above, '/');
  if (end == NULL)
    end = strrchr(above, '\\');
  if (end != NULL)
    end[end == above] = '\0';
  err = uv_fs_access(NULL, &req, above, 2 | 1 /* W_OK, X_OK */, NULL);
  uv_fs_req_cleanup(&req);
  if (err == UV_ENOENT || err == UV_ENOTDIR || err == UV_EACCES ||
      err == UV_EROFS) {
    print_explained("directory", err);
    return;
  }
  finding(NOTE,
          "directory",
          "%s (by %s) is not there yet: the first listener makes it.",
          folder,
          rule_of(folder));
}

/* Others in the folder are nobody's business. */
static int is_name_of_partition(const char* name) {
  hvuv_guid_t vm_id;

  return strcmp(name, "host") == 0 || hvuv_guid_parse(name, &vm_id) == 0;
}

/* The directories of partitions, which have to be as private. */
static void look_at_open_ones(const char* folder) {
  char path[2 * PATH_ROOM];
  uv_dirent_t entry;
  uv_fs_t req;
  int r;

  r = uv_fs_scandir(NULL, &req, folder, 0, NULL);
  while (r >= 0 && uv_fs_scandir_next(&req, &entry) == 0) {
    snprintf(path, sizeof(path), "%s/%s", folder, entry.name);
    if (entry.type == UV_DIRENT_DIR && is_name_of_partition(entry.name) &&
        is_open_to_others(path)) {
      finding(broken(NEED_LOCAL),
              "partition",
              "%s is open to others, so no call to it works (EACCES).",
              path);
      advise("chmod 700 %s", path);
    }
  }
  uv_fs_req_cleanup(&req);
}

static void look_at_listeners(void) {
  hvuv_local_listener_t* all;
  size_t count;
  size_t live = 0;
  size_t i;

  if (list_listeners(&all, &count) != 0)
    return;
  for (i = 0; i < count; i++)
    live += all[i].is_live != 0;
  free(all);
  finding(NOTE,
          "listeners",
          "%u live, %u left by processes that were killed.%s",
          (unsigned int) live,
          (unsigned int) (count - live),
          count > live ? " Those do no harm: whoever listens at the same "
                         "address next takes over."
                       : "");
  if (count > 0)
    advise("hvuv vms lists them.");
}

static void look_at_folder(const char* folder) {
  size_t count = 0;
  int err = hvuv_local_list(NULL, &count);

  if (strlen(folder) + SHORTEST_NAME >= HVUV_PATH_SIZE)
    err = UV_ENAMETOOLONG;
  if (err == UV_ENOENT) {
    look_at_place(folder);
    return;
  }
  if (err != 0 && err != UV_ENOBUFS) {
    print_explained("directory", err);
    return;
  }
  finding(GOOD,
          "directory",
          "%s (by %s) is this user's alone.",
          folder,
          rule_of(folder));
  look_at_open_ones(folder);
  look_at_listeners();
}

/* --- Who this process is */

/* Asked of a connect to an address that nobody is ever reached by: only a
 * process that is no partition has another error there than
 * UV_EADDRNOTAVAIL. */
static int is_partition(void) {
  static hvuv_stream_t stream;
  static hvuv_connect_t req;
  hvuv_addr_t addr;
  int err;

  hvuv_addr_parse("local://any/5000", &addr);
  err = hvuv_init(program_loop(), &stream);
  if (err != 0)
    return 1;
  err = hvuv_connect(&req, &stream, &addr, NULL);
  hvuv_close(&stream, NULL);
  uv_run(program_loop(), UV_RUN_DEFAULT);
  return err != UV_EINVAL;
}

static void look_at_partition(void) {
  char value[PATH_ROOM];

  if (!get_variable("HVUV_LOCAL_VM", value)) {
    finding(NOTE, "partition", "The host: HVUV_LOCAL_VM is not set.");
    return;
  }
  if (!is_partition()) {
    print_explained("partition", UV_EINVAL);
    return;
  }
  finding(NOTE, "partition", "The VM %s, by HVUV_LOCAL_VM.", value);
}

void look_at_local(void) {
  char folder[PATH_ROOM] = "";
  size_t size = sizeof(folder);
  int err = hvuv_supported(HVUV_LOCAL);

  section("Unix sockets: local://, hybrid://");
  if (err != 0) {
    finding(lacking(NEED_UNIX),
            "sockets",
            "This system has no Unix sockets (%s).",
            uv_err_name(err));
    advise(
        "Windows has them from Windows 10 version 1803 on; Wine 8 has none.");
    return;
  }
  finding(GOOD, "sockets", "This system has Unix sockets.");
  look_at_partition();
  err = hvuv_local_folder(folder, &size);
  if (err != 0) {
    print_explained("directory", err);
    return;
  }
  look_at_passed_over(folder);
  look_at_folder(folder);
}
