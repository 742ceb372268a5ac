// SPDX-License-Identifier: MIT
//
// How the process itself ended, and what its event loop did.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/diagnosis/doctor.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

// The signals by which a program ends itself; numbers of signal(7), the same on x86 and ARM. nullptr for others.
const char *name_of_crash(int signal) {
  switch (signal) {
    case 4: return "SIGILL";
    case 6: return "SIGABRT";
    case 7: return "SIGBUS";
    case 8: return "SIGFPE";
    case 11: return "SIGSEGV";
    default: return nullptr;
  }
}

// The signals by which somebody else ends a program.
std::string name_of_end(int signal) {
  switch (signal) {
    case 1: return "1 (SIGHUP)";
    case 2: return "2 (SIGINT)";
    case 9: return "9 (SIGKILL)";
    case 13: return "13 (SIGPIPE)";
    case 14: return "14 (SIGALRM)";
    case 15: return "15 (SIGTERM)";
    default: return std::to_string(signal);
  }
}

constexpr int kAbort = 6;
constexpr const char *kConnectLater =
    "do not connect again within LWS_CALLBACK_CLIENT_CONNECTION_ERROR: let lws_sul_schedule() or "
    "lws_retry_sul_schedule() do it some time later; and check the name";

// lws calls back before lws_client_connect_via_info() returns, where no name is found: who connects again in that callback begins a call
// within the call.
bool blame_recursion(Diagnosis &crash, const Timeline &timeline, const ClueBook &clues) {
  constexpr uint64_t kDeep = 100;
  uint64_t count = 0;
  std::string target, message;
  timeline.for_each_open([&](const Connection &one) {
    if (one.origin != Origin::kOutbound || !clues.of(one.id).has(k_CLIENT_CONNECTION_ERROR)) return;
    if (count++ > 0) return;
    target = one.target;
    message = clues.of(one.id).message;
  });
  if (count < kDeep) return false;
  crash.why.push_back(fmt::format(
      "{} outbound connections to {} had failed, and none of them was closed yet ({}): "
      "LWS_CALLBACK_CLIENT_CONNECTION_ERROR comes before lws_client_connect_via_info() returns there, and this program "
      "calls that again in the callback, each call within the one before, until the stack is used up.",
      count, printable(target),
      message.empty() ? "lws gave no reason" : fmt::format("lws says: '{}'", printable(message))));
  crash.advice = kConnectLater;
  return true;
}

// In a callback of a websocket session, KIND, that writes as a rule; or that aborts.
void suspect_write(Diagnosis &crash, int kind, bool is_abort) {
  const bool writes = kind == k_SERVER_WRITEABLE || kind == k_CLIENT_WRITEABLE;
  const bool may_write =
      kind == k_ESTABLISHED || kind == k_RECEIVE || kind == k_CLIENT_ESTABLISHED || kind == k_CLIENT_RECEIVE;
  if (!writes && !(may_write && is_abort)) return;
  if (is_abort)
    crash.why.emplace_back(
        "abort() is called by assert(), and by glibc where it finds the heap damaged; both say why on stderr "
        "('free(): invalid pointer', 'double free or corruption').");
  crash.why.emplace_back(
      "A usual reason in websocket sessions: lws_write() puts the frame's header into the LWS_PRE bytes before the "
      "data. A buffer without them (malloc() of the length alone, a string literal) damages the heap, or crashes at "
      "once.");
  crash.advice =
      "look at the function above first: every buffer for lws_write() needs LWS_PRE bytes of its own before the data; "
      "then at the core dump (coredumpctl gdb); the crash ended whatever was open";
}

// A connect on another thread does not wake the loop.
void tell_who_slept(std::vector<Diagnosis> &diagnoses) {
  const auto connects_elsewhere = std::any_of(diagnoses.begin(), diagnoses.end(), [](const Diagnosis &one) {
    return one.cause == Cause::kNotThreadSafe && one.headline.starts_with("lws_client_connect_via_info()");
  });
  if (!connects_elsewhere) return;
  for (Diagnosis &one : diagnoses) {
    if (one.cause != Cause::kNotServiced) continue;
    one.why.emplace_back(
        "The connect was made on another thread than lws_service() ran on, which it does not wake: that one slept.");
    one.advice = row_of(Cause::kNotThreadSafe).advice;
  }
}

}  // namespace

void Doctor::add_loops() {
  for (Diagnosis &one : loops_.diagnoses(timeline(), log_, diagnoses_)) diagnoses_.push_back(std::move(one));
  for (Diagnosis &one : running_.diagnoses(timeline())) diagnoses_.push_back(std::move(one));
  add_inherited();
  premises_.halves().add(diagnoses_, timeline(), log_);
  tell_who_slept(diagnoses_);
  const std::string rest = loops_.rest_text(log_);
  for (Diagnosis &one : diagnoses_)
    if (one.cause == Cause::kClientsWaiting && !rest.empty()) one.why.push_back(rest + ".");
  const std::string last = surroundings_.last_callback_text();
  const Running::Callback *within = running_.only();
  for (Diagnosis &one : diagnoses_)
    if (one.cause == Cause::kContextLeft && loops_.ended_within())
      one.why.push_back("It exited within lws_service()" + (within != nullptr ? ", in " + within->text() + "."
                                                            : last.empty()    ? "."
                                                                           : "; the last callback was " + last + "."));
}

