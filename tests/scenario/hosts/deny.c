// SPDX-License-Identifier: MIT
//
// Runs a program to which the kernel refuses something:    deny shared-mmap|peek|debug|log PROGRAM [ARGS]
//
//   shared-mmap   mmap(MAP_SHARED) fails with ENOMEM
//   peek          process_vm_readv fails with EPERM, as seccomp profiles of containers have it
//   log           likewise, but it is only logged
//   debug         what systemd's SystemCallFilter calls @debug ends the program (SIGSYS)
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

static struct sock_filter no_shared_mmap[] = {
    LOAD(nr),       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
    LOAD(args[3]),  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1),
    REFUSE(ENOMEM), ALLOW,
};

static struct sock_filter no_peek[] = {
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
    REFUSE(EPERM),
    ALLOW,
};

static struct sock_filter logged_peek[] = {
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    ALLOW,
};

#define KILL_ON(call) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static struct sock_filter no_debug[] = {
    LOAD(nr),      KILL_ON(process_vm_readv), KILL_ON(process_vm_writev), KILL_ON(ptrace),
    KILL_ON(kcmp), KILL_ON(perf_event_open),  KILL_ON(pidfd_getfd),       KILL_ON(lookup_dcookie),
    ALLOW,
};

static int install(struct sock_filter *filter, size_t length) {
  const struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv) {
  int failed = 1;
  if (argc > 2 && !strcmp(argv[1], "shared-mmap"))
    failed = install(no_shared_mmap, sizeof no_shared_mmap / sizeof *no_shared_mmap);
  else if (argc > 2 && !strcmp(argv[1], "peek")) failed = install(no_peek, sizeof no_peek / sizeof *no_peek);
  else if (argc > 2 && !strcmp(argv[1], "log")) failed = install(logged_peek, sizeof logged_peek / sizeof *logged_peek);
  else if (argc > 2 && !strcmp(argv[1], "debug")) failed = install(no_debug, sizeof no_debug / sizeof *no_debug);
  if (failed) {
    fprintf(stderr, "usage: deny shared-mmap|peek|debug|log PROGRAM [ARGS]\n");
    return 2;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
