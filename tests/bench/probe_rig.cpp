// SPDX-License-Identifier: MIT
#include "tests/bench/probe_rig.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "agent/collect/ring_file.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/thunk_table.h"
#include "agent/probe/thunks.h"
#include "agent/probe/vhosts.h"

namespace wsitrace::bench {
namespace {

// What an answer of lws costs: a load from the wsi and a return.
struct FakeWsi {
  lws_vhost *vhost;
  lws *network_wsi;
  const char *tag;
};
alignas(64) FakeWsi g_wsi;
alignas(64) char g_vhost[64];
char g_path[] = "/api/connections?class=client";
std::optional<RingFile> g_rings;
RingHeader *g_ring = nullptr;
size_t g_index = kNoThunk;

const FakeWsi &of(const lws *wsi) { return *reinterpret_cast<const FakeWsi *>(wsi); }

int request(lws *, char **path, int *length) {
  *path = g_path;
  *length = static_cast<int>(sizeof g_path - 1);
  return 0;
}

int copy_version(lws *, char *to, int, lws_token_indexes token) {
  if (token != WSI_TOKEN_HTTP) return 0;
  std::memcpy(to, "HTTP/1.1", 9);
  return 8;
}

LwsApi fake_library() {
  LwsApi library;
  library.lws_get_library_version = []() -> const char * { return "4.3.5-bench"; };
  library.lws_get_vhost = [](lws *wsi) { return of(wsi).vhost; };
  library.lws_get_vhost_name = [](lws_vhost *) -> const char * { return "localhost"; };
  library.lws_get_vhost_listen_port = [](lws_vhost *) { return 7681; };
  library.lws_vhost_name_to_protocol = [](lws_vhost *, const char *) -> const lws_protocols * { return nullptr; };
  library.lws_get_protocol = [](lws *) -> const lws_protocols * { return nullptr; };
  library.lws_get_socket_fd = [](lws *) { return -1; };
  library.lws_get_network_wsi = [](lws *wsi) { return of(wsi).network_wsi; };
  library.lws_http_get_uri_and_method = request;
  library.lws_hdr_copy = copy_version;
  library.lws_wsi_tag = [](lws *wsi) { return of(wsi).tag; };
  return library;
}

int host_callback(lws *, lws_callback_reasons, void *, void *, size_t) { return 0; }

[[noreturn]] void give_up(const char *what, const char *why) {
  std::fprintf(stderr, "wsitrace: %s: %s\n", what, why);
  std::exit(2);
}

RingHeader *claimed_ring() {
  for (uint32_t i = 0; i < g_rings->rings_reserved(); ++i)
    if (g_rings->ring(i).state.load() == kClaimed) return &g_rings->ring(i);
  give_up("ring memory", "the probe claimed no ring");
}

}  // namespace

void set_up_probe() {
  if (g_ring != nullptr) return;
  auto rings = RingFile::create("", RingFileOptions{.ring_count = 8, .process_count = 4});
  if (!rings) give_up(rings.error().what.c_str(), rings.error().why.c_str());
  g_rings = std::move(*rings);
  HostMap map;
  const char *why = map.adopt(g_rings->mapping().data(), g_rings->mapping().size());
  if (why == nullptr) why = turn_on(map, kAttachLink, fake_library());
  if (why != nullptr) give_up("probe", why);
  g_wsi = {reinterpret_cast<lws_vhost *>(g_vhost), fake_wsi(), "[wsisrv|6|adopted|h1|/|/d1|default|GET]"};
  g_index = thunk_for(host_callback, "http", true);
  remember_vhost(g_wsi.vhost, g_index);
  wrapped_callback()(fake_wsi(), LWS_CALLBACK_WSI_CREATE, nullptr, nullptr, 0);
  g_ring = claimed_ring();
}

lws *fake_wsi() noexcept { return reinterpret_cast<lws *>(&g_wsi); }
lws_callback_function *bare_callback() noexcept { return host_callback; }
lws_callback_function *wrapped_callback() noexcept { return thunk(g_index); }
size_t wrapped_index() noexcept { return g_index; }

void give_back() noexcept {
  g_ring->tail.store(g_ring->head.load(std::memory_order_relaxed), std::memory_order_release);
}

}  // namespace wsitrace::bench
