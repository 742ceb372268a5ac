// SPDX-License-Identifier: MIT
#include "agent/cli/run/silence.h"

namespace wsitrace {

Error explain(const Silence &silence) {
  const auto because = [&](const std::string &why, const std::string &hint) {
    return Error{silence.program, why, hint};
  };
  if (silence.lws_unobserved)
    return because(silence.facts && silence.find_own_lws() == OwnLws::kDefined ? kStaticLws : kUnseenLws, kLinkIt);
  if (!silence.process_notice.empty()) return because(silence.process_notice, "the program itself ran unharmed");
  if (!silence.ring_notice.empty()) {
    const bool no_room = silence.ring_notice.find("no address space") != std::string::npos;
    return because(silence.ring_notice, no_room ? "raise its limits, or use a smaller --ring-size" : "");
  }
  if (silence.lws_seen) return because("libwebsockets was used, but no connection was made", "");
  if (silence.user)
    return because(
        "it runs as user " + std::to_string(*silence.user) + ", who may not open the rings: Permission denied",
        "run wsitrace as that user");
  if (!silence.facts) return because("no libwebsockets was seen", "");
  const ElfFacts &elf = silence.facts->elf;
  if (elf.elf && !elf.native)
    return because("it is a program for another kind of machine", "use the wsitrace of that kind");
  if (silence.facts->secure)
    return because("it runs with more rights than its caller, and the loader then refuses LD_PRELOAD",
                   "run wsitrace as the user that it becomes");
  const OwnLws own = elf.needs_lws() ? OwnLws::kNone : silence.find_own_lws();
  if (own == OwnLws::kDefined) return because(kStaticLws, kLinkIt);
  if (own == OwnLws::kNamed) return because("libwebsockets seems to be linked statically into it", kLinkIt);
  if (elf.elf && !elf.dynamic) return because("it is linked statically, and LD_PRELOAD has no effect on it", kLinkIt);
  if (elf.needs_lws()) return because("it is linked with libwebsockets, but did not use it", "");
  return because("no libwebsockets was seen in it or in what it started", "");
}

}  // namespace wsitrace
