// SPDX-License-Identifier: MIT
#include "agent/base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace wsitrace {
namespace {

std::string of_target(std::string_view target) {
  const UrlPath path = path_of_target(target.data(), target.size());
  return {path.begin, path.length};
}

std::string of_reference(std::string_view reference) {
  const UrlPath path = path_of_reference(reference.data(), reference.size());
  return {path.begin, path.length};
}

std::string of_text(std::string_view text) {
  std::string told(text.size() + 64, '\0');
  told.resize(redact_text(text.data(), text.size(), told.data(), told.size()));
  return told;
}

std::string of_arguments(const std::vector<std::string> &arguments) {
  std::string given, told(4096, '\0');
  for (const std::string &argument : arguments) given += argument + '\0';
  told.resize(redact_arguments(given.data(), given.size(), told.data(), told.size()));
  for (char &c : told)
    if (c == '\0') c = '|';
  return told;
}

TEST(RedactTarget, APathStaysWhole) {
  for (const char *path :
       {"/", "/index.html", "/a b/%C3%A4/\xc3\xa4", "//double//slashes", "/@user/profile", "/react@18.2.0/umd",
        "/\x1b]0,owned\x07", "/bob@h/x", "/12:30", "/R%26D", "/v1.2~x/(a,b)=c+d$!*'", "*", "chat"})
    EXPECT_EQ(of_target(path), path);
}

TEST(RedactTarget, WhatFollowsThePathIsLeftOut) {
  for (const char *end : {"?a=1", "#top", ";jsessionid=1", "&a=1", "%3Fa", "%3fa", "%253Fa", "%25253Fa", "%23top",
                          "%3Bjsessionid", "\r\nCookie: a", "%0d%0aCookie: a", "%00a"})
    EXPECT_EQ(of_target(std::string("/shop/cart") + end), "/shop/cart") << end;
  EXPECT_EQ(of_target(std::string_view("/a\0b", 4)), "/a");
}

TEST(RedactTarget, CredentialsAndUrlsInAPathEndIt) {
  EXPECT_EQ(of_target("/to/http://u:p@h/x"), "/to/");
  EXPECT_EQ(of_target("/to/http:/u@h/x"), "/to/");
  EXPECT_EQ(of_target("/to/http%3A%2F%2Fu%3Ap%40h%2Fx"), "/to/");
  EXPECT_EQ(of_target("/to/u:p@h/x"), "/to/");
  EXPECT_EQ(of_target("/to/u%3Ap%40h/x"), "/to/");
  EXPECT_EQ(of_target("/to/u:p?q@h/x"), "/to/");
  EXPECT_EQ(of_target("/token@h:80/x"), "/");
  EXPECT_EQ(of_target("/to/u:p%2Fq@h/x"), "/to/");
  EXPECT_EQ(of_target("//u:p@h/x"), "/x");
  EXPECT_EQ(of_target("//u@h/x?a"), "/x");
  EXPECT_EQ(of_target("http://u:p@h/x?a"), "/x");
}

TEST(RedactReference, OfAUrlThePathStays) {
  for (const char *host : {"http://h", "https://h:8443", "HTTP://u:p@h", "//h", "//u:p@h", "\\\\u:p@h",
                           "http:\\\\u:p@h", "http:/u:p@h", "///u:p@h", "http://u@h", "http://u:p@u:p@h",
                           "http://[::1]:80", "http://u%40:p%3A@h", " http://h", "ws://u:p#@h"}) {
    const std::string told = of_reference(std::string(host) + "/moved/there?q=1#top");
    EXPECT_TRUE(told == "/moved/there" || told.empty()) << host << " -> " << told;
  }
  EXPECT_EQ(of_reference("https://h:8443/moved?q"), "/moved");
  EXPECT_EQ(of_reference("/moved?to=http://u:p@h/x"), "/moved");
  EXPECT_EQ(of_reference("moved.php;jsessionid=1"), "moved.php");
  EXPECT_EQ(of_reference("?q=1"), "");
}

TEST(RedactReference, WhatHasNoPathTellsNothing) {
  for (const char *url :
       {"", "http://h", "http://u:p@h", "http://h?q=1", "http://h#top", "mailto:u@h", "data:text/plain,secret",
        "u:p@h/x", "http://u:p/s@h/x", "http://u:p?s@h/x", "http://u:p#s@h/x"})
    EXPECT_EQ(of_reference(url), "") << url;
}

TEST(RedactText, UrlsKeepSchemeHostAndPath) {
  EXPECT_EQ(of_text("wss://u:p@depot.example:443/a?b=c d"), "wss://depot.example:443/a");
  EXPECT_EQ(of_text("wss://depot.example"), "wss://depot.example");
  EXPECT_EQ(of_text("cannot reach http://u:p@[::1]:80/a#b"), "cannot reach http://[::1]:80/a");
  EXPECT_EQ(of_text("u:p@h:80"), "u:***@h:80");
  EXPECT_EQ(of_text("u:p%2Fq@h:80"), "u:***@h:80");
  EXPECT_EQ(of_text("u%3Ap%40h:80"), "u%3A***%40h:80");
  EXPECT_EQ(of_text("http://u:p/q@h/x"), "http://***");
  EXPECT_EQ(of_text("//u@h:80/x?q"), "//h:80/x");
  EXPECT_EQ(of_text("--to=//u:p@h/x"), "--to=//h/x");
  EXPECT_EQ(of_text("//files//there"), "//files//there");
  EXPECT_EQ(of_text("p#top"), "p");
  EXPECT_EQ(of_text("p?q"), "p");
  EXPECT_EQ(of_text("#7 what? C#"), "#7 what? C#");
}

TEST(RedactText, WordsOfLwsStay) {
  for (const char *text :
       {"conn fail: 111", "HS: ws upgrade response not 101", "Timed out waiting server reply", "h2 end stream 1",
        "tls: self signed certificate", "+@socket", "/tmp/a.sock", "what now?", "eth0", ""})
    EXPECT_EQ(of_text(text), text);
}

TEST(RedactArguments, WhatNamesASecretHidesItsValue) {
  EXPECT_EQ(of_arguments({"p", "--password=s", "--db-pass=s", "--apiKey=s", "API_TOKEN=s", "-Dapp.password=s"}),
            "p|--password=***|--db-pass=***|--apiKey=***|API_TOKEN=***|-Dapp.password=***|");
  EXPECT_EQ(of_arguments({"p", "--token", "s", "--secret", "-s", "--ask-pass", "--psk", "s", "--port", "80"}),
            "p|--token|***|--secret|***|--ask-pass|--psk|***|--port|80|");
  EXPECT_EQ(
      of_arguments({"p", "-H", "Authorization: Bearer s", "{\"user\":\"u\",\"password\":\"s\"}", "user=u password=s"}),
      "p|-H|Authorization:***|{\"user\":\"u\",\"password\":***|user=u password=***|");
  EXPECT_EQ(of_arguments({"p", "set", "password", "s"}), "p|set|password|***|");
}

TEST(RedactArguments, AShortPMayBeAPort) {
  EXPECT_EQ(of_arguments({"p", "-p", "7681", "-p7681", "-port", "80", "-p", "-v", "-p", "s", "-ps", "-p=s"}),
            "p|-p|7681|-p7681|-port|80|-p|-v|-p|***|-p***|-p***|");
}

TEST(RedactArguments, AUserStaysWithoutThePassword) {
  EXPECT_EQ(of_arguments({"p", "-u", "u:s", "--user=u:s", "--user", "u", "u:s@h"}),
            "p|-u|u:***|--user=u:***|--user|u|u:***@h|");
}

TEST(RedactArguments, QueriesAreLeftOutAndTheRestStays) {
  EXPECT_EQ(
      of_arguments({"p", "ws://u:s@h:1/a?s", "/a?s", "--path=/a#s", "h/a?b=s", "--url=http://h/;jsessionid=s", "",
                    "--rate=1/s", "a;b", "*.c?", "[::1]:80", "--files", "/tmp/x y", "--key-file.d"}),
      "p|ws://h:1/a|/a|--path=/a|h/a|--url=http://h/||--rate=1/s|a;b|*.c?|[::1]:80|--files|/tmp/x y|--key-file.d|");
}

TEST(RedactArguments, NothingIsWrittenBeyondTheRoom) {
  const std::string given("p\0--password=s\0--token\0s\0", 25);
  for (size_t room = 0; room < 64; ++room) {
    std::string told(64, '~');
    const size_t used = redact_arguments(given.data(), given.size(), told.data(), room);
    EXPECT_LE(used, room);
    EXPECT_EQ(told.find_first_not_of('~', used), std::string::npos);
  }
}

}  // namespace
}  // namespace wsitrace
