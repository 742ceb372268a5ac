// SPDX-License-Identifier: MIT
#include "agent/export/sarif/sarif.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/manual/cause_pages.h"

namespace wsitrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char *kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr size_t kListed = 20;  // connections that become locations; properties have all that are known

// "connection_not_destroyed" as "ConnectionNotDestroyed": section 3.49.7 wants a name in Pascal case.
std::string pascal(const std::string &name) {
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') out += begins ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == '_';
  }
  return out;
}

Json text(const std::string &text_untrusted) { return {{"text", text_untrusted}}; }

std::string sentence(std::string words) {
  if (!words.empty() && words.front() >= 'a' && words.front() <= 'z')
    words.front() = static_cast<char>(words.front() - 32);
  return words + ".";
}

// ADVICE may be empty.
Json rule_of(const std::string &name, std::string_view advice, const char *level) {
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  Json help = text(sentence(advice.empty() ? words : std::string(advice)));
  const CausePage *page = cause_page(name);
  if (page != nullptr) help["markdown"] = page->text;
  Json rule{{"id", name},
            {"shortDescription", text(sentence(words))},
            {"help", help},
            {"defaultConfiguration", {{"level", level}}}};
  if (words != name) rule["name"] = pascal(name);  // SARIF1001: not the id once more
  if (page != nullptr) rule["helpUri"] = WSITRACE_MANUAL_URL "/causes/" + name + ".md";
  return rule;
}

// A note is no result, and has no rule.
bool has_rule(const CauseRow &row) { return row.severity != Weight::kNote; }

Json rules() {
  Json rules = Json::array();
  for (const CauseRow &row : kCauseRows)
    if (has_rule(row))
      rules.push_back(rule_of(row.name, row.advice, row.severity == Weight::kFault ? "error" : "warning"));
  return rules;
}

auto rule_index(Cause cause) { return std::count_if(&kCauseRows[0], &row_of(cause), has_rule); }

constexpr const char *kBase = "%SRCROOT%";

