// SPDX-License-Identifier: MIT
#include "agent/cli/formats/verdict_outputs.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace wsitrace {
namespace {

Expected<void> write_step_summary(const std::string &summary) {
  const char *path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') return {};
  auto output = Output::append_to_file(path);
  if (!output) return unexpected(output.error());
  output->write(summary);
  return output->finish();
}

}  // namespace

Expected<VerdictOutputs> VerdictOutputs::open(const WantedFormats &formats) {
  VerdictOutputs outputs;
  for (const WantedFormat &wanted : formats) {
    auto output = Output::open(wanted.file, Output::Stdout::kAtOnce);
    if (!output) return unexpected(output.error());
    outputs.all_.push_back({wanted.format, std::move(*output)});
  }
  return outputs;
}

bool VerdictOutputs::show_examples() const {
  return std::any_of(all_.begin(), all_.end(), [](const One &one) { return one.format->shows_examples; });
}

Expected<void> VerdictOutputs::write(const Check &check, const std::vector<ExampleTexts> &examples) {
  for (One &one : all_) {
    one.output.write(one.format->verdict(check, examples));
    if (auto written = one.output.finish(); !written) return written;
    if (one.format->step_summary == nullptr) continue;
    if (auto written = write_step_summary(one.format->step_summary(check)); !written) return written;
  }
  return {};
}

}  // namespace wsitrace
