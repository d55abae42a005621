/*
 * A list of services of a test's own in the user's part of the registry, with
 * the means to put there what others might. The machine's list is not touched.
 * A step that fails fails the test.
 */
#ifndef HVUV_TESTS_SUPPORT_REGISTRY_WIN_H
#define HVUV_TESTS_SUPPORT_REGISTRY_WIN_H

#include "registry/key_win.h"

/* For cmocka: an empty list; and everything as it was, and no handle open that
 * was not before the test. */
int registry_setup(void** state);
int registry_teardown(void** state);

/* The key of the list itself, open for all a test may want. */
HKEY registry_list(void);

/* A key in the list, made when it is not there; registry_close() it. */
HKEY registry_key(const wchar_t* name);
void registry_close(HKEY key);

/* A key with an ElementName of any type and bytes. */
void registry_put(const wchar_t* name,
                  DWORD type,
                  const void* data,
                  size_t bytes);

/* The same with a string, its NUL included. */
void registry_put_name(const wchar_t* name, const wchar_t* element_name);

void registry_delete(const wchar_t* name);
int registry_has(const wchar_t* name);

/* Whether a key has just this ElementName, and nothing else. */
int registry_is_named(const wchar_t* name, const wchar_t* element_name);

/* Who may do what with a key from now on, as SDDL. */
void registry_allow(HKEY key, const char* sddl);

#endif /* HVUV_TESTS_SUPPORT_REGISTRY_WIN_H */
