// SPDX-License-Identifier: MIT
//
// Why a run recorded nothing, in one line for people: what is known about the program, its processes and the rings, put together
// after the end, because lws can still arrive by exec or dlopen while the program runs.
#ifndef WSITRACE_CLI_RUN_SILENCE_H
#define WSITRACE_CLI_RUN_SILENCE_H

#include <functional>
#include <optional>
#include <string>

#include "agent/base/expected.h"
#include "agent/cli/run/elf_check.h"

namespace wsitrace {

struct Silence {
  std::string program;                   // as the user named it
  std::optional<ProgramFacts> facts;     // of its executable, where that could be read
  std::function<OwnLws()> find_own_lws;  // asked only when it matters
  bool lws_unobserved = false;           // some process used a libwebsockets that nobody stands in front of
  bool lws_seen = false;                 // some process used a libwebsockets that was loaded
  std::optional<unsigned> user;          // it ran as this one, who may not open the rings
  std::string process_notice;            // what a process left in its block
  std::string ring_notice;               // what a process left in the ring file's header
};

// what: the program; why: what kept it from being recorded.
Error explain(const Silence &silence);

inline constexpr const char *kStaticLws = "libwebsockets is linked statically into it";
inline constexpr const char *kUnseenLws =
    "it uses a libwebsockets that is linked statically into it, or loaded past wsitrace";
inline constexpr const char *kLinkIt = "build it with wsitrace/wsitrace.h, or against a shared libwebsockets";

}  // namespace wsitrace

#endif
