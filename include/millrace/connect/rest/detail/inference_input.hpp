#ifndef MILLRACE_CONNECT_REST_DETAIL_INFERENCE_INPUT_HPP
#define MILLRACE_CONNECT_REST_DETAIL_INFERENCE_INPUT_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// A tensor of rows, as the open inference protocol sends it.
struct inference_input {
  std::vector<float> numbers = {};
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Reads the first tensor of an array of them. Errors: invalid_data, with what is wrong.
/// Precondition: `json` has been read as an array of objects, and has one.
class inference_reader {
 public:
  explicit inference_reader(std::string_view json) : reader_(json) {}

  result<inference_input> read() {
    static_cast<void>(reader_.next());
    static_cast<void>(reader_.next());
    for (json_token token = reader_.next(); token == json_token::key; token = reader_.next()) {
      const std::string name = json_unescaped(reader_.raw());
      if (name == "shape") {
        read_shape();
      } else if (name == "data") {
        read_data();
      } else if (name == "datatype") {
        const json_token value = reader_.next();
        has_type_ = value == json_token::text && is_type(reader_.raw());
        if (!has_type_) fail("the datatype is no text of one of the protocol's types of numbers");
        pass(value);
      } else if (name == "name" || name == "parameters") {
        pass(reader_.next());
      } else {
        fail("a tensor has no member " + quoted_text(name));
        pass(reader_.next());
      }
    }
    if (!has_shape_) fail("the tensor has no shape");
    if (!has_data_) fail("the tensor has no data, which are not taken as bytes");
    if (!has_type_) fail("the tensor has no datatype");
    if (made_.rows == 0 || made_.columns == 0 || made_.numbers.size() % made_.columns != 0 ||
        made_.numbers.size() / made_.columns != made_.rows)
      fail("the shape is " + std::to_string(made_.rows) + " x " + std::to_string(made_.columns) + ", and there are " +
           std::to_string(made_.numbers.size()) + " numbers");
    if (!why_.empty()) return error(errc::invalid_data, std::move(why_));
    return std::move(made_);
  }

 private:
  void fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
  }
  static bool is_type(std::string_view name) noexcept {
    for (const std::string_view each : {"FP32", "FP64", "FP16", "BF16", "INT8", "INT16", "INT32", "INT64", "UINT8",
                                        "UINT16", "UINT32", "UINT64", "BOOL"})
      if (name == each) return true;
    return false;
  }
  void pass(json_token first) noexcept {
    std::size_t depth = first == json_token::object || first == json_token::array;
    while (depth > 0) {
      const json_token token = reader_.next();
      if (token == json_token::wrong || token == json_token::end) return;
      if (token == json_token::object || token == json_token::array) ++depth;
      if (token == json_token::close) --depth;
    }
  }
  void read_shape() {
    const json_token first = reader_.next();
    if (first != json_token::array) {
      fail("the shape is no array");
      return pass(first);
    }
    std::uint32_t sides[2] = {0, 0};
    std::size_t count = 0;
    for (json_token token = reader_.next(); token != json_token::close; token = reader_.next()) {
      if (token == json_token::wrong || token == json_token::end) return;
      const std::string_view text = reader_.raw();
      std::uint32_t side = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), side);
      const bool is_side =
          token == json_token::number && read.ec == std::errc() && read.ptr == text.data() + text.size();
      if (!is_side || count == 2) {
        fail("the shape is not of two whole numbers, rows and columns");
        pass(token);
        continue;
      }
      sides[count++] = side;
    }
    if (count != 2) fail("the shape is not of two whole numbers, rows and columns");
    has_shape_ = true;
    made_.rows = sides[0];
    made_.columns = sides[1];
  }
  void read_data() {
    has_data_ = true;
    made_.numbers.clear();
    const json_token first = reader_.next();
    if (first != json_token::array) {
      fail("the data are no array");
      return pass(first);
    }
    for (std::size_t depth = 1; depth > 0;) {
      const json_token token = reader_.next();
      double value = __builtin_nan("");
      switch (token) {
        case json_token::array: ++depth; continue;
        case json_token::close: --depth; continue;
        case json_token::wrong:
        case json_token::end: return;
        case json_token::yes: value = 1; break;
        case json_token::no: value = 0; break;
        case json_token::null: break;
        case json_token::number:
          if (reader_.raw().size() <= 64 && read_real(reader_.raw(), value) &&
              !__builtin_isinf(static_cast<float>(value)))
            break;
          fail("the data have a number that single precision does not reach");
          continue;
        default: fail("the data are no numbers"); return pass_all(token, depth);
      }
      made_.numbers.push_back(static_cast<float>(value));
    }
  }
  /// Passes over what is left of data that are none, of so many arrays.
  void pass_all(json_token at, std::size_t depth) noexcept {
    pass(at);
    for (; depth > 0; --depth)
      for (json_token token = reader_.next(); token != json_token::close; token = reader_.next()) {
        if (token == json_token::wrong || token == json_token::end) return;
        pass(token);
      }
  }

  json_reader reader_;
  inference_input made_;
  std::string why_;
  bool has_shape_ = false;
  bool has_data_ = false;
  bool has_type_ = false;
};

inline result<inference_input> read_inference_input(std::string_view json) { return inference_reader(json).read(); }

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_INFERENCE_INPUT_HPP
