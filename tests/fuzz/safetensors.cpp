// Any bytes either are no safetensors file, with an error, or are tensors that can be read, written and read again, and
// that are a network or are not.
#include <millrace/model/formats/network_tensors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace mr = millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = mr::model::read_safetensors(std::as_bytes(std::span(data, size)));
  if (!file) return 0;
  unsigned sum = 0;
  for (const mr::model::named_tensor& each : file->tensors()) {
    if (file->find(each.name) != &each.values) std::abort();
    const auto* const at = static_cast<const unsigned char*>(each.values.data());
    for (std::size_t i = 0; i < each.values.size_bytes(); ++i) sum += at[i];
  }
  const auto bytes = mr::model::write_safetensors(file->tensors(), file->metadata());
  if (!bytes) std::abort();
  const auto again = mr::model::read_safetensors(*bytes);
  if (!again || again->tensors().size() != file->tensors().size()) std::abort();
  for (const char* prefix : {"", "layers."}) {
    const auto network = mr::model::network_of<>(*file, {.prefix = prefix});
    if (!network) continue;
    (void)(*network)(std::vector<float>(network->inputs(), static_cast<float>(sum % 7)));
    if (!mr::model::write_safetensors(*network)) std::abort();
  }
  return 0;
}
