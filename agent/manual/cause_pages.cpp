// SPDX-License-Identifier: MIT
#include "agent/manual/cause_pages.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace wsitrace {
namespace {

// Letters to add, leave out or change: Levenshtein's distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  for (size_t from = 0; from <= name.size();) {
    const size_t end = std::min(name.find_first_of("_- ", from), name.size());
    if (end > from) words.push_back(name.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

size_t common_words(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> of_b = words_of(b);
  const std::vector<std::string_view> of_a = words_of(a);
  return static_cast<size_t>(std::count_if(of_a.begin(), of_a.end(), [&](std::string_view word) {
    constexpr size_t kTelling = 3;  // "tls", but not "of"
    return word.size() >= kTelling && std::find(of_b.begin(), of_b.end(), word) != of_b.end();
  }));
}

}  // namespace

const CausePage *cause_page(std::string_view name) {
  const auto pages = cause_pages();
  const auto found = std::find_if(pages.begin(), pages.end(), [&](const CausePage &page) { return page.name == name; });
  return found == pages.end() ? nullptr : &*found;
}

// A page begins with its heading and the severity, a paragraph each.
std::string meaning_of(const CausePage &page) {
  constexpr std::string_view kBetween = "\n\n";
  std::string_view text = page.text;
  for (int paragraph = 0; paragraph < 2; ++paragraph) {
    const size_t end = text.find(kBetween);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + kBetween.size());
  }
  text = text.substr(0, text.find(kBetween));
  std::string sentence(text.substr(0, text.find(". ")));
  sentence.resize(std::min(sentence.size(), sentence.find(".\n")));
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  while (!sentence.empty() && (sentence.back() == ' ' || sentence.back() == '.')) sentence.pop_back();
  return sentence;
}

// What shares a word is meant only where nothing is spelled alike.
std::vector<std::string_view> near_causes(std::string_view word) {
  const size_t most = std::max<size_t>(2, word.size() / 4);
  std::vector<std::pair<size_t, std::string_view>> near, akin;
  for (const CausePage &page : cause_pages()) {
    const size_t apart = distance(word, page.name);
    if (apart <= most) near.emplace_back(apart, page.name);
    else if (common_words(word, page.name) > 0) akin.emplace_back(apart, page.name);
  }
  std::vector<std::pair<size_t, std::string_view>> &found = near.empty() ? akin : near;
  std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<std::string_view> names;
  for (const auto &[apart, name] : found)
    if (names.size() < kNearNames) names.push_back(name);
  return names;
}

}  // namespace wsitrace
