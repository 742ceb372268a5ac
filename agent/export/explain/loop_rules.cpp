// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/export/explain/rules.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr const char *kStartFirst =
    "Start the loop first; or connect from a timer (lws_sul_schedule) or in LWS_CALLBACK_PROTOCOL_INIT, which run once "
    "it does.";

std::string until_text(const Subject &subject) {
  return is_open(subject.connection) ? "until the end of the log" : "until the program tore it down";
}

std::string never_serviced(const Subject &subject, const Wait &wait, const LogFacts &log) {
  const Ns until_ns = wait.until_ns.value_or(log.last_ns);
  std::string out = fmt::format(
      "Nobody has serviced this connection since {}, for {}, {}: the connect was issued and never got "
      "LWS_CALLBACK_WSI_CREATE.",
      time_text(wait.since_ns, log.started_ns), span_text(wait.since_ns, until_ns), until_text(subject));
  if (wait.loop_turns > 0)
    return out + fmt::format(
                     " An event loop ran meanwhile ({} of others), so that the connect is rather still under way: the "
                     "peer, or "
                     "something before it, does not answer.",
                     count_text(wait.loop_turns, "event"));
  return out +
         " The likely reason is an event loop that does not run: in all that time no sign of one was seen in this "
         "program. (If "
         "one does run, the peer does not answer; lws then gives up after 20 s, or the connect_timeout_secs of its "
         "context.) " +
         kStartFirst;
}

std::string serviced_late(const Wait &wait, const LogFacts &log) {
  std::string out = fmt::format("Between the connect at {} and LWS_CALLBACK_WSI_CREATE lay {}.",
                                time_text(wait.since_ns, log.started_ns), span_text(wait.since_ns, *wait.until_ns));
  if (wait.loop_turns > 0)
    return out + fmt::format(" An event loop ran meanwhile ({} of others): the network or the peer was slow.",
                             count_text(wait.loop_turns, "event"));
  return out +
         " No sign of an event loop was seen in that time: the likely reason is a loop that ran only later, unless the "
         "peer took "
         "as long to answer. " +
         kStartFirst;
}

}  // namespace

std::string waited_for_loop(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (connection.origin != Origin::kOutbound) return "";
  const auto wait = wait_for_loop(subject, log);
  if (!wait) return "";
  if (torn_down_unconnected(connection) || (is_open(connection) && !wait->until_ns))
    return never_serviced(subject, *wait, log);
  const bool late = connection.connected_ns && wait->until_ns && *wait->until_ns >= wait->since_ns + kLongWaitNs;
  return late ? serviced_late(*wait, log) : "";
}

std::string waited_after_adoption(const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (connection.origin != Origin::kAdopted || connection.role != Role::kUnknown || !is_open(connection)) return "";
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
