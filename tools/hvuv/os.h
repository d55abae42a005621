/* What the verbs need of the system besides hvuv, and what they know of it. */
#ifndef HVUV_TOOLS_OS_H
#define HVUV_TOOLS_OS_H

/* Whether standard output is a terminal that shows colours by escapes. */
int has_colours(void);

/* Whether others than this user may use a folder, by its mode. Where modes say
 * nothing, 0. */
int is_open_to_others(const char* path);

/* The variable that names this user's own folder for such things as sockets. */
extern const char users_folder_variable[];

/* Where people find VMs on this system that are none of `local`. */
extern const char vms_elsewhere[];

/* Returns the hypervisor that this system runs under, as far as the processor
 * says so, or NULL; *is_root is 1 if this is the system that has the VMs
 * (Hyper-V's root partition). */
const char* find_hypervisor(int* is_root);

#endif /* HVUV_TOOLS_OS_H */
