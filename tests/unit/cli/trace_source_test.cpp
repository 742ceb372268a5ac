// SPDX-License-Identifier: MIT
#include "agent/cli/remote/trace_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace {
namespace {

TEST(TraceUrl, HasThePidOfItsLastPart) {
  for (const auto &[given, wanted] : std::vector<std::pair<const char *, const char *>>{
           {"http://127.0.0.1:9464", "http://127.0.0.1:9464/api/trace"},
           {"http://127.0.0.1:9464/", "http://127.0.0.1:9464/api/trace"},
           {"http://127.0.0.1:9464/4711", "http://127.0.0.1:9464/api/trace?pid=4711"},
           {"http://127.0.0.1:9464/4711/", "http://127.0.0.1:9464/api/trace?pid=4711"},
           {"https://[::1]:9464/wsitrace/", "https://[::1]:9464/wsitrace/api/trace"},
           {"http://shop/a/wsitrace/4711#connection=3", "http://shop/a/wsitrace/api/trace?pid=4711"},
           {"http://shop/w4711", "http://shop/w4711/api/trace"},
           {"http://shop/12345678901", "http://shop/12345678901/api/trace"}})
    EXPECT_EQ(trace_url(given).value(), wanted) << given;
}

TEST(TraceUrl, ThatHasMoreIsRefused) {
  for (const char *given : {"http://", "http://:9464/", "http://a b/", "http://shop:123456/", "http://user:word@shop/",
                            "http://user@shop/", "http://shop/?pid=7", "http://shop/?x=7"})
    EXPECT_EQ(trace_url(given).value_or("refused"), "refused") << given;
}

TEST(TraceSource, OfAPathIsThePath) {
  for (const char *path : {"janus.4711.wsitrace", "", "httpd.wsitrace", "/nowhere"}) {
    const auto source = TraceSource::open(path, {});
    ASSERT_TRUE(source) << path;
    EXPECT_EQ(source->path(), path);
    EXPECT_FALSE(source->is_remote());
  }
}

}  // namespace
}  // namespace wsitrace