// Nobody looked at peers that left after the loop had stopped.
void Doctor::tell_of_rest(Diagnosis &fault) const {
  const std::string rest = loops_.rest_text(log_);
  if (fault.cause != Cause::kPeerGone || rest.empty()) return;
  const std::set<uint64_t> ids(fault.connections.begin(), fault.connections.end());
  uint64_t left_since = 0;
  timeline().for_each_open([&](const Connection &one) {
    left_since += ids.contains(one.id) && one.tcp && one.tcp->peer_closed_ns.value_or(0) <= loops_.stood_ns(log_);
  });
  if (left_since < fault.count) return;
  fault.why.push_back(rest + ", and the peers left in that time: lws sees such an end only in its event loop.");
  fault.advice =
      "call lws_service() to the end of the program, and do other work on another thread or in small steps; to leave "
      "the loop for good, call lws_context_destroy() then";
}

// A log that begins in the middle of a context's life, and is whole: the process is a child.
void Doctor::add_inherited() {
  const Timeline &log = timeline();
  const bool was_made_here =
      log.contexts_made() > 0 || !came_as(log.process(), kAttachPreload) || log.process().parent_pid == 0;
  if (was_made_here || log_.lossy() || log.totals().opened == 0 || log.process().lws_version.empty()) return;
  Diagnosis out = diagnosis_of(Cause::kInheritedContext, 1, {});
  out.certainty = Certainty::kLikely;
  out.why.push_back(
      fmt::format("Events of connections are in the log of this process (pid {}), and no lws_create_context(): its "
                  "parent (pid {}) made the context.",
                  log.process().pid, log.process().parent_pid));
  diagnoses_.push_back(std::move(out));
}

void Doctor::add_crash() {
  constexpr int kKill = 9, kPipe = 13, kAlarm = 14;
  const End *end = timeline().end();
  if (end == nullptr || ending_of(*end) != Ending::kSignal || !end->status) return;
  const char *name = name_of_crash(*end->status);
  Diagnosis out = name != nullptr
                      ? diagnosis_of(Cause::kCrashed, 1, fmt::format("signal {} ({})", *end->status, name))
                      : diagnosis_of(Cause::kEndedBySignal, 1,
                                     name_of_end(*end->status) +
                                         (timeline().contexts_gone() ? "" : " before it called lws_context_destroy()"));
  if (*end->status == kKill)
    out.advice =
        "no program can handle SIGKILL: look for the kernel's out-of-memory killer (dmesg), or a supervisor that "
        "gave up waiting; if the program does not stop when it is told to, set its flag and then call "
        "lws_cancel_service(), since lws_service() sleeps until something happens, whatever its timeout";
  if (const auto library = event_library_in(premises_.options()); *end->status == kKill && !library.empty())
    out.why.push_back(fmt::format(
        "The context was made with LWS_SERVER_OPTION_{}: lws_service() runs that loop and does not return as long as "
        "it runs, so a flag that is only looked at between two calls of it stops nothing. Stop the loop in one of its "
        "own callbacks.",
        library));
  if (*end->status == kAlarm)
    out.advice =
        "SIGALRM comes from alarm() or setitimer() of this program, or of what started it, and ends one that does not "
        "handle it: where that is a watchdog, find out what took so long; else handle the signal, or set no alarm";
  if (*end->status == kPipe) {
    out.why.emplace_back(
        "SIGPIPE comes from writing to a pipe or socket whose other end is gone. lws_create_context() makes the "
        "process ignore it; "
        "this program, or a library in it, has undone that since.");
    out.advice =
        "ignore SIGPIPE: signal(SIGPIPE, SIG_IGN) after everything else is set up; write() then fails with EPIPE";
  }
  out.why.push_back(fmt::format("The parent of the process saw it end by signal {}.", *end->status));
  if (name != nullptr) tell_what_ran(out);
  if (const std::string last = surroundings_.last_callback_text(); !last.empty() && running_.only() == nullptr)
    out.why.push_back("The last callback that was recorded before: " + last + ".");
  if (name != nullptr) explain_crash(out);
  if (out.advice == kConnectLater)  // the last of them was not even looked at
    std::erase_if(diagnoses_, [](const Diagnosis &one) { return one.cause == Cause::kGivenUpEarly; });
  if (name != nullptr && out.advice == row_of(Cause::kCrashed).advice) place_crash(out);
  diagnoses_.push_back(std::move(out));
}

void Doctor::tell_what_ran(Diagnosis &crash) const {
  if (const Running::Callback *callback = running_.only()) crash.why.push_back(callback->subject() + " was running.");
  if (ends_context_ && log_.by_preload && !log_.lossy() && running_.only() != nullptr)
    crash.why.emplace_back(
        "lws_context_destroy() had been called and had not returned: it closes what is open, and the callbacks that "
        "report an end come within it. What they use has to be there until it returns.");
  if (running_.is_none())
    crash.why.emplace_back(
        "No callback was running, but those about descriptors, locks and thread ids are not told: it "
        "crashed in one of these, in the program's own code outside of callbacks, or in lws.");
}

