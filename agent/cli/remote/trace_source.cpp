// SPDX-License-Identifier: MIT
#include "agent/cli/remote/trace_source.h"

#include <curl/curl.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

#include "agent/text/printable.h"

namespace wsitrace {
namespace {

constexpr const char *kUrlHint = "http://HOST:PORT or http://HOST:PORT/PID, of run --serve, the agent or the plugin";
constexpr size_t kMostSaid = 400;  // of an answer that is no trace

struct CurlDeleter {
  void operator()(CURL *handle) const { ::curl_easy_cleanup(handle); }
  void operator()(CURLU *url) const { ::curl_url_cleanup(url); }
  void operator()(curl_slist *list) const { ::curl_slist_free_all(list); }
  void operator()(char *text) const { ::curl_free(text); }
};
template <typename T>
using Curl = std::unique_ptr<T, CurlDeleter>;

Curl<char> part_of(CURLU *url, CURLUPart part) {
  char *text = nullptr;
  ::curl_url_get(url, part, &text, 0);
  return Curl<char>(text);
}

// What comes of an answer: a trace goes to the file, anything else is a sentence.
struct Answer {
  CURL *handle;
  Spool *copy;
  std::string said;
  uint64_t bytes = 0;

  [[nodiscard]] long status() const {
    long code = 0;
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
  }
};

size_t take(char *data, size_t size, size_t count, void *answer_untyped) {
  auto &answer = *static_cast<Answer *>(answer_untyped);
  const std::string_view piece(data, size * count);
  answer.bytes += piece.size();
  if (answer.bytes > TraceSource::kMostBytes) return 0;
  if (answer.status() == 200) answer.copy->add(piece);
  else answer.said.append(piece.substr(0, kMostSaid - std::min(kMostSaid, answer.said.size())));
  return answer.copy->written() ? piece.size() : 0;
}

Expected<std::string> token_in(const std::string &file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line.empty())
    return unexpected(Error{file, "no token in its first line", "the file that the server's --token-file names"});
  return line;
}

void set_access(CURL *handle, const RemoteAccess &access) {
  if (!access.tls_ca.empty()) ::curl_easy_setopt(handle, CURLOPT_CAINFO, access.tls_ca.c_str());
  if (!access.tls_cert.empty()) ::curl_easy_setopt(handle, CURLOPT_SSLCERT, access.tls_cert.c_str());
  if (!access.tls_key.empty()) ::curl_easy_setopt(handle, CURLOPT_SSLKEY, access.tls_key.c_str());
}

void set_limits(CURL *handle) {
  ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(handle, CURLOPT_PROXY, "");
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, TraceSource::kConnectS);
  ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  ::curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, TraceSource::kSilentS);
}

// The first line of an answer that is no trace; a server that is none of ours may send a whole page.
std::string sentence_of(std::string_view said) {
  said = said.substr(0, said.find_first_of("\r\n"));
  if (constexpr std::string_view kOwn = "trace: "; said.starts_with(kOwn)) said.remove_prefix(kOwn.size());
  return said.empty() || said.front() == '<' ? std::string() : printable(said);
}

Error refused(const std::string &url, const Answer &answer) {
  const long status = answer.status();
  const std::string why = sentence_of(answer.said);
  if (status == 401) return {url, "the server wants a token", "--token-file FILE"};
  if (status == 404 && why.empty()) return {url, "no wsitrace serves traces there", kUrlHint};
  return {url, why.empty() ? "the server answered with status " + std::to_string(status) : why, {}};
}

Error failed(const std::string &url, CURLcode code, const Answer &answer) {
  if (const auto written = answer.copy->written(); !written) return written.error();
  if (answer.bytes > TraceSource::kMostBytes) return {url, "the trace is larger than 16 GiB", {}};
  return {url, ::curl_easy_strerror(code), kUrlHint};
}

