/* SPDX-License-Identifier: MIT */
/* A preload library that gives a program, and each child that it forks, a thread that does nothing: what a host pays for no longer
 * being single-threaded, in the kernel's look-up of descriptors and in the C library's locks. */
#include <pthread.h>
#include <unistd.h>

static void *idle(void *unused) {
  for (;;) pause();
  return unused;
}

static void begin(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, idle, NULL) == 0) pthread_detach(thread);
}

__attribute__((constructor)) static void begin_here_and_in_children(void) {
  begin();
  pthread_atfork(NULL, NULL, begin);
}
