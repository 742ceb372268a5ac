// SPDX-License-Identifier: MIT
#include "agent/serve/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "agent/serve/doors.h"
#include "agent/serve/serve_options.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

Access asking_for(const std::string &token) {
  Access access;
  access.token = token;
  return access;
}

TEST(Access, WithoutATokenEverybodyIsLetIn) {
  EXPECT_TRUE(Access{}.admits(""));
  EXPECT_TRUE(Access{}.admits("Bearer whatever"));
  EXPECT_TRUE(Access{}.admits_socket("", ""));
}

TEST(Access, TokenHasToBeTheSame) {
  const Access access = asking_for("0123456789");
  EXPECT_TRUE(access.admits("Bearer 0123456789"));
  EXPECT_TRUE(access.admits("bearer  0123456789 "));
  for (const char *wrong :
       {"", "Bearer", "Bearer ", "Bearer 012345678", "Bearer 01234567890", "Bearer 0123456788", "Bearer x0123456789",
        "Basic 0123456789", "0123456789", "Bearer0123456789", "Bearer 0123456789 x"})
    EXPECT_FALSE(access.admits(wrong)) << wrong;
}

TEST(Access, SocketsBringItAmongTheirSubprotocols) {
  const Access access = asking_for("0123456789");
  EXPECT_TRUE(access.admits_socket("", "wsitrace, bearer.0123456789"));
  EXPECT_TRUE(access.admits_socket("", "bearer.0123456789,wsitrace"));
  EXPECT_TRUE(access.admits_socket("Bearer 0123456789", "wsitrace"));
  for (const char *wrong : {"", ",", "wsitrace", "wsitrace, bearer.", "bearer.012345678", "Bearer.0123456789",
                            "bearer.0123456789x", "0123456789", "bearer 0123456789"})
    EXPECT_FALSE(access.admits_socket("", wrong)) << wrong;
}

TEST(Access, WhatIsLockedLetsNobodyIn) {
  Access locked;
  locked.locked = true;
  EXPECT_FALSE(locked.admits("Bearer "));
  EXPECT_FALSE(locked.admits(""));
  EXPECT_FALSE(locked.admits_socket("Bearer ", "wsitrace, bearer."));
}

TEST(Access, NamesThatOthersCanMakeAreNotKnownWhereThereIsNoToken) {
  Access access;
  EXPECT_TRUE(access.knows_host("evil.example"));
  access.local_names_only = true;
  for (const char *known :
       {"", "127.0.0.1", "127.0.0.1:9100", "localhost", "LocalHost:9100", "[::1]:9100", "192.0.2.1:80"})
    EXPECT_TRUE(access.knows_host(known)) << known;
  for (const char *name :
       {"evil.example", "evil.example:9100", "localhost.evil.example", "127.0.0.1.evil.example", ":9100", "evil[::1]",
        "[evil.example]", "[::1].evil.example", "[::1", "[]:80", "localhost:evil.example"})
    EXPECT_FALSE(access.knows_host(name)) << name;
}

TEST(Access, NamesThatAreTheServersOwnAreKnown) {
  Access access;
  access.local_names_only = true;
  access.hosts = {"a.example", "b.example"};
  for (const char *known : {"a.example", "B.Example:9100", "127.0.0.1"}) EXPECT_TRUE(access.knows_host(known)) << known;
  for (const char *name : {"c.example", "a.example.evil", "evil.a.example"})
    EXPECT_FALSE(access.knows_host(name)) << name;
}

TEST(Access, PagesOfOtherSitesAreToldByWhatBrowsersSayOfThem) {
  for (const char *own : {"", "same-origin", "none"}) EXPECT_FALSE(is_of_another_site(own)) << own;
  for (const char *other : {"cross-site", "same-site", "whatever"}) EXPECT_TRUE(is_of_another_site(other)) << other;
}

TEST(Access, PagesOfOtherSitesAreToldByTheirOrigin) {
  EXPECT_TRUE(is_own_origin("", "127.0.0.1:9100"));
  EXPECT_TRUE(is_own_origin("http://127.0.0.1:9100", "127.0.0.1:9100"));
  EXPECT_TRUE(is_own_origin("https://Example.org", "example.ORG"));
  for (const char *other : {"null", "http://", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:91000",
                            "127.0.0.1:9100", "http://127.0.0.1:9100.evil.example"})
    EXPECT_FALSE(is_own_origin(other, "127.0.0.1:9100")) << other;
  EXPECT_FALSE(is_own_origin("http://", ""));
}

class TokenFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_.data()), nullptr); }
  void TearDown() override {
    std::remove(path().c_str());
    std::remove(directory_.c_str());
  }
  [[nodiscard]] std::string path() const { return directory_ + "/token"; }
  std::string outcome_of(const std::string &text, mode_t mode = 0600) {
    std::ofstream(path()) << text;
    ::chmod(path().c_str(), mode);
    const auto token = read_token_file(path());
    return token ? "token " + *token : token.error().why;
  }
  std::string directory_ = "/tmp/wsitrace-token-XXXXXX";
};

TEST_F(TokenFile, FirstLineIsTheToken) {
  EXPECT_EQ(outcome_of("01234567\n"), "token 01234567");
  EXPECT_EQ(outcome_of("  Aa0-._~9\r\nmore\n"), "token Aa0-._~9");
  EXPECT_EQ(outcome_of(std::string(96, 'x')), "token " + std::string(96, 'x'));
}

TEST_F(TokenFile, WhatIsNoTokenIsSaid) {
  for (const std::string &text : {std::string(), std::string("\nsecond line"), std::string("0123456"),
                                  std::string(97, 'x'), std::string(5000, 'x')})
    EXPECT_THAT(outcome_of(text), HasSubstr("no token of 8 to 96 characters")) << text.substr(0, 100);
  for (const char *text : {"0123 4567", "0123/4567", "0123=4567", "0123,4567", "0123\"4567",
                           "0123\x80"
                           "4567"})
    EXPECT_THAT(outcome_of(text), HasSubstr("letters, digits and -._~ only")) << text;
}

TEST_F(TokenFile, OneThatOthersMayReadOrWriteIsRefused) {
  for (const mode_t mode : {0604u, 0602u, 0666u})
    EXPECT_THAT(outcome_of("0123456789", mode), HasSubstr("everybody may")) << mode;
  EXPECT_EQ(outcome_of("0123456789", 0640), "token 0123456789");
}

TEST_F(TokenFile, WhatIsNoFileIsSaid) {
  EXPECT_EQ(read_token_file("/tmp").error().why, "not a file");
  EXPECT_THAT(read_token_file("/no/such/file").error().line(), HasSubstr("No such file"));
}

TEST_F(TokenFile, AddressesThatOthersReachWantIt) {
  ServeOptions options;
  for (const char *address : {"0.0.0.0:9100", "[::]:9100", "192.0.2.1:9100", "[fe80::1]:9100"}) {
    options.listen = address;
    ASSERT_FALSE(plan_of(options)) << address;
    EXPECT_THAT(plan_of(options).error().line(),
                HasSubstr("others could read what is served there (give --token-file"));
  }
  for (const char *address : {"127.0.0.1:0", "127.1.2.3:0", "[::1]:0", "localhost:9100", "9100"}) {
    options.listen = address;
    EXPECT_TRUE(plan_of(options)) << address;
  }
  outcome_of("0123456789");
  options.listen = "0.0.0.0:9100";
  options.token_file = path();
  const auto plan = plan_of(options);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->access.token, "0123456789");
}

const lws_vhost *vhost(uintptr_t number) { return reinterpret_cast<const lws_vhost *>(number * 64); }

TEST(Doors, UnknownVhostsAreLocked) {
  Doors doors;
  EXPECT_TRUE(doors.access(vhost(1))->locked);
  doors.learn_mount(vhost(1), "/wsitrace");
  EXPECT_TRUE(doors.access(vhost(1))->locked);
  doors.set(vhost(1), Access{});
  EXPECT_FALSE(doors.access(vhost(1))->locked);
  doors.forget(vhost(1));
  EXPECT_TRUE(doors.access(vhost(1))->locked);
}

TEST(Doors, MountsAreOfOneVhost) {
  Doors doors;
  doors.learn_mount(vhost(1), "/wsitrace");
  doors.learn_mount(vhost(2), "/");
  EXPECT_TRUE(doors.has_mount(vhost(1), "/wsitrace"));
  EXPECT_FALSE(doors.has_mount(vhost(1), ""));
  EXPECT_FALSE(doors.has_mount(vhost(1), "/wsitrace/more"));
  EXPECT_FALSE(doors.has_mount(vhost(3), "/wsitrace"));
  EXPECT_TRUE(doors.has_mount(vhost(2), "")) << "the root has no name";
  doors.forget(vhost(1));
  EXPECT_FALSE(doors.has_mount(vhost(1), "/wsitrace"));
}

}  // namespace
}  // namespace wsitrace
