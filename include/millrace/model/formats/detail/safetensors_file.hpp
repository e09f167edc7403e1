#ifndef MILLRACE_MODEL_FORMATS_DETAIL_SAFETENSORS_FILE_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_SAFETENSORS_FILE_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/value_reader.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/tensor/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A tensor of a file, or for one.
struct named_tensor {
  std::string name;
  tensor::tensor_view values;
};

namespace detail {

/// What the file calls types, in the order in which it lays tensors out.
struct safetensors_type {
  std::string_view name;
  tensor::dtype dtype;
};
inline constexpr safetensors_type safetensors_types[] = {
    {"U64", tensor::dtype::u64},      {"I64", tensor::dtype::i64}, {"F64", tensor::dtype::f64},
    {"F32", tensor::dtype::f32},      {"U32", tensor::dtype::u32}, {"I32", tensor::dtype::i32},
    {"BF16", tensor::dtype::bf16},    {"F16", tensor::dtype::f16}, {"U16", tensor::dtype::u16},
    {"I16", tensor::dtype::i16},      {"I8", tensor::dtype::i8},   {"U8", tensor::dtype::u8},
    {"BOOL", tensor::dtype::boolean},
};

struct safetensors_parts {
  std::vector<named_tensor> tensors;  // by name
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::uint64_t> copies;  // of misaligned tensors
};

/// Reads a header and lays views of tensors on what follows.
class safetensors_file {
 public:
  explicit safetensors_file(std::span<const std::byte> bytes) noexcept
      : bytes_(bytes), from_(header_of(bytes), false) {}

  result<safetensors_parts> read() {
    if (bytes_.size() < head) return error(errc::truncated, std::to_string(bytes_.size()) + " bytes are no header");
    const std::uint64_t length = length_of(bytes_);
    if (length > bytes_.size() - head)
      return error(errc::truncated, "its header should have " + std::to_string(length) + " bytes, of " +
                                        std::to_string(bytes_.size() - head) + " that follow");
    if (length > most_header)
      return error(errc::unsupported, "its header has " + std::to_string(length) + " bytes, more than 100,000,000");
    data_ = bytes_.subspan(head + static_cast<std::size_t>(length));
    if (!read_header()) return std::move(result<void>(from_.problem())).error();
    if (auto done = lay_out(); !done) return std::move(done).error();
    return std::move(made_);
  }

 private:
  static constexpr std::size_t head = 8;
  static constexpr std::uint64_t most_header = 100'000'000;  // as the format's own reader has it

  struct place {
    std::string name;
    tensor::dtype dtype = tensor::dtype::f32;
    std::vector<std::int64_t> shape;
    std::vector<std::uint64_t> offsets;
    std::uint64_t size() const noexcept { return offsets[1] - offsets[0]; }
  };

  static std::uint64_t length_of(std::span<const std::byte> bytes) noexcept {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length;
  }
  static std::string_view header_of(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < head) return {};
    const std::uint64_t length = length_of(bytes);
    if (length > bytes.size() - head || length > most_header) return {};
    return {reinterpret_cast<const char*>(bytes.data()) + head, static_cast<std::size_t>(length)};
  }

  bool read_header() {
    const bool done = from_.object([&](std::string_view name) {
      if (name == "__metadata__")
        return from_.skip_null() || from_.object([&](std::string_view key) {
          made_.metadata.emplace_back(json_unescaped(key), std::string());
          return from_.text(made_.metadata.back().second);
        });
      places_.emplace_back();
      places_.back().name = json_unescaped(name);
      return read_place(places_.back());
    });
    return done && from_.end();
  }
  bool read_place(place& to) {
    bool has_type = false;
    bool has_shape = false;
    const bool done = from_.object([&](std::string_view name) {
      if (name == "shape") return has_shape = true, from_.numbers(to.shape);
      if (name == "data_offsets") return from_.numbers(to.offsets);
      if (name != "dtype") return from_.fail("neither dtype, nor shape, nor data_offsets");
      std::string type;
      has_type = true;
      return from_.text(type) && find_type(type, to.dtype);
    });
    if (!done) return false;
    if (!has_type || !has_shape) return from_.fail("it has no dtype, or no shape");
    if (to.shape.size() > tensor::max_rank) return from_.fail("more than 8 axes", errc::unsupported);
    const auto count = element_count(to.shape);
    if (!count) return from_.fail("its shape is no number of elements");
    if (to.offsets.size() != 2 || to.offsets[0] > to.offsets[1] || to.offsets[1] > data_.size())
      return from_.fail("its data_offsets are no part of the " + std::to_string(data_.size()) + " bytes there are");
    if (to.size() != *count * tensor::size_of(to.dtype))
      return from_.fail("it has " + std::to_string(to.size()) + " bytes, and a shape of " + std::to_string(*count) +
                        " elements of " + std::to_string(tensor::size_of(to.dtype)));
    return true;
  }
  bool find_type(const std::string& name, tensor::dtype& to) {
    for (const safetensors_type& known : safetensors_types) {
      if (known.name != name) continue;
      to = known.dtype;
      return true;
    }
    return from_.fail("elements of type " + name.substr(0, 20) + " are not supported", errc::unsupported);
  }

