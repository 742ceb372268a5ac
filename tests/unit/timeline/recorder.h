// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_RECORDER_H
#define WSITRACE_TESTS_UNIT_TIMELINE_RECORDER_H

#include <string>
#include <vector>

#include "agent/timeline/timeline.h"

namespace wsitrace::test {

// Keeps the connections that ended and a line for everything it was told.
class Recorder : public TimelineObserver {
 public:
  void on_connection_opened(const Connection &connection) override {
    said.push_back("opened " + std::to_string(connection.id) + " " + name_of(connection.cls));
  }
  void on_connection_changed(const Connection &before, const Connection &now) override {
    said.push_back("changed " + std::to_string(now.id) + " " + facts(before) + " to " + facts(now));
  }
  void on_bound(const Connection &, const Binding &binding) override {
    said.push_back("bound " + std::string(binding.protocol));
  }
  void on_dropped(const Connection &, const Binding &binding) override {
    said.push_back("dropped " + std::string(binding.protocol));
  }
  void on_transaction_ended(const Connection &, const Transaction &transaction) override {
    said.push_back("transaction " + std::to_string(transaction.index) + " " + name_of(transaction.outcome));
  }
  void on_session_opened(const Connection &) override { said.push_back("session opened"); }
  void on_session_closed(const Connection &) override { said.push_back("session closed"); }
  void on_connection_closed(const Connection &connection) override {
    said.push_back("closed " + std::to_string(connection.id));
    closed.push_back(connection);
  }

  // The last connection that ended on WSI, or a nameless one.
  [[nodiscard]] const Connection &on(uint64_t pointer) const {
    static const Connection none;
    for (auto it = closed.rbegin(); it != closed.rend(); ++it)
      if (it->pointer == pointer) return *it;
    return none;
  }

  std::vector<Connection> closed;
  std::vector<std::string> said;

 private:
  static std::string facts(const Connection &connection) {
    return std::string(name_of(connection.cls)) + "/" + std::string(connection.vhost) + "/" + name_of(connection.state);
  }
};

// "GET /a completed" for each transaction, in one line.
inline std::string transactions_of(const Connection &connection) {
  std::string out;
  for (const Transaction &transaction : connection.transactions) {
    if (!out.empty()) out += ", ";
    if (!transaction.path.empty()) out += transaction.path + " ";
    out += name_of(transaction.outcome);
  }
  return out;
}

// "echo:upgraded" -> protocol:cause of each binding.
inline std::string bindings_of(const Connection &connection) {
  std::string out;
  for (const Binding &binding : connection.bindings) {
    if (!out.empty()) out += ", ";
    out += std::string(binding.protocol) + ":" + std::string(binding.cause);
  }
  return out;
}

}  // namespace wsitrace::test

#endif
