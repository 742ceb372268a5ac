// SPDX-License-Identifier: MIT
//
// Clients that come again and again: accepted connections of one address, one after the other, none of which lasts.
// A websocket session counts that ends soon, and a connection that leaves without having asked for anything; whoever is
// served does not.
//
// Memory: at most kAddresses addresses.
#ifndef WSITRACE_DIAGNOSIS_CHURN_H
#define WSITRACE_DIAGNOSIS_CHURN_H

#include <map>
#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

// Of attempts with pauses between them, of either side: so many, at such a rate, are a storm. Whoever comes back after a longer session makes none.
inline constexpr uint64_t kStormAttempts = 23;
inline constexpr double kStormPerSecond = 5;
inline constexpr Ns kStormSessionNs = 2'000'000'000;

class Churn {
 public:
  static constexpr size_t kAddresses = 1000;

  void closed(const Connection &connection);
  // A note for each address that does so.
  [[nodiscard]] std::vector<Diagnosis> diagnoses() const;

 private:
  struct Row {
    uint64_t count = 0, sessions = 0;
    uint64_t by_peer = 0;
    Ns first_ns = 0, last_ns = 0;  // the first was opened, the last closed
    Ns longest_ns = 0;             // that one was open
    std::string vhost, protocol;   // of the first
    std::vector<uint64_t> ids;     // at most kKeptIds

    [[nodiscard]] double per_second() const;
    [[nodiscard]] bool is_churn() const;
  };
  struct Address {
    Row now, longest;
  };
  static Diagnosis diagnosis_for(const std::string &address, const Row &row, uint64_t accepted);

  std::map<std::string, Address> addresses_;
  uint64_t accepted_ = 0;  // that have ended
};

}  // namespace wsitrace

#endif
