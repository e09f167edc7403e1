#ifndef MILLRACE_CONNECT_REST_DETAIL_REQUEST_PARTS_HPP
#define MILLRACE_CONNECT_REST_DETAIL_REQUEST_PARTS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/options.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// The most characters of a request's id that a client chooses.
inline constexpr std::size_t max_request_id = 128;

/// The id that a client has given a request, if it is one of letters, digits and `-._`; else one made of the bits.
inline std::string request_id(const store::http_request& request, std::uint64_t series, std::uint64_t bits) {
  if (const std::string* const given = store::find_header(request.headers, "X-Request-Id")) {
    bool fits = !given->empty() && given->size() <= max_request_id;
    for (const char each : *given) {
      const char lower = lower_case(each);
      fits = fits && ((lower >= 'a' && lower <= 'z') || (each >= '0' && each <= '9') || each == '-' || each == '.' ||
                      each == '_');
    }
    if (fits) return *given;
  }
  std::string made;
  made.reserve(32);
  for (std::uint64_t half : {series, splitmix64(bits)})
    for (int i = 0; i < 16; ++i, half >>= 4) made += "0123456789abcdef"[half & 15U];
  return made;
}

/// Who calls, by the token of the request; null: nobody who may.
inline const api_user* find_user(const store::http_request& request, const std::vector<api_user>& users) {
  const std::string* const sent = store::find_header(request.headers, "Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (sent == nullptr || !same_but_case(std::string_view(*sent).substr(0, scheme.size()), scheme)) return nullptr;
  const store::secret<std::string> token(sent->substr(scheme.size()));  // a copy that is wiped
  if (token.expose().empty()) return nullptr;
  for (const api_user& each : users)
    if (each.token == token) return &each;
  return nullptr;
}

/// Whether a request says that its body is JSON.
inline bool says_json(const store::http_request& request) noexcept {
  const std::string* const told = store::find_header(request.headers, "Content-Type");
  if (told == nullptr) return false;
  std::string_view type = std::string_view(*told).substr(0, told->find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return same_but_case(type, "application/json");
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_REQUEST_PARTS_HPP
