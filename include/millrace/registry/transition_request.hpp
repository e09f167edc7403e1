#ifndef MILLRACE_REGISTRY_TRANSITION_REQUEST_HPP
#define MILLRACE_REGISTRY_TRANSITION_REQUEST_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/document.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// What became of a request. All but `open` are final. The numbers and names are stable.
enum class request_status : std::uint8_t { open = 0, approved = 1, rejected = 2, withdrawn = 3, expired = 4 };

constexpr std::string_view to_string(request_status status) noexcept {
  constexpr std::string_view names[] = {"open", "approved", "rejected", "withdrawn", "expired"};
  const auto at = static_cast<std::size_t>(status);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

enum class verdict : std::uint8_t { approve = 0, reject = 1 };

constexpr std::string_view to_string(verdict which) noexcept {
  return which == verdict::approve ? "approve" : which == verdict::reject ? "reject" : std::string_view();
}

/// What a reviewer said.
struct review {
  std::string reviewer;
  registry::verdict verdict = registry::verdict::approve;
  std::string comment;
  std::uint64_t at = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("reviewer", self.reviewer)("verdict", self.verdict)("comment", self.comment)("at", self.at);
  }
};

/// Something said about a request.
struct remark {
  std::string author;
  std::string text;
  std::uint64_t at = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("author", self.author)("text", self.text)("at", self.at);
  }
};

/// Somebody asks that a version enter a stage, and others say whether it may.
struct transition_request {
  static constexpr std::string_view document_kind = "transition request";
  static constexpr unsigned document_format = 1;

  std::string model;  // its name now, which the registry fills in
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  stage to = stage::production;
  bool archives_others = false;
  std::string requester;
  std::string justification;
  std::string digest;                  // the version's, when it was asked for
  std::uint32_t approvals = 1;         // how many there have to be
  std::vector<std::string> reviewers;  // who may review; empty: everybody but the requester
  std::vector<review> reviews;
  std::vector<remark> remarks;
  request_status status = request_status::open;
  std::uint64_t created = 0;
  std::uint64_t expires = 0;  // 0: never
  std::uint64_t closed = 0;   // when it became what it is

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("number", self.number)("version", self.version)("to", self.to)("archives_others", self.archives_others);
    members("requester", self.requester)("justification", self.justification)("digest", self.digest);
    members("approvals", self.approvals)("reviewers", self.reviewers)("reviews", self.reviews);
    members("remarks", self.remarks)("status", self.status)("created", self.created)("expires", self.expires);
    members("closed", self.closed);
  }

  /// How many reviewers have approved.
  std::uint32_t approved_by() const noexcept {
    std::uint32_t count = 0;
    for (const review& each : reviews) count += each.verdict == verdict::approve;
    return count;
  }
  /// Whether its time is over while nobody has closed it.
  bool is_overdue(std::uint64_t now) const noexcept {
    return status == request_status::open && expires != 0 && now >= expires;
  }
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_TRANSITION_REQUEST_HPP
