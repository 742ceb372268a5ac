// SPDX-License-Identifier: MIT
//
// A check for the formats to render, and names that are meant to break them.
#ifndef WSITRACE_UNIT_FORMATS_CHECK_FIXTURE_H
#define WSITRACE_UNIT_FORMATS_CHECK_FIXTURE_H

#include <string>

#include "agent/diagnosis/check.h"

namespace wsitrace::test {

inline const std::string kHostile("a%,:\n\r\"'<&>|`\\\t\x01\x1b\x7f\xc3\xa9\xff\xef\xbf\xbe\0z", 26);

inline Finding some_finding(Cause kind, std::string vhost = "app") {
  Finding finding;
  finding.kind = kind;
  finding.connections = {7, 11};
  finding.count = 2;
  finding.vhost = std::move(vhost);
  finding.protocol = "dyn";
  finding.last_callback = "HTTP of protocol dyn";
  finding.first_ns = 1'250'000'000;
  finding.last_ns = 2'000'000'000;
  finding.age_ns = 3'100'000'000;
  finding.message = "2 connections of " + finding.vhost + " were never destroyed";
  return finding;
}

inline Verdict some_verdict(std::vector<Finding> findings, std::vector<std::string> doubts = {}) {
  Verdict verdict;
  verdict.pid = 4711;
  verdict.program = "server";
  verdict.started_ns = 1'000'000'000;
  verdict.findings = std::move(findings);
  verdict.doubts = std::move(doubts);
  verdict.connections = 23;
  verdict.conclude();
  return verdict;
}

inline Check clean_check() {
  Check check;
  check.verdicts = {some_verdict({})};
  return check;
}
inline Check troubled_check() {
  Diagnosis trouble;
  trouble.cause = Cause::kRequestRefused;
  trouble.connections = {5, 7, 11};
  trouble.count = 3;
  trouble.vhost = "app";
  trouble.first_ns = 1'250'000'000;
  trouble.headline = "3 accepted connections were turned away";
  trouble.why = {"A callback returned 1."};
  trouble.advice = "return 0";
  Check check = clean_check();
  check.verdicts[0].troubles = {trouble};
  check.verdicts[0].trace = "server.wsitrace";
  return check;
}
inline Check failed_check(std::string vhost = "app") {
  Check check;
  check.verdicts = {some_verdict({some_finding(Cause::kConnectionNotDestroyed, std::move(vhost))})};
  return check;
}
inline Check inconclusive_check() {
  Check check;
  check.verdicts = {some_verdict({}, {"2 events were lost"})};
  return check;
}

}  // namespace wsitrace::test

#endif
