// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a process, makes its processor look as if it had AVX2, but no AVX-512 and no AMX:
// the CPUID instruction is made to fault, and what it says is given without those. That reaches
// libraries which cannot be told by a variable, and threads, which inherit it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { SET_CPUID = 0x1012 }; // of arch_prctl; 0 makes the instruction fault
enum { FEATURES = 7 };       // the leaf that has them
enum { CPUID_LENGTH = 2 };

// Bits of the leaf, by its subleaf.
static const uint32_t hidden_ebx0 =
    1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31;
static const uint32_t hidden_ecx0 = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14;
static const uint32_t hidden_edx0 =
    1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25;
static const uint32_t hidden_eax1 = 1u << 5 | 1u << 21; // AVX512_BF16, AMX-FP16
static const uint32_t hidden_edx1 = 1u << 8 | 1u << 19; // AMX-COMPLEX, AVX10

typedef int sigaction_function(int, const struct sigaction *, struct sigaction *);

// What the process itself wants to happen at a fault that is none of ours.
static struct sigaction others;

static sigaction_function *real_sigaction(void)
{
    void *found = dlsym(RTLD_NEXT, "sigaction");
    sigaction_function *function;
    memcpy(&function, &found, sizeof function);
    return function;
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    if (others.sa_flags & SA_SIGINFO && others.sa_sigaction)
        others.sa_sigaction(number, info, context);
    else if (others.sa_handler != SIG_DFL && others.sa_handler != SIG_IGN)
        others.sa_handler(number);
    else
        real_sigaction()(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    // in the last case the instruction that faulted faults again, and ends the process
}

static void hide(uint32_t subleaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    if (subleaf == 0) {
        *b &= ~hidden_ebx0;
        *c &= ~hidden_ecx0;
        *d &= ~hidden_edx0;
    } else if (subleaf == 1) {
        *a &= ~hidden_eax1;
        *d &= ~hidden_edx1;
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    static const unsigned char cpuid[CPUID_LENGTH] = {0x0f, 0xa2};
    greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (memcmp((const void *)reg[REG_RIP], cpuid, sizeof cpuid) != 0) {
        pass_on(number, info, context);
        return;
    }
    uint32_t leaf = (uint32_t)reg[REG_RAX], subleaf = (uint32_t)reg[REG_RCX];
    uint32_t a = leaf, b, c = subleaf, d;
    syscall(SYS_arch_prctl, SET_CPUID, 1L);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    syscall(SYS_arch_prctl, SET_CPUID, 0L);
    if (leaf == FEATURES)
        hide(subleaf, &a, &b, &c, &d);
    reg[REG_RAX] = a;
    reg[REG_RBX] = b;
    reg[REG_RCX] = c;
    reg[REG_RDX] = d;
    reg[REG_RIP] += CPUID_LENGTH;
}

// Whoever sets a handler for faults later keeps it for those that are none of ours.
int sigaction(int number, const struct sigaction *new, struct sigaction *old)
{
    if (number != SIGSEGV)
        return real_sigaction()(number, new, old);
    struct sigaction before = others;
    if (new)
        others = *new;
    if (old)
        *old = before;
    return 0;
}

// The C library's own does not come by the function above. Compilers set handlers by this one.
void (*signal(int number, void (*handler)(int)))(int)
{
    struct sigaction new = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    return sigaction(number, &new, &old) == 0 ? old.sa_handler : SIG_ERR;
}

__attribute__((constructor(101))) static void begin(void)
{
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = on_fault;
    ours.sa_flags = SA_SIGINFO | SA_NODEFER;
    real_sigaction()(SIGSEGV, &ours, NULL);
    syscall(SYS_arch_prctl, SET_CPUID, 0L);
}
