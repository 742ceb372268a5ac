// SPDX-License-Identifier: MIT
#include "agent/diagnosis/connect_calls.h"

#include <fmt/format.h>

#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr const char *kZeroAdvice =
    "set the lws_client_connect_info to zeros before it is filled in (struct lws_client_connect_info info = {0}; or "
    "memset(&info, 0, sizeof info)): lws goes by every member that is not zero; and compile with the header of the "
    "libwebsockets that runs";

constexpr const char *kDestroyAdvice =
    "set the pointer to NULL when you call lws_context_destroy(), and check it before the next call: one place should "
    "destroy the context, usually after the loop";

struct DeadText {
  const char *state;  // completes "was called with a context that ..."
  const char *follows;
  const char *advice;
};

DeadText text_of(int32_t how) {
  switch (how) {
    case kDyingContext:
      return {"was being destroyed", "lws makes no connection then: the call returns NULL, and no callback reports it.",
              "do not connect again in the callbacks that lws_context_destroy() brings (..._CLOSED, "
              "CLIENT_CONNECTION_ERROR): set a flag before that call, and look at it there"};
    case kNoContext:
      return {"is NULL", "lws uses it without looking.",
              "check the result of lws_create_context(), and set `context` of the connect info"};
    default:
      return {"had been destroyed",
              "lws_context_destroy() had returned: lws then uses memory that was freed, and crashes at once or later.",
              "set the pointer to NULL when you call lws_context_destroy() and stop what connects again (timers, other "
              "threads); or keep the one context, and destroy it only when the program ends"};
  }
}

}  // namespace

void ConnectCalls::note(Times &times, std::string_view what, Ns at_ns) {
  if (times.count++ == 0) {
    times.what = printable(what);
    times.first_ns = at_ns;
  }
  times.last_ns = at_ns;
}

void ConnectCalls::used_dead_context(const Event &event, std::string_view call, bool one_call_ends_it) {
  if (call == "lws_context_destroy") {
    if (event.value == kDestroyedContext && one_call_ends_it) note(destroyed_again_, call, event.time_ns);
    return;
  }
  note(dead_[event.value], call, event.time_ns);
}

void ConnectCalls::pointed_nowhere(const Event &event, std::span<const std::byte> items) {
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag == kItemNowhere)
      note(nowhere_, {reinterpret_cast<const char *>(bytes.data()), bytes.size()}, event.time_ns);
  });
}

// Something that happened so often: FOLLOWS says what comes of it.
Diagnosis ConnectCalls::told(Cause cause, const Times &times, const std::string &detail, const char *follows,
                             const char *advice, const LogFacts &log) {
  Diagnosis out = diagnosis_of(cause, times.count, detail);
  out.first_ns = times.first_ns;
  out.last_ns = times.last_ns;
  out.why.push_back(fmt::format("That happened {}, first at {}. {}", times_text(times.count),
                                time_text(times.first_ns, log.started_ns), follows));
  out.advice = advice;
  return out;
}

void ConnectCalls::add(std::vector<Diagnosis> &to, const LogFacts &log) const {
  for (const auto &[how, times] : dead_) {
    const DeadText text = text_of(how);
    to.push_back(told(Cause::kDeadContext, times,
                      fmt::format("{}() was called with a context that {}", times.what, text.state), text.follows,
                      text.advice, log));
    if (how == kDyingContext) to.back().severity = Weight::kNote;
  }
  if (destroyed_again_.count > 0)
    to.push_back(told(Cause::kDeadContext, destroyed_again_,
                      "lws_context_destroy() was called again with a context that it had destroyed",
                      "With lws's own event loop the context is freed when the first call returns: the next one uses "
                      "that memory, and crashes at once or later.",
                      kDestroyAdvice, log));
  if (nowhere_.count > 0)
    to.push_back(told(Cause::kInfoNotSet, nowhere_, nowhere_.what,
                      "These members of the lws_client_connect_info do not point to memory of this program: they were "
                      "probably never set.",
                      kZeroAdvice, log));
}

ConnectCalls::Blame ConnectCalls::blame_for_crash(Ns started_ns) const {
  if (nowhere_.count > 0)
    return {
        fmt::format("At {}, lws_client_connect_via_info() had got a connect info of which these members point to no "
                    "memory: {}. That is the likely cause.",
                    time_text(nowhere_.last_ns, started_ns), nowhere_.what),
        kZeroAdvice};
  for (const int32_t how : {kNoContext, kDestroyedContext}) {
    const auto found = dead_.find(how);
    if (found == dead_.end()) continue;
    return {fmt::format("Before, at {}, {}() had been called with a context that {}. That is the likely cause.",
                        time_text(found->second.last_ns, started_ns), found->second.what, text_of(how).state),
            text_of(how).advice};
  }
  if (destroyed_again_.count > 0)
    return {fmt::format("Before, at {}, lws_context_destroy() had been called again with a context that it had "
                        "destroyed. That is the likely cause.",
                        time_text(destroyed_again_.last_ns, started_ns)),
            kDestroyAdvice};
  return {};
}

}  // namespace wsitrace
