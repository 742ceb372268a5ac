// SPDX-License-Identifier: MIT
#include "agent/cli/run/ring_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "agent/cli/run/left_rings.h"
#include "agent/cli/run/trace_names.h"

namespace wsitrace {
namespace {

// A launcher that had our pid and was killed may have left a ring that somebody still wants to read.
std::string unused_name(const std::string &directory, const std::string &program) {
  const std::string stem = directory + "/" + as_file_name(program) + "." + std::to_string(::getpid());
  std::string path = stem + ".ring";
  for (uint32_t number = 2; ::access(path.c_str(), F_OK) == 0; ++number)
    path = stem + "-" + std::to_string(number) + ".ring";
  return path;
}

}  // namespace

std::vector<RingPlace> ring_places(const std::string &output_directory) {
  const std::string own = "/wsitrace-" + std::to_string(::geteuid());
  std::vector<RingPlace> places{{"/dev/shm" + own, true}};
  const char *temporary = std::getenv("TMPDIR");
  if (temporary != nullptr && *temporary == '/') places.push_back({temporary + own, true});
  places.push_back({"/tmp" + own, true});
  places.push_back({output_directory, false});
  return places;
}

Expected<void> make_private_directory(const std::string &directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return unexpected(system_error(directory, errno));
  struct stat facts {};
  if (::lstat(directory.c_str(), &facts) != 0) return unexpected(system_error(directory, errno));
  if (!S_ISDIR(facts.st_mode)) return unexpected(Error{directory, "not a directory", "remove it"});
  if (facts.st_uid != ::geteuid() || (facts.st_mode & 0077) != 0)
    return unexpected(Error{directory, "not a directory of this user alone", "remove it"});
  return {};
}

Expected<RingFile> make_ring(const std::vector<RingPlace> &places, const std::string &program,
                             const RingFileOptions &options) {
  std::optional<Error> first;
  for (const RingPlace &place : places) {
    const auto usable = place.shared ? make_private_directory(place.directory) : Expected<void>{};
    if (usable && place.shared) remove_left_rings(place.directory);
    auto file = usable ? RingFile::create(unused_name(place.directory, program), options)
                       : Expected<RingFile>(unexpected(usable.error()));
    if (file) return file;
    if (!first) first = file.error();
  }
  return unexpected(first.value_or(Error{"ring file", "there is no place for it", "set TMPDIR"}));
}

}  // namespace wsitrace
