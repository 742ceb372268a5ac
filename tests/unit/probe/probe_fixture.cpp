// SPDX-License-Identifier: MIT
#include "tests/unit/probe/probe_fixture.h"

#include <cstring>
#include <map>
#include <optional>

#include "agent/ring/reader.h"
#include "wsitrace/log.h"

namespace wsitrace {
namespace {

FakeWsi &fake(lws *wsi) { return *reinterpret_cast<FakeWsi *>(wsi); }
FakeVhost &fake(lws_vhost *vhost) { return *reinterpret_cast<FakeVhost *>(vhost); }

LwsApi fake_api() {
  LwsApi api;
  api.lws_get_library_version = [] { return "4.3.5-test"; };
  api.lws_get_vhost = [](lws *wsi) { return reinterpret_cast<lws_vhost *>(fake(wsi).vhost); };
  api.lws_get_vhost_name = [](lws_vhost *vhost) { return fake(vhost).name.c_str(); };
  api.lws_get_vhost_listen_port = [](lws_vhost *) { return 7681; };
  api.lws_vhost_name_to_protocol = [](lws_vhost *vhost, const char *name) -> const lws_protocols * {
    for (const lws_protocols &entry : fake(vhost).table)
      if (entry.name != nullptr && std::strcmp(entry.name, name) == 0) return &entry;
    return nullptr;
  };
  api.lws_get_protocol = [](lws *wsi) { return fake(wsi).protocol; };
  api.lws_get_socket_fd = [](lws *wsi) { return fake(wsi).fd; };
  api.lws_get_network_wsi = [](lws *wsi) { return fake(wsi).network != nullptr ? fake(wsi).network->pointer() : wsi; };
  api.lws_http_get_uri_and_method = [](lws *wsi, char **uri, int *length) {
    *uri = fake(wsi).path.data();
    *length = static_cast<int>(fake(wsi).path.size());
    return fake(wsi).method;
  };
  api.lws_hdr_copy = [](lws *, char *to, int, lws_token_indexes) {
    std::memcpy(to, "HTTP/1.1", 9);
    return 8;
  };
  api.lws_get_ssl = [](lws *wsi) { return fake(wsi).ssl; };
  api.lws_http_client_http_response = [](lws *wsi) { return fake(wsi).status; };
  return api;
}

std::optional<RingFile> g_file;
std::map<uint32_t, RingReader> g_readers;

std::string text_of(const ProcessBlock &block, uint16_t id) {
  if (id == kNoString) return "";
  if (id == kOverflowString) return "overflow";
  return {block.text + block.strings[id - 1].offset, block.strings[id - 1].length};
}

Recorded decode(const Event &event, std::span<const std::byte> items, const ProcessBlock &block) {
  Recorded out{event, text_of(block, event.vhost), text_of(block, event.protocol), text_of(block, event.text), {}};
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    out.items.emplace_back(tag, std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
  });
  return out;
}

}  // namespace

void ProbeTest::SetUpTestSuite() {
  if (g_file) return;
  auto file = RingFile::create("", {.ring_slots = 4096});
  ASSERT_TRUE(file) << file.error().line();
  g_file.emplace(std::move(*file));
  HostMap map;
  ASSERT_EQ(map.adopt(g_file->mapping().data(), g_file->mapping().size()), nullptr);
  ASSERT_EQ(turn_on(map, kAttachLink, fake_api()), nullptr);
}

RingFile &ProbeTest::file() { return *g_file; }

std::vector<Recorded> ProbeTest::drain() {
  std::vector<Recorded> out;
  for (uint32_t i = 0; i < g_file->rings_reserved(); ++i) {
    RingHeader &ring = g_file->ring(i);
    if (ring.state != kClaimed) continue;
    auto &reader =
        g_readers.try_emplace(i, ring, g_file->slots(i), g_file->ring_slots(), RingReader::Mode::kOwner).first->second;
    reader.refresh(UINT64_MAX);
    while (const Event *event = reader.peek()) {
      const Event copy = *event;
      out.push_back(decode(copy, reader.items(), g_file->process(ring.owner - 1)));
      reader.pop();
    }
    reader.release();
  }
  return out;
}

}  // namespace wsitrace
