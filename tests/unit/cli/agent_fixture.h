// SPDX-License-Identifier: MIT
//
// A directory of its own for tests of the agent, and the logs that are told to its parts.
#ifndef WSITRACE_TESTS_UNIT_CLI_AGENT_FIXTURE_H
#define WSITRACE_TESTS_UNIT_CLI_AGENT_FIXTURE_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/lws/callbacks.h"
#include "wsitrace/log.h"

namespace wsitrace {

class AgentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/wsitrace-agent-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string &name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  void write(const std::string &name, const std::string &text) const { std::ofstream(path(name)) << text; }
  auto remember() {
    return [this](const Error &error) { errors_.push_back(error.line()); };
  }

  static ProcessFacts process(uint32_t pid, const std::string &program = "host") {
    ProcessFacts facts;
    facts.pid = pid;
    facts.program = program;
    facts.attach = "preload";
    return facts;
  }
  static void tell_events(LogSink &sink, size_t count) {
    Event event{};
    event.kind = k_HTTP;
    for (size_t i = 0; i < count; ++i) {
      event.time_ns = i + 1;
      sink.on_event(event, {});
    }
  }

  std::string directory_;
  std::vector<std::string> errors_;
};

}  // namespace wsitrace

#endif