// In the callback that ran; where that is not known, in the last one that was recorded, or in one that leaves no event.
void Doctor::place_crash(Diagnosis &crash) const {
  constexpr const char *kAdvice =
      "look at the function above first, then at the core dump (coredumpctl gdb); the crash ended whatever was open";
  if (running_.is_none()) return;
  if (const Running::Callback *callback = running_.only()) {
    if (callback->id != 0) crash.connections = {callback->id};
    crash.vhost = callback->vhost;
    crash.protocol = callback->protocol;
    if (!is_of_lws(timeline(), timeline().callback_of(callback->protocol))) crash.advice = kAdvice;
    look_at_session_bytes(crash);
    return suspect_write(crash, callback->kind, timeline().end()->status == kAbort);
  }
  const Surroundings::LastCallback last = surroundings_.last_callback();
  const bool is_elsewhere = timeline().contexts_gone() || is_of_lws(timeline(), timeline().callback_of(last.protocol));
  if (last.id == 0 || is_elsewhere) return;
  crash.connections = {last.id};
  crash.protocol = last.protocol;
  crash.why.emplace_back(
      "It crashed in that callback or later: LWS_CALLBACK_RECEIVE, ..._WRITEABLE and the program's own loop leave no "
      "event.");
  crash.advice = kAdvice;
  timeline().for_each_open([&](const Connection &one) {
    if (one.id == last.id) crash.vhost = one.vhost;
  });
  look_at_session_bytes(crash);
}

void Doctor::look_at_session_bytes(Diagnosis &crash) const {
  if (timeline().end()->status == kAbort) return;  // a NULL pointer does not lead there
  bool is_outbound = false;
  timeline().for_each_open([&](const Connection &one) {
    is_outbound = is_outbound || (!crash.connections.empty() && one.id == crash.connections.front() &&
                                  one.origin == Origin::kOutbound);
  });
  for (const House::Protocol &protocol : premises_.house().protocols_of(crash.vhost))
    if (protocol.name == crash.protocol && protocol.session_bytes == 0)
      crash.why.push_back(
          is_outbound
              ? fmt::format(
                    "per_session_data_size of protocol {} is 0: its callback gets `userdata` of the connect info "
                    "as `user`, which is NULL if it was not set, and has to last as long as the connection (no "
                    "variable of a function that has returned).",
                    quoted(crash.protocol))
              : fmt::format("per_session_data_size of protocol {} is 0: its callback gets NULL as `user`, and "
                            "crashes if it uses that.",
                            quoted(crash.protocol)));
}

// lws copies `host` for TLS (SNI) without a look at it.
bool Doctor::blame_missing_host(Diagnosis &crash) const {
  constexpr uint32_t kBoth = kAskedTls | kAskedWithoutHost;
  timeline().for_each_open([&](const Connection &one) {
    const bool began_tls = one.connected_ns && !(one.tls && one.tls->handshake_ns) && one.transactions.empty();
    if ((one.wanted.odd & kBoth) == kBoth && began_tls) crash.connections = {one.id};
  });
  if (crash.connections.empty()) return false;
  crash.why.push_back(
      fmt::format("`host` of the connect info of connection {} is NULL, and TLS was asked for: lws takes the name for "
                  "SNI from there "
                  "and crashes as it begins the handshake. That is the likely cause.",
                  crash.connections.front()));
  crash.advice = "set `host` of the connect info to the name that is in the server's certificate";
  return true;
}

// What the program did just before, and must not do.
void Doctor::explain_crash(Diagnosis &crash) const {
  constexpr Ns kSoonAfterNs = 100'000'000;
  if (blame_recursion(crash, timeline(), clues_)) return;
  if (auto blame = premises_.blame_for_crash(log_.started_ns); !blame.text.empty()) {
    crash.why.push_back(std::move(blame.text));
    crash.advice = blame.advice;
    return;
  }
  if (blame_missing_host(crash)) return;
  if (auto blame = premises_.timers().blame_for_crash(log_.started_ns, log_.last_ns); !blame.text.empty()) {
    crash.connections = {blame.connection};
    crash.protocol = blame.protocol;
    crash.why.push_back(std::move(blame.text));
    crash.advice = kTimerAdvice;
    return;
  }
  if (!killed_ || log_.last_ns > killed_->at_ns + kSoonAfterNs) return;
  crash.connections = {killed_->id};
  crash.protocol = killed_->protocol;
  crash.why.push_back(
      fmt::format("Just before, at {}, it had ended connection {} of protocol {} by lws_set_timeout() with "
                  "LWS_TO_KILL_SYNC, which frees the wsi within that call: the callback that calls it for its own "
                  "connection goes on with freed memory, and so does lws. That is the likely cause.",
                  time_text(killed_->at_ns, log_.started_ns), killed_->id, quoted(killed_->protocol)));
  crash.advice = kKillAdvice;
}

}  // namespace wsitrace
