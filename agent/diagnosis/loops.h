// SPDX-License-Identifier: MIT
//
// The event loop of the program: whether it runs at all, how long it stays away and who waits for it, and who calls lws beside it. Feed it
// with what a Timeline tells.
#ifndef WSITRACE_DIAGNOSIS_LOOPS_H
#define WSITRACE_DIAGNOSIS_LOOPS_H

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class Loops {
 public:
  void heard(const Event &event, std::span<const std::byte> items, const Connection *connection,
             const Timeline &timeline);

  // CONNECTION is open, and what it waits for is a turn of a loop that does not run any more: remembered as such.
  bool is_stranded(const Connection &connection);
  // exit() was called in a callback.
  [[nodiscard]] bool ended_within() const { return left_ms_ == kStillServing; }
  // "lws_service() was not called once in the 1.20 s after lws_create_context()"; empty: it ran to the end.
  [[nodiscard]] std::string rest_text(const LogFacts &log) const;
  [[nodiscard]] Ns stood_ns(const LogFacts &log) const;  // how long that was
  // Once the log has ended. SEEN: what else was found.
  [[nodiscard]] std::vector<Diagnosis> diagnoses(const Timeline &timeline, const LogFacts &log,
                                                 const std::vector<Diagnosis> &seen) const;

 private:
  [[nodiscard]] bool never_ran(const LogFacts &log) const { return left_ms_ == kNeverServed && log.loop_turns == 0; }
  static constexpr int kNeverServed = -1, kStillServing = -2, kNotTold = -3;  // of loop_left (event.h)
  struct Calls {
    uint64_t count = 0;
    Ns first_ns = 0, last_ns = 0;
    std::set<uint64_t> ids;
  };
  struct Overslept {
    uint64_t count = 0;
    uint32_t asked_ms = 0;
    uint64_t contexts = 0;  // that were there at the same time
    Ns longest_ns = 0, first_ns = 0, last_ns = 0;
  };
  void add_rest(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log,
                const std::vector<Diagnosis> &seen) const;
  void add_calls(std::vector<Diagnosis> &to, const LogFacts &log) const;
  struct Lasted {  // a call of lws that kept its thread
    uint64_t count = 0, others_open = 0;
    Ns longest_ns = 0, first_ns = 0, last_ns = 0;
    std::set<uint64_t> ids;
    std::string target;
  };
  void note_lasted(const Event &event, const Connection *connection, const Timeline &timeline);
  void add_overslept(std::vector<Diagnosis> &to) const;
  void add_lasted(std::vector<Diagnosis> &to) const;
  void add_never_returned(std::vector<Diagnosis> &to, const LogFacts &log) const;
  void add_spins(std::vector<Diagnosis> &to) const;

  int left_ms_ = kNotTold;
  Ns first_context_ns_ = 0;
  std::set<uint64_t> stranded_;
  std::map<std::string, Calls, std::less<>> calls_;  // by name
  Overslept overslept_;
  std::map<std::string, Lasted, std::less<>> lasted_;  // by name
  ServingFacts serving_{};                             // as the process exits
  std::optional<ContextOptions> options_;              // of the context that was made last
  // The longest of a kind.
  struct Spin {
    SpinFacts facts{};
    std::optional<uint64_t> id;  // of the connection for which WRITEABLE was asked
    std::string who, vhost, protocol;
    Ns last_ns = 0;
  };
  static std::string spin_text(int32_t how, const Spin &spin);
  static const char *spin_advice(int32_t how);
  std::map<int32_t, Spin> spins_;  // by SpinHow
};

}  // namespace wsitrace

#endif
