// SPDX-License-Identifier: MIT
//
// Legal logs, made up: lives of every kind as libwebsockets tells them, several at a time, over few pointers that are used
// again and again. Used by the property tests and by the volume test.
//
//    Plan   what happens to one wsi, in a few small numbers
//    Run    events that lws tells in one go, so that nothing else of the same thread comes between them
//    Loom   weaves the runs of many plans into one log: threads interleave anywhere, lives of one thread between runs
//
// Every life has a number. It is in the names of its vhost and protocols, in its paths, its descriptor, its target and its
// server name, so that a connection made of two lives shows more than one number.
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_LIVES_H
#define WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_LIVES_H

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/timeline/timeline.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {

enum class LifeKind : uint8_t {
  kFile,      // accepted, HTTP/1.1, file mounts
  kDynamic,   // accepted, HTTP/1.1, callback mounts
  kUpgraded,  // accepted, a request, then a websocket
  kWebsocket,
  kUpgradeRefused,
  kSilent,  // accepted, no request
  kH2,      // accepted, carries streams
  kOutbound,
  kOutboundRedirected,
  kOutboundWebsocket,
  kOutboundRefused,
  kOutboundLost,  // lws frees it without a word; the call returned NULL
  kAdopted,
  kAdoptedRaw,
  kAdoptedFile,
  kAdoptedUdp,
  kAdoptionLost,
  kListener,  // that never accepted: it only dies
  kStream,    // made by kH2, never planned
};
inline constexpr uint8_t kPlannedKinds = static_cast<uint8_t>(LifeKind::kStream);

struct Plan {
  LifeKind kind = LifeKind::kFile;
  uint8_t count = 1;   // requests, or streams
  uint8_t ending = 0;  // which of the ways in which such a life ends
  uint8_t thread = 0;
  uint8_t left_out = 0;  // runs at its end that the log does not reach: it stays open
};

enum class Who : uint8_t { kFirst, kHandler, kSession, kNobody };  // whose callback was called

enum Detail : uint8_t { kNoDetail, kFdValue, kPath, kTarget, kServerName, kMessage, kElapsed, kListenerTag };

struct Step {
  uint16_t kind;
  Who who = Who::kFirst;
  const char *text = nullptr;
  Detail detail = kNoDetail;
  int32_t value = 0;
  bool by_listener = false;
  bool by_carrier = false;  // carries the pointer of the connection that carries the stream
};

struct Run {
  std::vector<Step> steps;
  uint32_t transactions = 0;
  uint32_t bindings = 0;
  bool last = false;  // the life ends with it
};

struct LifeScript {
  std::vector<Run> runs;
  ConnectionClass cls = ConnectionClass::kClient;
  Origin origin = Origin::kAccepted;
  bool session = false;
};

LifeScript script_of(const Plan &plan);

// What has come of a plan.
struct Woven {
  Plan plan;
  int number = 0;  // 1, 2, 3, ... in the order in which they began
  uint64_t pointer = 0;
  int carrier = 0;  // number of the life that carries this one
  const LifeScript *script = nullptr;
  size_t runs_told = 0;
  uint32_t transactions = 0;
  uint32_t bindings = 0;
  size_t streams_to_come = 0;
  bool ended = false;
};

struct LoomOptions {
  Form form = Form::kPreload;
  uint8_t threads = 1;
  uint8_t pointers = 12;
  bool names_are_numbered = true;                  // vhosts' and protocols': string ids are few
  std::function<std::optional<Plan>()> next_plan;  // nullopt: no more
  std::function<size_t(size_t among)> choose;      // what comes next
  std::function<void(const Woven &)> on_woven;     // a life ended, or the log did
};

// Numbers that the names of this life carry: descriptor 1000 + number, "/life 7", "host 7", "name 7".
inline constexpr int kFirstFd = 1'000;

class Loom {
 public:
  Loom(LogSink &sink, LoomOptions options);
  // The whole log. Listeners that accepted something stay open; returns how many there are.
  uint32_t weave();

 private:
  struct Thread {
    Woven *running = nullptr;  // a run of its script is being told
    size_t step = 0;
    uint64_t run_began_ns = 0;
    bool accepted = false;
  };
  struct Waiting {
    Plan plan;
    int carrier;
  };

  [[nodiscard]] static bool may_go_on(const Woven &life);
  std::vector<Woven *> ready(uint8_t thread);
  std::optional<size_t> next_to_begin(uint8_t thread);
  bool advance(uint8_t thread);
  Woven &begin(size_t waiting);
  void begin_run(uint8_t thread, Woven &life);
  void end_run(uint8_t thread);
  void end(Woven &life);
  void say(uint8_t thread, const Step &step);
  void add_details(Event &event, const Step &step, const Woven &life, uint8_t thread);
  void add_text(ItemTag tag, const char *word, int number);
  uint16_t id(const std::string &text);
  uint16_t name_of(const char *word, int number);
  Woven *numbered(int number);
  const LifeScript &script(const Plan &plan);

  LogSink &sink_;
  LoomOptions options_;
  std::map<std::array<uint8_t, 3>, LifeScript> scripts_;
  std::map<std::string, uint16_t> ids_;
  std::vector<uint64_t> free_;
  std::deque<Waiting> waiting_;
  std::vector<std::unique_ptr<Woven>> lives_;  // open
  std::vector<Thread> threads_;
  std::vector<std::byte> items_;
  int last_number_ = 0;
  bool exhausted_ = false;
  uint64_t now_ns_ = Script::kStartNs;
};

}  // namespace wsitrace::test

#endif
