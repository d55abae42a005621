/* What makes a Linux kernel of a program: the setup header of a bzImage, and where it is
 * entered in 64-bit mode, with the zero page in rsi. */
#include "hostile/hostile.h"

__asm__(".section .setup, \"a\"\n"
        ".org 0x1f1\n"
        "  .byte 1\n" /* setup_sects */
        ".org 0x1fe\n"
        "  .word 0xaa55\n"
        "  .byte 0xeb, 0x6a\n" /* a jump over the header, which gives its end */
        "  .ascii \"HdrS\"\n"
        "  .word 0x20f\n"
        ".org 0x211\n"
        "  .byte 1\n" /* loaded high */
        ".org 0x22c\n"
        "  .long 0x7fffffff\n" /* initrd_addr_max */
        "  .long 0x200000\n"   /* kernel_alignment */
        ".org 0x236\n"
        "  .word 1\n"   /* there is a 64-bit entry */
        "  .long 255\n" /* cmdline_size */
        ".org 0x258\n"
        "  .quad 0x1000000\n"               /* pref_address */
        "  .long hostile_end - 0x1000000\n" /* init_size */
        ".org 0x400\n"
        ".section .entry, \"ax\"\n"
        ".org 0x200\n"
        ".globl hostile_entry\n"
        "hostile_entry:\n"
        "  leaq hostile_stack + 65536(%rip), %rsp\n"
        "  movq %rsi, %rdi\n"
        "  call hostile_main\n"
        "1: hlt\n"
        "  jmp 1b\n"
        ".text\n");

/* 16-aligned, which the compiler counts on; used from its end on. */
_Alignas(16) unsigned char hostile_stack[65536];
