// SPDX-License-Identifier: MIT
//
// How many connections there were of which sort, and how they ended; how many transactions, and with what outcome.
#ifndef WSITRACE_DIAGNOSIS_CENSUS_H
#define WSITRACE_DIAGNOSIS_CENSUS_H

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "agent/timeline/connection.h"

namespace wsitrace {

class Census {
 public:
  // What people call a sort of connection, in the order in which they want to read of them.
  // kUser: of mqtt, on a connection that it shares with others or has for itself.
  enum class Sort { kAccepted, kAdopted, kOutbound, kStream, kUser, kListener, kInternal };
  using Ends = std::map<std::string, uint64_t>;  // "closed by the peer", by count

  // How many there are, of each sort, and how many of these are open.
  struct Numbers {
    uint64_t connections = 0, open = 0;  // is_counted()
    uint64_t streams = 0, open_streams = 0;
    uint64_t listeners = 0, open_listeners = 0;

    void opened(const Connection &connection) { add(connection, 1, 1); }
    void changed(const Connection &before, const Connection &now);
    void closed(const Connection &connection) { add(connection, 0, -1); }
    void add(const Numbers &others);

   private:
    void add(const Connection &connection, int all, int open);
  };

  void closed(const Connection &connection) { count(connection, end_of(connection)); }
  void still_open(const Connection &connection);
  void transaction(const Transaction &transaction) { ++outcomes_[transaction.outcome]; }

  [[nodiscard]] const std::map<Sort, Ends> &connections() const { return connections_; }
  [[nodiscard]] const std::map<Outcome, uint64_t> &outcomes() const { return outcomes_; }
  [[nodiscard]] uint64_t sessions() const { return sessions_; }
  // What is still open, alike ones together: "6 adopted, raw_file, protocol pipe".
  // Sort, target of an outbound one, role, protocol, what it waits for.
  using OpenKey = std::tuple<Sort, std::string, Role, std::string, std::string>;
  struct OpenGroup {
    uint64_t count = 0;
    uint64_t first_id = 0, last_id = 0;
    Ns oldest_ns = 0;
    std::string request;  // of the first: what it waits for, or what made it a websocket
    bool requests_differ = false;
    OptionalNs
        unheard_ns;  // the kernel has heard nothing of any of their peers for so long; nullopt: it is not known of all
    uint64_t peers_gone = 0;
  };
  static constexpr size_t kTargets = 100;  // more are not told apart
  [[nodiscard]] const std::map<OpenKey, OpenGroup> &open() const { return open_; }

  static Sort sort_of(const Connection &connection);
  // Accepted, adopted or outbound: what people count. Streams are part of one, listeners and lws's own are none.
  static bool is_counted(const Connection &connection) { return sort_of(connection) <= Sort::kOutbound; }
  static std::string end_of(const Connection &connection);  // "closed by the peer"
  static const char *name_of(Sort sort, uint64_t count);

 private:
  static const char *request_text(const Connection &connection);
  void count(const Connection &connection, const std::string &end);

  std::map<Sort, Ends> connections_;
  std::map<Outcome, uint64_t> outcomes_;
  std::map<OpenKey, OpenGroup> open_;
  uint64_t sessions_ = 0;
};

}  // namespace wsitrace

#endif
