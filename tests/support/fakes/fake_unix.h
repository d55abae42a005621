/*
 * The verbs of unix/ without files: what the families on Unix sockets need to
 * be linked over the scripted system calls. A path's socket is made, bound and
 * connected through fake_sys; every folder is in order.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_UNIX_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_UNIX_H

/* For setup and teardown; the check fails the test if a path is claimed. */
void fake_unix_reset(void);
void fake_unix_check(void);

/* Has the next claim answer err. */
void fake_claim_fails(int err);

/* Has every look at a folder answer err, once `looks` more have gone well. */
void fake_folder_fails(int looks, int err);

/* Looks at folders since fake_unix_reset(). */
int fake_folder_looks(void);

/* Whom folders must belong to from now on. */
void fake_user(int is_known, unsigned long id);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_UNIX_H */
