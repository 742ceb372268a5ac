// SPDX-License-Identifier: MIT
//
// Appends slices to a list so that those of one track nest. Used by slices_of().
//
// A slice that is added with depth D lies within the last one of depth D - 1 and after the last one of depth D. Where the
// times say otherwise they are moved; one that is open ends where the next one beside it begins, or with the one around it.
#ifndef WSITRACE_EXPORT_PERFETTO_NESTING_H
#define WSITRACE_EXPORT_PERFETTO_NESTING_H

#include "agent/export/perfetto/slice.h"

namespace wsitrace {

class Nesting {
 public:
  // Slices go to TRACK of LIST, which outlives this.
  Nesting(SliceList &list, TrackId track) : slices_(list.slices), track_(track) {}

  // The slice that was added, valid until the next one is. A depth is at most one more than that of the slice before.
  Slice &add(uint32_t depth, std::string_view category, std::string name, Ns begin_ns, OptionalNs end_ns);
  Slice &add_instant(uint32_t depth, std::string_view category, std::string name, Ns at_ns);

 private:
  // Ends the slice at INDEX and what lies in it, at BEGIN_NS or later; returns when.
  Ns end_at(size_t index, Ns begin_ns);

  std::vector<Slice> &slices_;
  TrackId track_;
  std::vector<size_t> path_;  // by depth, the slice that the next one may lie in or beside
};

}  // namespace wsitrace

#endif
