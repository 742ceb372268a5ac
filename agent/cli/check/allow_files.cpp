// SPDX-License-Identifier: MIT
#include "agent/cli/check/allow_files.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "agent/cli/output.h"

namespace wsitrace {
namespace {

// One byte more than an allow-list may have, so that AllowList notices.
Expected<std::string> read_text(const std::string &path) {
  const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return unexpected(system_error("--allow " + path, errno));
  std::string text(AllowList::kMaxFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unexpected(system_error("--allow " + path, errno));
  return text;
}

}  // namespace

Expected<AllowList> read_allow_files(const std::vector<std::string> &paths) {
  AllowList all;
  for (const std::string &path : paths) {
    const auto text = read_text(path);
    if (!text) return unexpected(text.error());
    const auto list = AllowList::parse(path, *text);
    if (!list) return unexpected(list.error());
    all.append(*list);
  }
  return all;
}

void complain_of_stale_rules(const Check &check) {
  if (!check.fails_on_stale_rules()) return;
  for (const RuleUse &rule : check.rules)
    if (rule.is_stale())
      complain({rule.where, "stale rule: nothing was found that it allows: " + rule.rule,
                "take it out; --strict-allow fails on it"});
}

}  // namespace wsitrace
