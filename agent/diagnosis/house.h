// SPDX-License-Identifier: MIT
//
// The vhosts of the program, as it made them: their mounts and protocols, and whether they pile up. Feed it with what a Timeline tells.
//
// Memory: kKept vhosts that are alive, with what is told of each.
#ifndef WSITRACE_DIAGNOSIS_HOUSE_H
#define WSITRACE_DIAGNOSIS_HOUSE_H

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class House {
 public:
  struct Mount {
    std::string path;
    unsigned protocol = 0;  // enum lws_mount_protocols
    size_t stated_bytes = 0, real_bytes = 0;
  };
  struct Protocol {
    std::string name;
    int session_bytes = 0;  // per_session_data_size
  };

  void surroundings(const Event &event, std::span<const std::byte> items, const Timeline &timeline);
  void opened(const Connection &connection);

  // Of the vhost of that name that was made last; empty: it has none, or they are not known.
  [[nodiscard]] const std::vector<Mount> &mounts_of(std::string_view vhost) const;
  [[nodiscard]] const std::vector<Protocol> &protocols_of(std::string_view vhost) const;
  // The protocols of each vhost of that name that listens on PORT, as they were made: lws serves clients with the first.
  [[nodiscard]] std::vector<const std::vector<Protocol> *> namesakes(std::string_view vhost, int port) const;
  // Once the log has ended, or as much of it as there is.
  void add(std::vector<Diagnosis> &to, const LogFacts &log) const;
  // Those that lws keeps although lws_vhost_destroy() was called, and nobody is connected to them.
  void add_kept(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log) const;

  static constexpr size_t kKept = 1024;

 private:
  struct Vhost {
    std::string name;
    Ns made_ns = 0;
    int port = 0;
    bool in_turn = false;  // by lws_create_vhost(); connections came between it and one beside it
    std::vector<Mount> mounts;
    std::vector<Protocol> protocols;
  };
  [[nodiscard]] const Vhost *named(std::string_view name) const;
  Vhost *told_in(uint32_t thread);
  void made(const Event &event, const Timeline &timeline);

  std::map<uint64_t, Vhost> vhosts_;                      // alive, by pointer
  std::map<std::string, uint64_t, std::less<>> by_name_;  // the last of each name
  std::map<uint32_t, uint64_t> told_;                     // by thread: the one that was made there last
  std::set<uint32_t> creating_;                           // threads that are in lws_create_context()
  struct Gone {
    Ns at_ns = 0;
    int port = 0;
  };
  std::map<std::string, Gone, std::less<>> gone_;
  uint64_t made_last_ = 0;  // by lws_create_vhost()
  uint64_t opened_ = 0, opened_before_ = 0, destroyed_ = 0;
};

}  // namespace wsitrace

#endif