  result<void> lay_out() {
    std::sort(places_.begin(), places_.end(), [](const place& a, const place& b) { return a.offsets < b.offsets; });
    std::uint64_t end = 0;
    std::size_t copied = 0;
    for (const place& each : places_) {
      if (each.offsets[0] != end)
        return in_tensor(each,
                         each.offsets[0] < end ? "its bytes are another's too" : "bytes before it are of no tensor");
      end = each.offsets[1];
      if (!is_aligned(each)) copied += words_of(each);
    }
    if (end != data_.size())
      return error(errc::corrupt, std::to_string(data_.size() - end) + " bytes behind the last tensor");
    made_.copies.resize(copied);
    std::uint64_t* copy = made_.copies.data();
    for (const place& each : places_) {
      const std::byte* at = data_.data() + each.offsets[0];
      if (each.dtype == tensor::dtype::boolean)
        for (std::uint64_t i = 0; i < each.size(); ++i)
          if (at[i] > std::byte{1}) return in_tensor(each, "a truth value that is neither 0 nor 1");
      if (!is_aligned(each)) {
        std::memcpy(copy, at, each.size());
        at = reinterpret_cast<const std::byte*>(copy);
        copy += words_of(each);
      }
      made_.tensors.push_back(
          {each.name, {each.dtype, at, tensor::tensor_layout::row_major({each.shape.begin(), each.shape.end()})}});
    }
    std::sort(made_.tensors.begin(), made_.tensors.end(),
              [](const named_tensor& a, const named_tensor& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < made_.tensors.size(); ++i)
      if (made_.tensors[i].name == made_.tensors[i - 1].name)
        return error(errc::corrupt, "two tensors are called \"" + made_.tensors[i].name.substr(0, 60) + '"');
    return {};
  }
  bool is_aligned(const place& each) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(data_.data() + each.offsets[0]);
    return at % tensor::size_of(each.dtype) == 0 || each.size() == 0;
  }
  static std::size_t words_of(const place& each) noexcept { return (each.size() + 7) / 8; }
  static error in_tensor(const place& each, const char* what) {
    return error(errc::corrupt, '"' + each.name.substr(0, 60) + "\": " + what);
  }

  std::span<const std::byte> bytes_;
  value_reader from_;
  std::span<const std::byte> data_;
  std::vector<place> places_;
  safetensors_parts made_;
};

inline std::size_t safetensors_order(tensor::dtype dtype) noexcept {
  std::size_t at = 0;
  while (safetensors_types[at].dtype != dtype) ++at;
  return at;
}

inline result<std::vector<std::byte>> safetensors_bytes(std::span<const named_tensor> tensors,
                                                        std::span<const std::pair<std::string, std::string>> metadata) {
  std::vector<const named_tensor*> order;
  for (const named_tensor& each : tensors) {
    if (!each.values.is_contiguous())
      return error(errc::invalid_argument, "safetensors: \"" + each.name + "\" does not lie row by row");
    order.push_back(&each);
  }
  std::sort(order.begin(), order.end(), [](const named_tensor* a, const named_tensor* b) { return a->name < b->name; });
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i]->name == "__metadata__" || (i > 0 && order[i]->name == order[i - 1]->name))
      return error(errc::invalid_argument, "safetensors: \"" + order[i]->name + "\" is no name, or two tensors'");
  std::stable_sort(order.begin(), order.end(), [](const named_tensor* a, const named_tensor* b) {
    return safetensors_order(a->values.dtype()) < safetensors_order(b->values.dtype());
  });

  std::string header;
  json_writer to(header);
  to.begin_object();
  if (!metadata.empty()) {
    to.key("__metadata__").begin_object();
    for (const auto& [name, text] : metadata) to.member(name, text);
    to.end_object();
  }
  std::size_t end = 0;
  for (const named_tensor* each : order) {
    to.key(each->name).begin_object();
    to.member("dtype", safetensors_types[safetensors_order(each->values.dtype())].name);
    to.key("shape").begin_array();
    for (const std::size_t extent : each->values.shape()) to.value(extent);
    to.end_array().key("data_offsets").begin_array().value(end);
    end += each->values.size_bytes();
    to.value(end).end_array().end_object();
  }
  to.end_object();
  header.append((8 - header.size() % 8) % 8, ' ');

  std::vector<std::byte> bytes(8 + header.size() + end);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  std::byte* at = bytes.data() + 8 + header.size();
  for (const named_tensor* each : order) {
    if (each->values.size_bytes() > 0) std::memcpy(at, each->values.data(), each->values.size_bytes());
    at += each->values.size_bytes();
  }
  return bytes;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_SAFETENSORS_FILE_HPP
