// SPDX-License-Identifier: MIT
#include "agent/serve/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

ConnectionQuery query_of(const Arguments &arguments) {
  const Route route = route_of("api/connections", arguments);
  EXPECT_EQ(route.complaint, "");
  return route.query;
}

std::string complaint_about(std::string_view argument) { return route_of("api/connections", {argument}).complaint; }

TEST(Route, PathsLeadToPlaces) {
  EXPECT_EQ(route_of("metrics", {}).place, Place::kMetrics);
  EXPECT_EQ(route_of("/healthz", {}).place, Place::kHealth);
  EXPECT_EQ(route_of("api/report", {}).place, Place::kReport);
  EXPECT_EQ(route_of("api/connections", {}).place, Place::kConnections);
  EXPECT_EQ(route_of("api/findings", {}).place, Place::kFindings);
  EXPECT_EQ(route_of("api/diagnosis", {}).place, Place::kDiagnosis);
  EXPECT_EQ(route_of("api/trace", {}).place, Place::kTrace);
  EXPECT_EQ(route_of("api/live", {}).place, Place::kLive);
  EXPECT_EQ(route_of("", {}).place, Place::kPage);
  EXPECT_EQ(route_of("///assets/page.js", {}).file, "assets/page.js");
}

TEST(Route, NothingElseIsBelowApi) {
  for (const char *path :
       {"api", "api/", "api/Report", "api/report/", "api/connections/", "api/connection/1/1", "api/../metrics"})
    EXPECT_EQ(route_of(path, {}).place, Place::kNowhere) << path;
}

TEST(Route, OneConnectionIsNamedByProcessAndId) {
  const Route route = route_of("api/connections/4711/23", {});
  EXPECT_EQ(route.place, Place::kConnection);
  EXPECT_EQ(route.pid, 4711u);
  EXPECT_EQ(route.id, 23u);
  for (const char *path : {"1", "1/", "/1", "1/x", "x/1", "1/2/3", "-1/2", "+1/2", " 1/2", "1/2 ", "4294967296/1",
                           "1/18446744073709551616", "0x1/1"})
    EXPECT_EQ(route_of(std::string("api/connections/") + path, {}).place, Place::kNowhere) << path;
}

TEST(Route, QuerySaysWhichRowsInWhichOrder) {
  const ConnectionQuery query =
      query_of({"class=client", "vhost=a&b=c", "state=idle", "sort=transactions", "offset=101", "limit=7"});
  EXPECT_EQ(query.cls, ConnectionClass::kClient);
  EXPECT_EQ(query.vhost, "a&b=c");
  EXPECT_EQ(query.state, State::kIdle);
  EXPECT_EQ(query.sort, RowSort::kTransactions);
  EXPECT_EQ(query.offset, 101u);
  EXPECT_EQ(query.limit, 7u);
}

TEST(Route, EmptyValuesAskForNothing) {
  const ConnectionQuery query = query_of({"", "class=", "vhost=", "state", "sort=", "offset=", "limit="});
  EXPECT_FALSE(query.cls || query.vhost || query.state);
  EXPECT_EQ(query.offset, 0u);
  EXPECT_EQ(query.limit, ConnectionQuery::kDefaultLimit);
}

TEST(Route, LimitIsFromOneToAThousand) {
  EXPECT_EQ(query_of({"limit=1"}).limit, 1u);
  EXPECT_EQ(query_of({"limit=1000"}).limit, ConnectionQuery::kMaxLimit);
  for (const char *bad : {"limit=0", "limit=1001", "limit=-1", "limit=+1", "limit= 1", "limit=1 ", "limit=1e2",
                          "limit=0x10", "limit=99999999999999999999"})
    EXPECT_THAT(complaint_about(bad), HasSubstr("limit: not a number from 1 to 1000")) << bad;
}

TEST(Route, OffsetIsANumberOfRows) {
  EXPECT_EQ(query_of({"offset=1000000000"}).offset, 1'000'000'000u);
  for (const char *bad : {"offset=1000000001", "offset=-1", "offset=x"})
    EXPECT_THAT(complaint_about(bad), HasSubstr("offset")) << bad;
}

TEST(Route, UnknownParametersAndValuesAreNamedNotRepeated) {
  EXPECT_THAT(complaint_about("<b>=1"), HasSubstr("unknown parameter"));
  EXPECT_THAT(complaint_about("<b>=1"), ::testing::Not(HasSubstr("<b>")));
  EXPECT_THAT(complaint_about("Class=client"), HasSubstr("unknown parameter"));
  EXPECT_THAT(complaint_about("class=Client"), HasSubstr("class: not one of"));
  EXPECT_THAT(complaint_about("state=open"), HasSubstr("state: not one of"));
  EXPECT_THAT(complaint_about("sort=-age"), HasSubstr("sort: not one of"));
  EXPECT_EQ(route_of("api/connections", {"sort=id", "sort=id"}).complaint, "sort: given twice");
  EXPECT_EQ(route_of("api/findings", {"x"}).complaint, "no parameters here");
  EXPECT_EQ(route_of("api/diagnosis", {"cause=timeout"}).complaint, "unknown parameter (known: as=set)");
  EXPECT_EQ(route_of("api/diagnosis", {"as=set"}).complaint, "");
  EXPECT_TRUE(route_of("api/diagnosis", {"as=set"}).as_set);
  EXPECT_FALSE(route_of("api/diagnosis", {""}).as_set);
  EXPECT_EQ(route_of("api/trace", {"", "pid=4711"}).pid, 4711u);
  EXPECT_EQ(route_of("api/trace", {"pid=4711", "pid=7"}).complaint, "pid: given twice");
  for (const char *value : {"pid=", "pid=0", "pid=-1", "pid=4294967296", "pid=7x"})
    EXPECT_EQ(route_of("api/trace", {value}).complaint, "pid: not a process id") << value;
  EXPECT_EQ(route_of("api/trace", {"id=7"}).complaint, "unknown parameter (known: pid)");
  EXPECT_EQ(route_of("metrics", {"name[]=up"}).complaint, "");
}

TEST(Accept, OpenMetricsIsForThoseWhoAskForIt) {
  EXPECT_TRUE(wants_open_metrics("application/openmetrics-text"));
  EXPECT_TRUE(wants_open_metrics("text/plain;q=0.3, application/openmetrics-text; version=1.0.0; q=0.5"));
  EXPECT_TRUE(wants_open_metrics("application/openmetrics-text;q=0.01"));
  for (const char *other :
       {"", "*/*", "text/plain", "application/openmetrics-text;q=0", "application/openmetrics-text;q=0.000",
        "application/openmetrics-text;version=0.0.1", "application/openmetrics-text;q=0.2,text/plain;q=0.25",
        "application/openmetrics-textual", ";;;,,,q=1"})
    EXPECT_FALSE(wants_open_metrics(other)) << other;
}

TEST(Accept, GzipIsTakenUnlessItIsRuledOut) {
  for (const char *yes : {"", "gzip", "br, gzip;q=0.5", "*", "deflate, *;q=0.1"}) EXPECT_TRUE(takes_gzip(yes)) << yes;
  for (const char *no : {"identity", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *"}) EXPECT_FALSE(takes_gzip(no)) << no;
}

}  // namespace
}  // namespace wsitrace
