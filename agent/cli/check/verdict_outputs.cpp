// SPDX-License-Identifier: MIT
#include "agent/cli/check/verdict_outputs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "agent/base/source_root.h"
#include "agent/export/github/annotations.h"
#include "agent/export/github/summary.h"
#include "agent/export/json/verdict_json.h"
#include "agent/export/junit/junit.h"
#include "agent/export/sarif/sarif.h"
#include "agent/export/text/verdict_text.h"

namespace wsitrace {
namespace {

constexpr std::array<std::string_view, 5> kFormats{"text", "json", "junit", "sarif", "github"};

std::string render(const std::string &format, const Check &check, const std::vector<ExampleTexts> &examples) {
  if (format == "json") return verdict_json(check);
  if (format == "junit") return junit_xml(check);
  if (format == "sarif") return sarif(check, SourceRoot::of_environment());
  if (format == "github") return github_annotations(check, SourceRoot::of_environment());
  return verdict_text(check, examples);
}

Expected<void> write_step_summary(const Check &check) {
  const char *path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') return {};
  auto output = Output::append_to_file(path);
  if (!output) return unexpected(output.error());
  output->write(github_summary(check));
  return output->finish();
}

}  // namespace

Expected<VerdictOutputs> VerdictOutputs::open(const std::vector<std::string> &formats) {
  VerdictOutputs outputs;
  for (const std::string &text : formats) {
    const size_t equals = text.find('=');
    std::string format = text.substr(0, equals);
    const std::string file = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end())
      return unexpected(Error{"--format " + text, "no such format", "text, json, junit, sarif and github are there"});
    if (equals != std::string::npos && file.empty())
      return unexpected(Error{"--format " + text, "no file after '='", "leave the '=' out for stdout"});
    auto output = file.empty() ? Expected<Output>(Output::to_stdout()) : Output::to_file(file);
    if (!output) return unexpected(output.error());
    outputs.all_.push_back({std::move(format), std::move(*output)});
  }
  return outputs;
}

bool VerdictOutputs::is_of_verdicts_only(std::string_view format) {
  const std::string_view name = format.substr(0, format.find('='));
  return name == "junit" || name == "sarif" || name == "github";
}

bool VerdictOutputs::has_text() const {
  return std::any_of(all_.begin(), all_.end(), [](const One &one) { return one.format == "text"; });
}

Expected<void> VerdictOutputs::write(const Check &check, const std::vector<ExampleTexts> &examples) {
  for (One &one : all_) {
    one.output.write(render(one.format, check, examples));
    if (auto written = one.output.finish(); !written) return written;
    if (one.format != "github") continue;
    if (auto written = write_step_summary(check); !written) return written;
  }
  return {};
}

}  // namespace wsitrace
