/*
 * The pointers through which a Windows program calls a function of a DLL. Its import
 * library defines them; a program with an object that defines one too calls that.
 *
 *   extern send_fn __imp_send IMPORTED(send, (SOCKET, const char*, int, int));
 *   send_fn __imp_send = my_send;
 *
 * For 64 bits this is the pointer's whole name. For 32 bits it also has the bytes of the
 * parameters, of which each takes 4 in all functions that are replaced here.
 */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_IMPORTED_H
#define HVUV_TESTS_SUPPORT_EMULATION_IMPORTED_H

#if defined(__i386__)
#define IMPORTED_PICK(a, b, c, d, e, f, g, h, i, bytes, ...) bytes
#define IMPORTED_BYTES(...)                                                    \
  IMPORTED_PICK(                                                               \
      __VA_ARGS__, "36", "32", "28", "24", "20", "16", "12", "8", "4", )
#define IMPORTED(name, parameters)                                             \
  __asm__("__imp__" #name "@" IMPORTED_BYTES parameters)
#else
#define IMPORTED(name, parameters)
#endif

#endif /* HVUV_TESTS_SUPPORT_EMULATION_IMPORTED_H */
