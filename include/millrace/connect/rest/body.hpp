#ifndef MILLRACE_CONNECT_REST_BODY_HPP
#define MILLRACE_CONNECT_REST_BODY_HPP

#include <millrace/connect/rest/detail/body_parser.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The JSON body of a request, read against what its members have to be: in one pass, which takes memory for rows and
/// texts alone.
/// Errors: invalid_argument: it is no JSON object, or deeper than it may be; invalid_data: a member is missing,
/// unknown, there twice, of another kind, or out of its bounds, with its name.
class body {
 public:
  body() = default;

  /// The text and the members outlive the body.
  static result<body> read(std::string_view text, std::span<const member> members, const json_limits& limits = {}) {
    body made;
    made.members_ = members;
    made.slots_.resize(members.size());
    detail::body_parser parser(text, limits);
    if (auto done = parser.read(members, made.slots_); !done) return std::move(done).error();
    return made;
  }

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// A text; `otherwise` if it is not there.
  std::string text(std::string_view name, std::string_view otherwise = {}) const {
    const slot* const found = find(name);
    return found == nullptr ? std::string(otherwise) : found->text;
  }
  double number(std::string_view name, double otherwise = 0) const noexcept {
    const slot* const found = find(name);
    return found == nullptr ? otherwise : found->number;
  }
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const noexcept {
    const slot* const found = find(name);
    return found == nullptr ? otherwise : found->integer;
  }
  bool boolean(std::string_view name, bool otherwise = false) const noexcept {
    const slot* const found = find(name);
    return found == nullptr ? otherwise : found->integer != 0;
  }
  /// The rows of a member; none if it is not there. They live as long as the body.
  model::matrix_view rows(std::string_view name) const noexcept {
    const slot* const found = find(name);
    return found == nullptr ? model::matrix_view()
                            : model::matrix_view(found->numbers.data(), found->count, found->columns);
  }
  std::vector<std::string> texts(std::string_view name) const {
    const slot* const found = find(name);
    return found == nullptr ? std::vector<std::string>() : found->texts;
  }
  /// A member as the JSON that it is; empty if it is not there.
  std::string_view raw(std::string_view name) const noexcept {
    const slot* const found = find(name);
    return found == nullptr ? std::string_view() : found->raw;
  }

 private:
  using slot = detail::body_slot;

  const slot* find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].name == name) return slots_[i].is_there ? &slots_[i] : nullptr;
    return nullptr;
  }

  std::span<const member> members_;
  std::vector<slot> slots_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_BODY_HPP
