/*
 * A fake hypervisor: what Firecracker and Cloud Hypervisor do between a host
 * program and the guest behind a Unix socket, and nothing more. It accepts at
 * PATH, reads "CONNECT <port>\n", connects to whoever listens at PATH_<port>
 * (in truth a socket of the guest's own), answers "OK <number>\n" and carries
 * bytes both ways. Where nobody listens it hangs up without a word, as they do;
 * while a backlog is full it waits.
 *
 * It runs in a thread of its own and knows nothing of hvuv.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H

typedef struct fake_vmm_s fake_vmm_t;

/* What real ones do that a program on either side may not expect. */
typedef enum fake_vmm_manners_e {
  /* None of it: an end of one direction is passed on behind its last byte, as
   * by OpenVMM and Cloud Hypervisor 53. */
  FAKE_VMM_GENEROUS = 0,

  /* When the host ends its direction, the guest can neither send nor receive
   * any more, and what it had still to say is lost (vhost-device-vsock 0.3.0,
   * Firecracker, Cloud Hypervisor 52). */
  FAKE_VMM_HOST_END_ENDS_BOTH = 1 << 0,

  /* When the guest ends its direction, the host hears of it only once the guest
   * has closed (vhost-device-vsock 0.3.0, Firecracker). */
  FAKE_VMM_GUEST_END_UNHEARD = 1 << 1,

  /* What comes behind the request in one piece with it is lost
   * (vhost-device-vsock 0.3.0). */
  FAKE_VMM_LOSES_PIPELINED = 1 << 2,

  /* The OK comes late, and in two pieces. */
  FAKE_VMM_SLOW = 1 << 3,

  /* Accepts and does nothing more, as one whose VM is paused. */
  FAKE_VMM_SILENT = 1 << 4,

  FAKE_VMM_STINGY = FAKE_VMM_HOST_END_ENDS_BOTH | FAKE_VMM_GUEST_END_UNHEARD |
                    FAKE_VMM_LOSES_PIPELINED | FAKE_VMM_SLOW
} fake_vmm_manners_t;

/* Aborts if it cannot. manners are of the above, ored. */
fake_vmm_t* fake_vmm_start(const char* path, unsigned int manners);

/* Hangs up on everybody. */
void fake_vmm_stop(fake_vmm_t* vmm);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_VMM_H */
