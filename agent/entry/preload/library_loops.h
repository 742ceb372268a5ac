// SPDX-License-Identifier: MIT
//
// Event loops of libraries (libuv, libev, glib), which lws_service() does not run: whether they come to lws's sockets in time. lws serves
// them by plugins of its own (libwebsockets-evlib_uv.so), whose calls into lws are redirected; no other call is touched.
//
// Limits: a build of lws that has such a loop in itself is not watched, nor are loops of the program's own.
// Threads: any.
// Cost:   two coarse clock reads for each event of a socket; after a pause of kPauseMs (agent/probe/service.h) a syscall for those that follow at once.
#ifndef WSITRACE_ENTRY_PRELOAD_LIBRARY_LOOPS_H
#define WSITRACE_ENTRY_PRELOAD_LIBRARY_LOOPS_H

namespace wsitrace {

// A context was made, with what it needs for its loop.
void watch_library_loops() noexcept;

}  // namespace wsitrace

#endif
