// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cmath>

#include "agent/compare/rule.h"

namespace wsitrace {
namespace {

Error error_in(const Rule &rule, std::string why, std::string hint) {
  return {"--fail-on " + rule.text, std::move(why), std::move(hint)};
}

std::string listed(const std::vector<std::string> &names) {
  std::string out = "there are ";
  for (size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : ", ") + names[i];
  return out;
}

template <typename Enum>
std::string listed(const std::vector<Enum> &values) {
  std::vector<std::string> names;
  for (const Enum value : values) names.emplace_back(name_of(value));
  return listed(names);
}

template <typename Enum>
std::optional<Enum> named(const std::vector<Enum> &values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(), [&](Enum value) { return name == name_of(value); });
  return found == values.end() ? std::nullopt : std::optional(*found);
}

std::string whats() {
  std::string out = "there are ";
  for (const Family family : all_families()) {
    out += name_of(family);
    if (const char *names = names_within(family)) out += std::string("[:") + names + "]";
    out += ", ";
  }
  return out + "latency[:MEASURE[.QUANTILE]]";
}

Expected<void> take_measure(Rule &rule, const std::optional<std::string> &name) {
  rule.of = Rule::Of::kLatencies;
  rule.measures = {Measure::kTls, Measure::kResponse, Measure::kTransaction};
  rule.quantiles = {Quantile::kP50, Quantile::kP90};
  if (!name) return {};
  const size_t dot = name->find('.');
  const auto measure = named(all_measures(), std::string_view(*name).substr(0, dot));
  if (!measure) return unexpected(error_in(rule, "unknown latency", listed(all_measures())));
  rule.measures = {*measure};
  if (dot == std::string::npos) return {};
  const auto quantile = named(all_quantiles(), std::string_view(*name).substr(dot + 1));
  if (!quantile) return unexpected(error_in(rule, "unknown quantile", listed(all_quantiles())));
  rule.quantiles = {*quantile};
  return {};
}

Expected<void> take_count(Rule &rule, std::string_view family_name, const std::optional<std::string> &name) {
  const auto family = named(all_families(), family_name);
  if (!family) return unexpected(error_in(rule, "unknown rule", whats()));
  rule.family = *family;
  rule.name = name;
  if (!name) return {};
  if (names_within(*family) == nullptr)
    return unexpected(error_in(rule, std::string(name_of(*family)) + " is one number", "leave out :" + *name));
  const std::vector<std::string> known = known_names(*family);
  if (name->empty() || (!known.empty() && std::find(known.begin(), known.end(), *name) == known.end()))
    return unexpected(error_in(rule, std::string("there is no ") + names_within(*family) + " \"" + *name + "\"",
                               known.empty() ? "a name follows the colon" : listed(known)));
  return {};
}

Expected<void> take_what(Rule &rule, std::string_view what) {
  const size_t colon = what.find(':');
  std::optional<std::string> name;
  if (colon != std::string_view::npos) name = what.substr(colon + 1);
  const std::string_view family = what.substr(0, colon);
  return family == "latency" ? take_measure(rule, name) : take_count(rule, family, name);
}

// What one of the unit is, in per cent, counts or ns; 0: no unit that fits.
double factor_of(const Rule &rule, std::string_view unit) {
  if (unit == "%") return 1;
  if (rule.of == Rule::Of::kCounts) return unit.empty() ? 1 : 0;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  return unit == "s" ? 1e9 : 0;
}

Expected<void> take_amount(Rule &rule, std::string_view amount) {
  const auto [rest, problem] =
      std::from_chars(amount.data(), amount.data() + amount.size(), rule.amount, std::chars_format::fixed);
  const std::string_view unit = amount.substr(static_cast<size_t>(rest - amount.data()));
  const double factor = factor_of(rule, unit);
  if (problem != std::errc() || !std::isfinite(rule.amount) || rule.amount < 0 || factor == 0) {
    const bool is_count = rule.of == Rule::Of::kCounts;
    return unexpected(error_in(rule, "\"" + std::string(amount) + "\" is no amount",
                               is_count ? "try 10% or 5" : "try 20% or 5ms; units are us, ms, s and %"));
  }
  rule.by = unit == "%" ? Rule::By::kPerCent : Rule::By::kAmount;
  rule.amount *= factor;
  return {};
}

}  // namespace

Expected<Rule> parse_rule(const std::string &text) {
  Rule rule;
  rule.text = text;
  const size_t sign = text.find_last_of("<>");
  if (auto taken = take_what(rule, std::string_view(text).substr(0, sign)); !taken) return unexpected(taken.error());
  if (sign == std::string::npos) return rule;
  rule.falls = text[sign] == '<';
  if (auto taken = take_amount(rule, std::string_view(text).substr(sign + 1)); !taken) return unexpected(taken.error());
  return rule;
}

}  // namespace wsitrace
