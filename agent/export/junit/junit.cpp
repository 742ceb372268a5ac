// SPDX-License-Identifier: MIT
#include "agent/export/junit/junit.h"

#include <array>
#include <pugixml.hpp>

#include "agent/base/utf8.h"
#include "agent/export/finding_text.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr const char *kSuite = "wsitrace";

void set(pugi::xml_node node, const char *name, const std::string &value) {
  node.append_attribute(name).set_value(xml_characters(value).c_str());
}
void set_text(pugi::xml_node node, const std::string &text) { node.text().set(xml_characters(text).c_str()); }

class Suite {
 public:
  explicit Suite(pugi::xml_document &document) {
    pugi::xml_node declaration = document.append_child(pugi::node_declaration);
    set(declaration, "version", "1.0");
    set(declaration, "encoding", "UTF-8");
    suites_ = document.append_child("testsuites");
    suite_ = suites_.append_child("testsuite");
    for (pugi::xml_node node : {suites_, suite_}) set(node, "name", kSuite);
  }

  pugi::xml_node add_case(const std::string &name) {
    pugi::xml_node node = suite_.append_child("testcase");
    set(node, "classname", kSuite);
    set(node, "name", name);
    set(node, "time", "0");
    ++tests_;
    return node;
  }

  // RESULT: "failure", "error" or "skipped".
  void give(pugi::xml_node test, const char *result, const std::string &type, const std::string &message,
            const std::string &details) {
    pugi::xml_node node = test.append_child(result);
    set(node, "type", type);
    set(node, "message", message);
    if (!details.empty()) set_text(node, details);
    for (Count &count : counts_)
      if (count.result == std::string(result)) ++count.number;
  }

  void finish() {
    for (pugi::xml_node node : {suites_, suite_}) {
      set(node, "tests", std::to_string(tests_));
      for (const Count &count : counts_) set(node, count.name, std::to_string(count.number));
      set(node, "time", "0");
    }
  }

 private:
  struct Count {
    const char *result, *name;
    uint64_t number = 0;
  };
  pugi::xml_node suites_, suite_;
  uint64_t tests_ = 0;
  std::array<Count, 3> counts_{{{"failure", "failures"}, {"error", "errors"}, {"skipped", "skipped"}}};
};

std::string details_of(const CheckedFinding &checked) {
  const Verdict &verdict = *checked.verdict;
  std::string text = printable(verdict.program) + ": " + printable(checked.finding->message) + "\n";
  for (const std::string &fact : facts_of(verdict, *checked.finding)) text += "  " + fact + "\n";
  return text;
}

void add_kind(Suite &suite, const Check &check, Cause kind) {
  pugi::xml_node test = suite.add_case(name_of(kind));
  std::string message, details;
  uint64_t found = 0;
  for (const CheckedFinding &checked : findings_of(check)) {
    if (checked.finding->kind != kind) continue;
    if (++found == 1) message = checked.finding->message;
    details += details_of(checked);
  }
  if (found > 1) message += " (and " + count_text(found - 1, "finding") + " more)";
  if (found > 0)
    suite.give(test, "failure", name_of(kind), message, details + "What to do: " + row_of(kind).advice + "\n");
  else if (check.conclusion() == Conclusion::kInconclusive)
    suite.give(test, "skipped", "inconclusive", "none was seen, but that cannot be promised", "");
}

void add_conclusive(Suite &suite, const Check &check) {
  pugi::xml_node test = suite.add_case("conclusive");
  const auto doubts = doubts_of(check);
  if (doubts.empty()) return;
  std::string details;
  for (const CheckedDoubt &doubt : doubts)
    details += (doubt.program.empty() ? "" : printable(doubt.program) + ": ") + printable(doubt.doubt) + "\n";
  suite.give(test, "error", "inconclusive", doubts.front().line, details);
}

void add_allow_list(Suite &suite, const Check &check) {
  if (check.rules.empty()) return;
  pugi::xml_node test = suite.add_case("allow_list");
  std::string text;
  for (const RuleUse &rule : check.rules) text += rule_text(rule) + "\n";
  if (check.fails_on_stale_rules()) suite.give(test, "failure", "stale_rule", "the allow-list has stale rules", text);
  else set_text(test.append_child("system-out"), text);
}

// No failures: a test that is there only to be read.
void add_troubles(Suite &suite, const Check &check) {
  if (check.trouble_count() == 0) return;
  std::string text;
  for (const auto &[verdict, trouble] : troubles_of(check)) {
    text += printable(verdict->program) + ": " + name_of(trouble->cause) + ": " + printable(trouble->headline) + "\n";
    for (const std::string &sentence : trouble->why) text += "  " + printable(sentence) + "\n";
    if (!trouble->advice.empty()) text += "  What to do: " + trouble->advice + "\n";
  }
  set_text(suite.add_case("trouble").append_child("system-out"), text);
}

struct Text final : pugi::xml_writer {
  void write(const void *data, size_t size) override { out.append(static_cast<const char *>(data), size); }
  std::string out;
};

}  // namespace

std::string junit_xml(const Check &check) {
  pugi::xml_document document;
  Suite suite(document);
  for (const Cause kind : fault_causes()) add_kind(suite, check, kind);
  add_troubles(suite, check);
  add_conclusive(suite, check);
  add_allow_list(suite, check);
  suite.finish();
  Text text;
  document.save(text, "  ");
  return text.out;
}

}  // namespace wsitrace