// A file that somebody holds is one that is being written: it ends where it ends for now.
Expected<void> hold(const Spool &copy, const std::string &url) {
  if (::flock(copy.file().get(), LOCK_EX | LOCK_NB) != 0) return unexpected(system_error(url, errno));
  return {};
}

Expected<void> download(const std::string &url, const std::string &from, const RemoteAccess &access, Spool &copy) {
  const Curl<CURL> handle(::curl_easy_init());
  if (handle == nullptr) return unexpected(Error{url, "out of memory", {}});
  Answer answer{handle.get(), &copy, {}};
  Curl<curl_slist> headers;
  if (!access.token_file.empty()) {
    const auto token = token_in(access.token_file);
    if (!token) return unexpected(token.error());
    headers.reset(::curl_slist_append(nullptr, ("Authorization: Bearer " + *token).c_str()));
    ::curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  set_limits(handle.get());
  set_access(handle.get(), access);
  ::curl_easy_setopt(handle.get(), CURLOPT_URL, from.c_str());
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take);
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = ::curl_easy_perform(handle.get());
  if (code != CURLE_OK) return unexpected(failed(url, code, answer));
  if (answer.status() != 200) return unexpected(refused(url, answer));
  return copy.written().and_then([&] { return hold(copy, url); });
}

std::string folder_for_copies() {
  const char *chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

bool is_pid(std::string_view text) {
  constexpr size_t kMostDigits = 10;
  return !text.empty() && text.size() <= kMostDigits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_url(const std::string &text) { return text.starts_with("http://") || text.starts_with("https://"); }

}  // namespace

Expected<std::string> trace_url(const std::string &url) {
  const Curl<CURLU> parts(::curl_url());
  const bool is_right = parts != nullptr && ::curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
                        part_of(parts.get(), CURLUPART_QUERY) == nullptr &&
                        part_of(parts.get(), CURLUPART_USER) == nullptr;
  if (!is_right) return unexpected(Error{url, "not the URL of a live wsitrace", kUrlHint});
  std::string path = part_of(parts.get(), CURLUPART_PATH).get();
  while (path.ends_with('/')) path.pop_back();
  const std::string last = path.substr(path.rfind('/') + 1);
  if (is_pid(last)) {
    path.resize(path.size() - last.size() - 1);
    ::curl_url_set(parts.get(), CURLUPART_QUERY, ("pid=" + last).c_str(), 0);
  }
  ::curl_url_set(parts.get(), CURLUPART_PATH, (path + "/api/trace").c_str(), 0);
  ::curl_url_set(parts.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const Curl<char> whole = part_of(parts.get(), CURLUPART_URL);
  if (whole == nullptr) return unexpected(Error{url, "not the URL of a live wsitrace", kUrlHint});
  return std::string(whole.get());
}

Expected<TraceSource> TraceSource::open(const std::string &given, const RemoteAccess &access) {
  TraceSource source(given);
  if (!is_url(given)) return source;
  const auto from = trace_url(given);
  if (!from) return unexpected(from.error());
  auto copy = Spool::create(folder_for_copies());
  if (!copy) return unexpected(copy.error());
  if (const auto copied = download(given, *from, access, *copy); !copied) return unexpected(copied.error());
  source.path_ = "/proc/self/fd/" + std::to_string(copy->file().get());
  source.copy_.emplace(std::move(*copy));
  return source;
}

void add_access_options(CLI::App &command, RemoteAccess &access) {
  command.add_option("--token-file", access.token_file, "Of a URL: send the token in the first line of FILE")
      ->type_name("FILE");
  command.add_option("--tls-ca", access.tls_ca, "Of a URL: trust a server whose certificate one of these signed (PEM)")
      ->type_name("FILE");
  CLI::Option *cert =
      command.add_option("--tls-cert", access.tls_cert, "Of a URL: show this certificate (PEM)")->type_name("FILE");
  command.add_option("--tls-key", access.tls_key, "and its private key (PEM)")->type_name("FILE")->needs(cert);
}

}  // namespace wsitrace