// RFC 3986: what is not unreserved is percent-encoded, so that any name is a relative reference.
std::string uri(const std::string &name) {
  constexpr const char *kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') out += c;
    else out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

// The same with its slashes.
std::string uri_path(const std::string &path) {
  std::string out;
  for (size_t from = 0; from <= path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    out += uri(path.substr(from, slash - from));
    if (slash < path.size()) out += '/';
    from = slash + 1;
  }
  return out;
}

// A source below ROOT by its path from there; any other where it is, or as the compiler wrote it.
Json artifact_of(const SourceRoot &root, const std::string &file) {
  if (const auto path = root.path_from_here(file)) return {{"uri", uri_path(*path)}, {"uriBaseId", kBase}};
  const std::string path = source_path({}, file);
  return {{"uri", (path.front() == '/' ? "file://" : "") + uri_path(path)}};
}

Json logical(const std::string &name, const std::string &path, const char *kind) {
  return {{"name", name}, {"fullyQualifiedName", path}, {"kind", kind}};
}

// OF: a finding or a diagnosis.
template <typename Of>
Json logical_locations(const Verdict &verdict, const Of &finding) {
  Json locations = Json::array();
  std::string path = verdict.program;
  const auto add = [&](const std::string &name, const char *kind) {
    if (name.empty()) return;
    path += "/" + name;
    locations.push_back(logical(name, path, kind));
  };
  add(finding.vhost, "namespace");
  add(finding.protocol, "module");
  for (size_t i = 0; i < finding.connections.size() && i < kListed; ++i) {
    const std::string name = "connection " + std::to_string(finding.connections[i]);
    locations.push_back(logical(name, path + "/" + name, "resource"));
  }
  return locations;
}

// A finding's stacks tell of the place where something was made; without them, it is the protocol's callback.
template <typename Of>
Json location_of(const SourceRoot &root, const Verdict &verdict, const Of &finding) {
  Json location;
  const auto &callback = finding.callback;
  if (callback && !callback->file.empty() && root.path_from_here(callback->file))
    location["physicalLocation"] = {{"artifactLocation", artifact_of(root, callback->file)},
                                    {"region", {{"startLine", std::max(callback->line, 1)}}}};
  else if (!verdict.program.empty())
    location["physicalLocation"] = {{"artifactLocation", {{"uri", uri(verdict.program)}}},
                                    {"region", {{"startLine", 1}}}};
  location["logicalLocations"] = logical_locations(verdict, finding);
  return location;
}

Json properties_of(const Verdict &verdict, const Finding &finding) {
  Json properties{{"program", verdict.program}, {"count", finding.count}, {"connections", finding.connections}};
  const auto add_text = [&](const char *name, const std::string &value) {
    if (!value.empty()) properties[name] = value;
  };
  const auto add_time = [&](const char *name, OptionalNs value) {
    if (value) properties[name] = *value;
  };
  add_text("vhost", finding.vhost);
  add_text("protocol", finding.protocol);
  add_text("last_callback", finding.last_callback);
  add_time("first_ns", since_start(verdict, finding.first_ns));
  add_time("last_ns", since_start(verdict, finding.last_ns));
  add_time("age_ns", finding.age_ns);
  return properties;
}

Json frame_of(const SourceRoot &root, const Frame &frame) {
  Json location{{"message", text(frame.function.empty() ? "unknown" : frame.function)}};
  if (!frame.file.empty()) {
    location["physicalLocation"] = {{"artifactLocation", artifact_of(root, frame.file)}};
    if (frame.line > 0) location["physicalLocation"]["region"] = {{"startLine", frame.line}};
  }
  Json out{{"location", location}};
  if (!frame.module.empty()) out["module"] = frame.module;
  return out;
}

Json stack_of(const SourceRoot &root, const char *what, const Frames &frames) {
  Json list = Json::array();
  for (const Frame &frame : frames) list.push_back(frame_of(root, frame));
  return {{"message", text(what)}, {"frames", list}};
}

Json result_of(const SourceRoot &root, const CheckedFinding &checked) {
  const Verdict &verdict = *checked.verdict;
  const Finding &finding = *checked.finding;
  const std::string kind = name_of(finding.kind);
  Json result{{"ruleId", kind},
              {"ruleIndex", static_cast<int>(finding.kind)},
              {"level", "error"},
              {"message", text(sentence(finding.message))},
              {"locations", Json::array({location_of(root, verdict, finding)})},
              {"partialFingerprints",
               {{"finding/v1",
                 uri(kind) + "/" + uri(verdict.program) + "/" + uri(finding.vhost) + "/" + uri(finding.protocol)}}},
              {"properties", properties_of(verdict, finding)}};
  if (!finding.created_at.empty()) result["stacks"].push_back(stack_of(root, "made by", finding.created_at));
  if (!finding.bound_at.empty()) result["stacks"].push_back(stack_of(root, "bound by", finding.bound_at));
  return result;
}

Json result_of(const SourceRoot &root, const CheckedTrouble &checked) {
  const Verdict &verdict = *checked.verdict;
  const Diagnosis &trouble = *checked.trouble;
  const std::string cause = name_of(trouble.cause);
  Json properties{{"program", verdict.program},
                  {"count", trouble.count},
                  {"connections", trouble.connections},
                  {"certainty", name_of(trouble.certainty)},
                  {"evidence", trouble.why}};
  return {{"ruleId", cause},
          {"ruleIndex", rule_index(trouble.cause)},
          {"level", "warning"},
          {"message", text(sentence(trouble.headline))},
          {"locations", Json::array({location_of(root, verdict, trouble)})},
          {"partialFingerprints",
           {{"finding/v1",
             uri(cause) + "/" + uri(verdict.program) + "/" + uri(trouble.vhost) + "/" + uri(trouble.protocol)}}},
          {"properties", properties}};
}

Json results(const Check &check, const SourceRoot &root) {
  Json results = Json::array();
  for (const CheckedFinding &checked : findings_of(check)) results.push_back(result_of(root, checked));
  for (const CheckedTrouble &checked : troubles_of(check)) results.push_back(result_of(root, checked));
  return results;
}

Json notification(const char *id, const char *level, const std::string &words) {
  return {{"descriptor", {{"id", id}}}, {"level", level}, {"message", text(words)}};
}

Json invocation(const Check &check) {
  Json doubts = Json::array(), stale = Json::array();
  for (const CheckedDoubt &doubt : doubts_of(check))
    doubts.push_back(notification("inconclusive", "warning",
                                  (doubt.program.empty() ? "" : doubt.program + ": ") + sentence(doubt.doubt)));
  for (const RuleUse &rule : check.rules)
    if (rule.is_stale())
      stale.push_back(notification("stale_rule", check.strict_allow ? "error" : "warning",
                                   rule.where + ": the rule allowed nothing: " + rule.rule));
  Json invocation{{"executionSuccessful", doubts.empty()}, {"exitCode", check.exit_status()}};
  if (!doubts.empty()) invocation["toolExecutionNotifications"] = doubts;
  if (!stale.empty()) invocation["toolConfigurationNotifications"] = stale;
  return invocation;
}

}  // namespace

std::string sarif(const Check &check, const SourceRoot &root) {
  const Json driver{{"name", "wsitrace"},
                    {"semanticVersion", WSITRACE_VERSION},
                    {"rules", rules()},
                    {"notifications", Json::array({{{"id", "inconclusive"}}, {{"id", "stale_rule"}}})}};
  Json run{{"tool", {{"driver", driver}}},
           {"invocations", Json::array({invocation(check)})},
           {"columnKind", "utf16CodeUnits"},
           {"results", results(check, root)}};
  if (!root.folder().empty())
    run["originalUriBaseIds"] = {
        {kBase, {{"uri", "file://" + uri_path(root.folder() == "/" ? "" : root.folder()) + "/"}}}};
  const Json log{{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wsitrace
