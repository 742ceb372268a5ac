// SPDX-License-Identifier: MIT
//
// The ways out of a process that run no destructor: a forked worker ends by _exit() as a rule, and only its own parent learns how. Its log must
// have an end all the same.
//
// Signals: _exit() is called in handlers; what is done here may be done there.
// vfork:   a child that shares its parent's memory says nothing in its parent's name (mark_ended).
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include <libwebsockets.h>

#include "agent/probe/host_state.h"

namespace {

using Exit = void (*)(int);
Exit g_real_exit = nullptr;
Exit g_real_quick_exit = nullptr;

// At the start: looking a function up is nothing for a signal handler.
__attribute__((constructor)) void find_exits() {
  g_real_exit = reinterpret_cast<Exit>(dlsym(RTLD_NEXT, "_exit"));
  g_real_quick_exit = reinterpret_cast<Exit>(dlsym(RTLD_NEXT, "quick_exit"));
}

[[noreturn]] void leave(Exit real, int status) {
  wsitrace::mark_ended();
  if (real != nullptr) real(status);
  for (;;) syscall(SYS_exit_group, status);
}

}  // namespace

extern "C" {

LWS_VISIBLE void _exit(int status) { leave(g_real_exit, status); }
LWS_VISIBLE void _Exit(int status) noexcept { leave(g_real_exit, status); }
LWS_VISIBLE void quick_exit(int status) noexcept { leave(g_real_quick_exit, status); }

}  // extern "C"
