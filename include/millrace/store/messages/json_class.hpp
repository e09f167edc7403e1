#ifndef MILLRACE_STORE_MESSAGES_JSON_CLASS_HPP
#define MILLRACE_STORE_MESSAGES_JSON_CLASS_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

/// JSON by a class of yours that is made from values, such as `nlohmann::json` with `to_json` and `from_json` of the
/// type: `json_class<nlohmann::json>`. A codec of messages (codec.hpp).
/// Guarantee: bytes that are no UTF-8 within texts are replaced, as `Json::dump` does. Errors: corrupt: the text is no
/// JSON; invalid_data: what `from_json` has thrown.
template <class Json>
struct json_class {
  template <class T>
  static result<std::string> encode(const T& value) {
    return detail::guarded_result<std::string>(
        [&]() -> result<std::string> { return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace); },
        [] { return std::string("the writer of a message's JSON"); });
  }
  template <class T>
  static result<T> decode(std::string_view bytes) {
    const Json read = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (read.is_discarded()) return error(errc::corrupt, "a message is no JSON");
    auto made = detail::guarded_result<T>([&]() -> result<T> { return read.template get<T>(); },
                                          [] { return std::string("the reader of a message's JSON"); });
    if (!made) return error(errc::invalid_data, made.error().message());
    return made;
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_JSON_CLASS_HPP
