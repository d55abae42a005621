/*
 * Private folders on Windows.
 *
 * A folder is this user's alone if it is no link (no reparse point), and its
 * owner and all whom its DACL grants anything, itself or by inheritance, are
 * this user, SYSTEM or Administrators; the latter two reach every file anyway,
 * as root does elsewhere, and own what an elevated process makes. "Creator
 * owner" and "owner rights" stand for the owner. One without a DACL is open to
 * everybody.
 *
 * A folder that is made here gets exactly such a DACL, protected from what the
 * folder above would hand down. What is in it inherits it: sockets and locks.
 */
#include "unix/folder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <aclapi.h>
#include <sddl.h>

#include "unix/file_win.h"

/* Room for a SID as text, and for a security descriptor with two of them. */
#define SID_TEXT_ROOM  192
#define SDDL_TEXT_ROOM (2 * SID_TEXT_ROOM + 64)

/* TOKEN_USER and the SID that it points to. */
typedef union user_s {
  TOKEN_USER user;
  BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
} user_t;

/* Whoever this thread acts for, as the system's own checks have it. */
static int find_user(user_t* user) {
  HANDLE token;
  DWORD size;
  int err;

  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) &&
      !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
    return hvuv__sys_error(GetLastError());

  err = 0;
  if (!GetTokenInformation(token, TokenUser, user, sizeof(*user), &size))
    err = hvuv__sys_error(GetLastError());
  CloseHandle(token);
  return err;
}

/* --- Looking */

static int is_ours(PSID sid, const user_t* user) {
  return EqualSid(sid, user->user.User.Sid) ||
         IsWellKnownSid(sid, WinLocalSystemSid) ||
         IsWellKnownSid(sid, WinBuiltinAdministratorsSid);
}

static int stands_for_owner(PSID sid) {
  return IsWellKnownSid(sid, WinCreatorOwnerSid) ||
         IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

/* Grants of a kind that is not known here are refused. */
static int is_harmless(ACCESS_ALLOWED_ACE* entry, const user_t* user) {
  PSID sid = &entry->SidStart;

  if (entry->Header.AceType == ACCESS_DENIED_ACE_TYPE)
    return 1;
  if (entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE)
    return 0;
  return is_ours(sid, user) || stands_for_owner(sid);
}

static int is_private(PSID owner, PACL dacl, const user_t* user) {
  void* entry;
  DWORD i;

  if (owner == NULL || !is_ours(owner, user) || dacl == NULL)
    return 0;
  assert(IsValidAcl(dacl));
  for (i = 0; i < dacl->AceCount; i++)
    if (!GetAce(dacl, i, &entry) || !is_harmless(entry, user))
      return 0;
  return 1;
}

static int look_at_handle(HANDLE folder, const user_t* user) {
  BY_HANDLE_FILE_INFORMATION info;
  PSECURITY_DESCRIPTOR security;
  PSID owner;
  PACL dacl;
  DWORD err;
  int ours;

  if (!GetFileInformationByHandle(folder, &info))
    return hvuv__sys_error(GetLastError());
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
      (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return UV_EACCES;

  err = GetSecurityInfo(folder,
                        SE_FILE_OBJECT,
                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                        &owner,
                        NULL,
                        &dacl,
                        NULL,
                        &security);
  if (err != ERROR_SUCCESS)
    return hvuv__sys_error(err);

  ours = is_private(owner, dacl, user);
  LocalFree(security);
  return ours ? 0 : UV_EACCES;
}

static int look_at(const WCHAR* path, const user_t* user) {
  HANDLE folder;
  int err;

  folder =
      CreateFileW(path,
                  READ_CONTROL | FILE_READ_ATTRIBUTES,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  NULL,
                  OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
                  NULL);
  if (folder == INVALID_HANDLE_VALUE)
    return hvuv__sys_error(GetLastError());

  err = look_at_handle(folder, user);
  CloseHandle(folder);
  return err;
}

/* --- Making */

/* The owner is named, because what an elevated process makes would be the
 * group's. */
static int describe(const user_t* user, PSECURITY_DESCRIPTOR* security) {
  char text[SDDL_TEXT_ROOM];
  char* sid;

  if (!ConvertSidToStringSidA(user->user.User.Sid, &sid))
    return hvuv__sys_error(GetLastError());
  assert(strlen(sid) < SID_TEXT_ROOM);
  snprintf(text,
           sizeof(text),
           "O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)",
           sid,
           sid);
  LocalFree(sid);
  return ConvertStringSecurityDescriptorToSecurityDescriptorA(
             text, SDDL_REVISION_1, security, NULL)
             ? 0
             : hvuv__sys_error(GetLastError());
}

static int make(const WCHAR* path, const user_t* user) {
  SECURITY_ATTRIBUTES attributes;
  int err;

  attributes.nLength = sizeof(attributes);
  attributes.bInheritHandle = FALSE;
  err = describe(user, &attributes.lpSecurityDescriptor);
  if (err != 0)
    return err;

  if (!CreateDirectoryW(path, &attributes) &&
      GetLastError() != ERROR_ALREADY_EXISTS)
    err = hvuv__sys_error(GetLastError());
  LocalFree(attributes.lpSecurityDescriptor);
  return err;
}

static int check(const char* path, const user_t* user, int create) {
  WCHAR wide[HVUV__WIDE_ROOM];
  int err;

  err = hvuv__file_wide(path, wide);
  if (err != 0)
    return err;
  err = look_at(wide, user);
  assert(err <= 0);
  if (err != UV_ENOENT || !create)
    return err;

  err = make(wide, user);
  return err == 0 ? look_at(wide, user) : err;
}

int hvuv__folder_check(const char* path, int create) {
  user_t user;
  int err;

  err = find_user(&user);
  return err == 0 ? check(path, &user, create) : err;
}

/* A user is a SID, and asked for with each look. */
hvuv__user_t hvuv__folder_user(void) {
  hvuv__user_t user = {0, 0};

  return user;
}

int hvuv__folder_check_both(const hvuv__user_t* user,
                            const char* outer,
                            const char* inner,
                            int create) {
  user_t found;
  int err;

  assert(!user->is_known);
  assert(strncmp(outer, inner, strlen(outer)) == 0);
  (void) user;
  err = find_user(&found);
  if (err == 0)
    err = check(outer, &found, create);
  return err == 0 ? check(inner, &found, create) : err;
}
