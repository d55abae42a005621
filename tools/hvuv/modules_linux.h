/* Whether a module of the kernel is at work, or could be. */
#ifndef HVUV_TOOLS_MODULES_LINUX_H
#define HVUV_TOOLS_MODULES_LINUX_H

typedef enum module_state_e {
  MODULE_LOADED,
  MODULE_BUILT_IN,
  MODULE_THERE,  /* could be loaded */
  MODULE_ABSENT, /* this kernel's modules are here, and it is none of them */
  MODULE_UNKNOWN /* this kernel's modules are not here, as in a container */
} module_state_t;

/* name has underscores; root is "" but in tests, release as uname says it. */
module_state_t find_module(const char* root,
                           const char* release,
                           const char* name);

#endif /* HVUV_TOOLS_MODULES_LINUX_H */
