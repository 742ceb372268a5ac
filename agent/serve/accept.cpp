// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>

#include "agent/serve/route.h"

namespace wsitrace {
namespace {

// Takes the text before the next SEPARATOR, without blanks around it.
std::string_view take_part(std::string_view &text, char separator) {
  const size_t at = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
  while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
  return part;
}

// Thousandths: "1", "0.5", "0.375". What is no weight counts as 1.
unsigned weight_of(std::string_view text) {
  if (text.empty() || text.front() != '0') return 1000;
  unsigned thousandths = 0, unit = 100;
  for (const char digit : text.substr(std::min<size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') break;
    thousandths += static_cast<unsigned>(digit - '0') * unit;
    unit /= 10;
  }
  return thousandths;
}

struct Offer {
  std::string_view name;
  std::string_view version;
  unsigned weight = 1000;
};

Offer offer_of(std::string_view element) {
  Offer offer;
  offer.name = take_part(element, ';');
  while (!element.empty()) {
    const std::string_view parameter = take_part(element, ';');
    if (parameter.substr(0, 2) == "q=") offer.weight = weight_of(parameter.substr(2));
    if (parameter.substr(0, 8) == "version=") offer.version = parameter.substr(8);
  }
  return offer;
}

}  // namespace

bool wants_open_metrics(std::string_view accept) {
  unsigned open_metrics = 0, text = 0;
  while (!accept.empty()) {
    const Offer offer = offer_of(take_part(accept, ','));
    if (offer.name == "application/openmetrics-text" && (offer.version.empty() || offer.version == "1.0.0"))
      open_metrics = std::max(open_metrics, offer.weight);
    if (offer.name == "text/plain") text = std::max(text, offer.weight);
  }
  return open_metrics > 0 && open_metrics >= text;
}

bool takes_gzip(std::string_view encodings) {
  if (encodings.empty()) return true;
  bool any = false;
  while (!encodings.empty()) {
    const Offer offer = offer_of(take_part(encodings, ','));
    if (offer.name == "gzip") return offer.weight > 0;
    any |= offer.name == "*" && offer.weight > 0;
  }
  return any;
}

}  // namespace wsitrace
