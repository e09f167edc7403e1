#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TALLY_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TALLY_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics/detail/arena.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// Counts how often each text comes.
class tally {
 public:
  struct line {
    std::string_view name;
    std::uint64_t count = 0;
  };

  void add(std::string_view name) {
    const std::size_t* place = places_.find(name);
    if (place == nullptr) {
      const std::string_view kept = texts_.copy(name);
      places_.insert(kept, lines_.size());
      lines_.push_back({kept, 1});
    } else {
      ++lines_[*place].count;
    }
  }

  /// The most frequent first, then by name. The names live as long as the tally.
  std::vector<line> sorted() const {
    std::vector<line> made = lines_;
    sort_by(made,
            [](const line& a, const line& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
    return made;
  }

 private:
  arena texts_;
  name_index<std::size_t> places_;
  std::vector<line> lines_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TALLY_HPP
