#ifndef MILLRACE_MODEL_FORMATS_SAFETENSORS_HPP
#define MILLRACE_MODEL_FORMATS_SAFETENSORS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/safetensors_file.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/tensor/view.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Tensors by name, which lie in the bytes of a safetensors file: views of these, and no copies, but for a tensor that
/// does not lie where its type may be read, which an old writer leaves.
///
///     auto file = mr::model::load_safetensors("network.safetensors");
///     for (const auto& each : file->tensors()) std::printf("%s: %zu\n", each.name.c_str(), each.values.size());
///     auto weights = file->find("layers.0.weight")->as<float>();
///
/// It can be moved, and not copied: the views are into what it holds, or into the bytes that were read.
/// Threads: const calls from any number.
class safetensors {
 public:
  safetensors(safetensors&&) noexcept = default;
  safetensors& operator=(safetensors&&) noexcept = default;

  /// In the order of their names.
  std::span<const named_tensor> tensors() const noexcept { return parts_.tensors; }
  /// Null if there is none of the name. Complexity: logarithmic in the tensors.
  const tensor::tensor_view* find(std::string_view name) const noexcept {
    const auto found = std::lower_bound(parts_.tensors.begin(), parts_.tensors.end(), name,
                                        [](const named_tensor& each, std::string_view of) { return each.name < of; });
    return found != parts_.tensors.end() && found->name == name ? &found->values : nullptr;
  }
  /// The texts of `__metadata__`, by name, in the file's order.
  std::span<const std::pair<std::string, std::string>> metadata() const noexcept { return parts_.metadata; }

 private:
  friend result<safetensors> read_safetensors(std::span<const std::byte> bytes);
  friend result<safetensors> load_safetensors(const std::string& path);

  explicit safetensors(detail::safetensors_parts parts) noexcept : parts_(std::move(parts)) {}

  detail::safetensors_parts parts_;
  std::vector<std::byte> bytes_;  // if they are not somebody else's
};

/// Reads tensors from bytes, which must outlive them: of all types but floats of 8 bits and fewer and complex numbers,
/// with up to 8 axes.
/// Guarantee: no byte beyond the span is read. Tensors lie side by side, from the header's end to the last byte, as the
/// format wants it, so that no byte is of two tensors or of none.
/// Complexity: n log n of the tensors. Allocates: in proportion to the header, and misaligned tensors.
/// Errors: corrupt (with the name of the tensor), unsupported (a type by its name, or more axes).
/// Source: the format's description of version 0.8.
inline result<safetensors> read_safetensors(std::span<const std::byte> bytes) {
  auto parts = detail::safetensors_file(bytes).read();
  if (!parts) return std::move(parts).error().wrap("safetensors");
  return safetensors(std::move(*parts));
}

/// Reads a file, whose bytes live as long as the tensors. Errors: those of files and of `read_safetensors`.
inline result<safetensors> load_safetensors(const std::string& path) {
  auto bytes = store::read_bytes(path);
  if (!bytes) return std::move(bytes).error();
  auto made = read_safetensors(*bytes);
  if (!made) return std::move(made).error().wrap(path);
  made->bytes_ = std::move(*bytes);  // which stay where they are
  return made;
}

/// Writes tensors whose elements lie row by row, as the safetensors package lays them out: by type, large ones first,
/// then by name.
/// Allocates: the bytes. Errors: invalid_argument (a tensor with gaps, or two of a name, with the name).
inline result<std::vector<std::byte>> write_safetensors(
    std::span<const named_tensor> tensors, std::span<const std::pair<std::string, std::string>> metadata = {}) {
  return detail::safetensors_bytes(tensors, metadata);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_SAFETENSORS_HPP
