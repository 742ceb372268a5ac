// SPDX-License-Identifier: MIT
#include "agent/export/json/verdict_json.h"

#include "agent/export/json/json_text.h"

namespace wsitrace {
namespace {

void append_finding(std::string &out, const Finding &finding) {
  JsonObject object(out);
  object.text("kind", name_of(finding.kind));
  object.number("connection", finding.connection);
  object.text_or_null("vhost", finding.vhost);
  object.text_or_null("protocol", finding.protocol);
  object.text("message", finding.message);
  object.close();
}

template <typename Item, typename Append>
void append_list(std::string &out, const std::vector<Item> &items, Append append) {
  out += '[';
  for (size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ',';
    append(out, items[i]);
  }
  out += ']';
}

}  // namespace

std::string verdict_json(const Verdict &verdict) {
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.check/1");
  object.text("verdict", name_of(verdict.conclusion));
  append_list(object.key("doubts"), verdict.doubts,
              [](std::string &to, const std::string &doubt) { append_json(to, std::string_view(doubt)); });
  object.number("live_at_exit", verdict.live_at_exit);
  append_list(object.key("findings"), verdict.findings, append_finding);
  object.close();
  out += '\n';
  return out;
}

}  // namespace wsitrace
