/* SPDX-License-Identifier: MIT */
//
// A GoogleTest listener: a test that leaves a connection open, or does anything else that `wsitrace check` finds, fails.
//
//     int main(int argc, char **argv) {
//       testing::InitGoogleTest(&argc, argv);
//       const wsitrace_options options = {sizeof options, nullptr, nullptr, 0, 0};
//       wsitrace_start(&options);  // and wsitrace_wrap_protocols() before each context, see wsitrace.h
//       testing::UnitTest::GetInstance()->listeners().Append(new wsitrace::LeakListener);
//       return RUN_ALL_TESTS();
//     }
//
// The event loop must go on while a test ends: let a thread of its own call lws_service(). What is made once for all tests (contexts,
// listeners, connections of a test environment) is none of their business.
#ifndef WSITRACE_GTEST_H
#define WSITRACE_GTEST_H

#include <gtest/gtest.h>
#include <wsitrace/wsitrace.h>

namespace wsitrace {

class LeakListener : public testing::EmptyTestEventListener {
 public:
  // SETTLE_MS: how long a test's connections may take to end after it.
  explicit LeakListener(unsigned settle_ms = 2000) : settle_ms_(settle_ms) {}

  void OnTestStart(const testing::TestInfo &) override {
    begun_ = wsitrace_check_begin() == 0;
    if (!begun_) ADD_FAILURE() << wsitrace_error();
  }

  void OnTestEnd(const testing::TestInfo &) override {
    if (!begun_) return;
    char *text = nullptr;
    const int status = wsitrace_check_end(settle_ms_, &text);
    if (status != 0) ADD_FAILURE() << (text != nullptr ? text : wsitrace_error());
    wsitrace_free(text);
  }

 private:
  unsigned settle_ms_;
  bool begun_ = false;
};

}  // namespace wsitrace

#endif
