/*
 * Has all sockets of this program look like Hyper-V's to whoever asks for their
 * provider, so that libuv polls TCP by its slow path and hvuv by AFD: both ask
 * by getsockopt(), through a pointer that the linker would else find in the
 * import library.
 */
#ifndef HVUV_TESTS_LAB_WINDOWS_PROVIDER_H
#define HVUV_TESTS_LAB_WINDOWS_PROVIDER_H

void provider_pretend(int is_hyperv);

#endif /* HVUV_TESTS_LAB_WINDOWS_PROVIDER_H */
