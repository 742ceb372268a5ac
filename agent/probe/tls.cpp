// SPDX-License-Identifier: MIT
#include "agent/probe/tls.h"

#include <atomic>
#include <cstring>

#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"

namespace wsitrace {
namespace {

constexpr int kHostName = 0;     // TLSEXT_NAMETYPE_host_name
constexpr size_t kMaxSni = 100;  // a longer one is cut

constinit TlsApi g_tls{};
std::atomic<bool> g_watching{false};

std::atomic<uintptr_t> &told(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return host_state().tls_told[(address >> 4 ^ address >> 16) % kTlsTold];
}

void *ssl_of(lws *wsi) noexcept { return api().lws_get_ssl != nullptr ? api().lws_get_ssl(wsi) : nullptr; }

void add_text(Items &items, ItemTag tag, const char *text, size_t limit) noexcept {
  if (text != nullptr && *text != '\0') items.add(tag, text, strnlen(text, limit));
}

void add_verify(Items &items, const void *ssl) noexcept {
  const long verify = g_tls.SSL_get_verify_result(ssl);
  if (verify == 0 && g_tls.SSL_get_peer_cert_chain(ssl) == nullptr) return;
  const auto result = static_cast<int32_t>(verify);
  items.add(kItemTlsVerify, &result, sizeof result);
}

void add_tls(Event &event, Items &items, const void *ssl) noexcept {
  add_text(items, kItemTlsVersion, g_tls.SSL_get_version(ssl), 16);
  if (const void *cipher = g_tls.SSL_get_current_cipher(ssl))
    add_text(items, kItemCipher, g_tls.SSL_CIPHER_get_name(cipher), 64);
  const unsigned char *alpn = nullptr;
  unsigned int alpn_length = 0;
  g_tls.SSL_get0_alpn_selected(ssl, &alpn, &alpn_length);
  if (alpn != nullptr && alpn_length > 0) items.add(kItemAlpn, alpn, alpn_length);
  add_text(items, kItemSni, g_tls.SSL_get_servername(ssl, kHostName), kMaxSni);
  if (g_tls.SSL_session_reused(ssl) != 0) event.flags |= kTlsResumed;
  add_verify(items, ssl);
}

// The first sign that the handshake of WSI's connection may be over.
[[gnu::noinline]] void tell_tls_of(const lws *wsi, const void *ssl) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  const ErrnoGuard guard;
  if (g_tls.SSL_is_init_finished(ssl) == 0) return;
  told(wsi).store(address, std::memory_order_relaxed);
  RingWriter *out = writer();
  if (out == nullptr) return count_lost_without_ring();
  Event event{};
  Items items;
  event.kind = k_tls_established;
  event.wsi = address;
  event.flags = kTls;
  add_tls(event, items, ssl);
  out->record(event, &items);
}

}  // namespace

void add_established(Event &event, Items &items, const void *ssl) noexcept {
  if (g_watching.load(std::memory_order_acquire)) add_tls(event, items, ssl);
}

void add_name_asked(Items &items, const void *ssl) noexcept {
  if (ssl != nullptr && g_watching.load(std::memory_order_acquire))
    add_text(items, kItemSni, g_tls.SSL_get_servername(ssl, kHostName), kMaxSni);
}

void add_name_asked(Items &items, lws *wsi) noexcept {
  if (told(wsi).load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(wsi)) add_name_asked(items, ssl_of(wsi));
}

void add_verify_result(Items &items, const void *ssl) noexcept {
  if (g_watching.load(std::memory_order_acquire)) add_verify(items, ssl);
}

bool TlsApi::complete() const noexcept {
  bool all = true;
  for_each_tls_function(const_cast<TlsApi &>(*this),
                        [&](const char *, auto *function) { all = all && *function != nullptr; });
  return all;
}

void watch_tls(const TlsApi &library) noexcept {
  g_tls = library;
  g_watching.store(true, std::memory_order_release);
}

void forget_tls(const lws *wsi) noexcept {
  std::atomic<uintptr_t> &place = told(wsi);
  if (place.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(wsi))
    place.store(0, std::memory_order_relaxed);
}

void tell_tls(lws *wsi) noexcept {
  if (!g_watching.load(std::memory_order_acquire)) return;
  lws *carrier = api().lws_get_network_wsi(wsi);
  if (carrier != nullptr) wsi = carrier;
  const void *ssl = ssl_of(wsi);
  if (ssl != nullptr && told(wsi).load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(wsi))
    tell_tls_of(wsi, ssl);
}

int pending_tls_bytes(lws *wsi) noexcept {
  if (!g_watching.load(std::memory_order_acquire)) return 0;
  const void *ssl = ssl_of(wsi);
  return ssl != nullptr ? g_tls.SSL_pending(ssl) : 0;
}

}  // namespace wsitrace
