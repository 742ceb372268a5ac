// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/export/explain/rules.h"
#include "agent/export/explain/spans.h"

namespace wsitrace {
namespace {

constexpr const char *kStartFirst =
    "Start the loop first; or connect from a timer (lws_sul_schedule) or in LWS_CALLBACK_PROTOCOL_INIT, which run once "
    "it does.";

std::string never_serviced(const Wait &wait, const LogFacts &log) {
  std::string out = fmt::format(
      "Nobody has serviced this connection since {}, for {}, until the end of the log: the connect was "
      "issued and never got LWS_CALLBACK_WSI_CREATE.",
      time_text(wait.since_ns, log.started_ns), span_text(wait.since_ns, log.last_ns));
  if (wait.loop_turns > 0)
    return out + fmt::format(
                     " An event loop ran meanwhile ({} of others), so that the connect is rather still under way: the "
                     "peer or "
                     "something before it does not answer.",
                     count_text(wait.loop_turns, "event"));
  return out +
         " The likely reason is an event loop that does not run: in all that time no sign of one was seen in this "
         "program. " +
         kStartFirst;
}

std::string serviced_late(const Wait &wait, const LogFacts &log) {
  std::string out = fmt::format("Between the connect at {} and LWS_CALLBACK_WSI_CREATE lay {}.",
                                time_text(wait.since_ns, log.started_ns), span_text(wait.since_ns, *wait.until_ns));
  if (wait.loop_turns > 0)
    return out + fmt::format(" An event loop ran meanwhile ({} of others): the network or the peer was slow.",
                             count_text(wait.loop_turns, "event"));
  return out + " No sign of an event loop was seen in that time: the likely reason is a loop that ran only later. " +
         kStartFirst;
}

}  // namespace

std::string waited_for_loop(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (connection.origin != Origin::kOutbound) return "";
  const auto wait = wait_for_loop(subject, log);
  if (!wait) return "";
  if (!wait->until_ns) return is_open(connection) ? never_serviced(*wait, log) : "";
  if (*wait->until_ns < wait->since_ns + kLongWaitNs) return "";
  return connection.connected_ns ? serviced_late(*wait, log) : "";
}

std::string waited_after_adoption(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (connection.origin != Origin::kAdopted || !connection.role.empty() || !is_open(connection)) return "";
  const auto wait = wait_for_loop(subject, log);
  if (!wait || wait->until_ns || log.last_ns < wait->since_ns + kLongWaitNs) return "";
  std::string out =
      fmt::format("Nothing has happened on this socket since it was adopted at {}, for {}, until the end of the log.",
                  time_text(wait->since_ns, log.started_ns), span_text(wait->since_ns, log.last_ns));
  if (wait->loop_turns > 0)
    return out + fmt::format(" An event loop ran meanwhile ({} of others), so its peer has probably sent nothing.",
                             count_text(wait->loop_turns, "event"));
  return out +
         " No sign of an event loop was seen in that time: either the peer has sent nothing, or nobody services this "
         "socket. Look "
         "whether the loop of the context that adopted it runs.";
}

}  // namespace wsitrace
