// SPDX-License-Identifier: MIT
//
// Fuzzes AllowList: whatever is no allow-list is one line of error; whatever is one allows no more than there is.
#include <cstdint>
#include <string_view>

#include "agent/base/utf8.h"
#include "agent/diagnosis/allow_list.h"

namespace wsitrace {
namespace {

void require(bool promise) {
  if (!promise) __builtin_trap();
}

Verdict some_verdict() {
  Verdict verdict;
  verdict.program = "server";
  for (const Cause kind : fault_causes()) {
    Finding finding;
    finding.kind = kind;
    finding.vhost = "app";
    finding.protocol = "aab";
    finding.count = 3;
    verdict.findings.push_back(finding);
  }
  return verdict;
}

uint64_t sum_of(const std::vector<Finding> &findings) {
  uint64_t sum = 0;
  for (const Finding &finding : findings) sum += finding.count;
  return sum;
}

void check_error(const Error &error) {
  const std::string line = error.line();
  require(line.rfind("wsitrace: list", 0) == 0 && line.find('\n') == std::string::npos && utf8(line) == line);
}

void check_list(AllowList list) {
  Verdict verdict = some_verdict();
  const uint64_t before = sum_of(verdict.findings);
  list.apply(verdict);
  uint64_t used = 0;
  for (const RuleUse &use : list.uses()) {
    used += use.used;
    const auto again = AllowList::parse("again", use.rule);
    require(again && again->uses().size() == 1 && again->uses()[0].rule == use.rule);
  }
  require(used + sum_of(verdict.findings) == before);
  require((verdict.exit_status() == 0) == verdict.findings.empty());
}

}  // namespace
}  // namespace wsitrace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto list = wsitrace::AllowList::parse("list", {reinterpret_cast<const char *>(data), size});
  if (list) wsitrace::check_list(*list);
  else wsitrace::check_error(list.error());
  return 0;
}
