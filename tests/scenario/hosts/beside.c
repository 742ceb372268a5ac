// SPDX-License-Identifier: MIT
//
// A library that others have loaded into the program before: it stands in front of malloc(), as allocators do, and of two functions that
// wsitrace stands in front of, too, and hands on to whoever is behind. As an auditor (LD_AUDIT), it hears of all objects and bindings.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#pragma GCC visibility push(default)

extern void *__libc_malloc(size_t size);

void *malloc(size_t size) { return __libc_malloc(size); }

ssize_t recv(int fd, void *buffer, size_t size, int flags) {
  static ssize_t (*next)(int, void *, size_t, int);
  if (!next) next = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
  return next(fd, buffer, size, flags);
}

int close(int fd) {
  static int (*next)(int);
  if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "close");
  return next(fd);
}

unsigned la_version(unsigned version) { return version; }
unsigned la_objopen(struct link_map *map, Lmid_t id, uintptr_t *cookie) {
  (void)map, (void)id, (void)cookie;
  return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
uintptr_t la_symbind64(ElfW(Sym) * symbol, unsigned index, uintptr_t *by, uintptr_t *in, unsigned *flags,
                       const char *name) {
  (void)index, (void)by, (void)in, (void)flags, (void)name;
  return symbol->st_value;
}
