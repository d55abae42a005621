/*
 * A fake hypervisor: what Firecracker and Cloud Hypervisor do between a host
 * program and the guest behind a Unix socket, and nothing more. It accepts at
 * PATH, reads "CONNECT <port>\n", connects to whoever listens at PATH_<port>
 * (in truth a socket of the guest's own), answers "OK <number>\n" and carries
 * bytes both ways, ends of directions included. Where nobody listens it hangs
 * up without a word, as they do; while a backlog is full it waits.
 *
 * One abort it cannot carry: when one end dies, the other reads what came
 * before and then an end, not an error.
 *
 * It runs in a thread of its own and knows nothing of hvuv.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H

typedef struct fake_vmm_s fake_vmm_t;

/* Aborts if it cannot. */
fake_vmm_t* fake_vmm_start(const char* path);

/* Hangs up on everybody. */
void fake_vmm_stop(fake_vmm_t* vmm);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H */
