// SPDX-License-Identifier: MIT
#include "agent/verdict/verdict.h"

namespace wsitrace {
namespace {

Finding finding_on(const Connection &connection, FindingKind kind) {
  Finding finding;
  finding.kind = kind;
  finding.connection = connection.id;
  finding.pointer = connection.pointer;
  finding.vhost = connection.vhost;
  return finding;
}

void add_findings(const Connection &connection, std::vector<Finding> &findings) {
  const std::string subject = "connection " + std::to_string(connection.id);
  Finding leaked = finding_on(connection, FindingKind::kConnectionNotDestroyed);
  leaked.message = subject + " (" + name_of(connection.cls) + ", " + name_of(connection.origin) +
                   ") was never destroyed, although its context was";
  findings.push_back(std::move(leaked));
  if (connection.bindings.empty() || connection.bindings.back().dropped_ns) return;
  Finding bound = finding_on(connection, FindingKind::kBindingNotDropped);
  bound.protocol = connection.bindings.back().protocol;
  bound.message = "protocol " + bound.protocol + " was never dropped on " + subject;
  findings.push_back(std::move(bound));
}

std::string lost_text(const Loss &loss) {
  std::string out = std::to_string(loss.lost) + (loss.lost == 1 ? " event was lost" : " events were lost");
  for (const auto &[cause, count] : loss.by_cause)
    if (count > 0) out += ", " + cause + " " + std::to_string(count);
  return out;
}

void add_doubts_of_end(const Timeline &timeline, std::vector<std::string> &doubts) {
  if (timeline.end() == nullptr) {
    doubts.emplace_back("the log has no end: the program is still running, or the file was cut off");
  } else if (timeline.end()->kind != "exit") {
    doubts.push_back("the program did not end by exit (" + timeline.end()->kind + ")");
  }
}

std::vector<std::string> doubts_about(const Timeline &timeline) {
  std::vector<std::string> doubts;
  if (timeline.loss().lost > 0) doubts.push_back(lost_text(timeline.loss()));
  if (!timeline.process().notice.empty()) doubts.push_back("nothing was recorded: " + timeline.process().notice);
  for (const char *trouble : {"protocol_unwrapped", "vhost_not_found"}) {
    const auto found = timeline.process().trouble.find(trouble);
    if (found != timeline.process().trouble.end() && found->second > 0)
      doubts.push_back("not everything was observed: " + found->first + " " + std::to_string(found->second));
  }
  add_doubts_of_end(timeline, doubts);
  return doubts;
}

}  // namespace

const char *name_of(FindingKind kind) {
  switch (kind) {
#define WSITRACE_FINDING(enumerator, name) \
  case FindingKind::enumerator: return name;
    WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
  }
  return "unknown";
}

const char *name_of(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::kClean: return "clean";
    case Conclusion::kFindings: return "findings";
    case Conclusion::kInconclusive: break;
  }
  return "inconclusive";
}

int Verdict::exit_status() const {
  switch (conclusion) {
    case Conclusion::kClean: return 0;
    case Conclusion::kFindings: return 1;
    case Conclusion::kInconclusive: break;
  }
  return 3;
}

Verdict judge(const Timeline &timeline) {
  Verdict verdict;
  verdict.doubts = doubts_about(timeline);
  const bool must_be_gone = timeline.contexts_gone();
  timeline.for_each_open([&](const Connection &connection) {
    if (must_be_gone) add_findings(connection, verdict.findings);
    else ++verdict.live_at_exit;
  });
  verdict.conclusion = !verdict.findings.empty() ? Conclusion::kFindings
                       : !verdict.doubts.empty() ? Conclusion::kInconclusive
                                                 : Conclusion::kClean;
  return verdict;
}

}  // namespace wsitrace
