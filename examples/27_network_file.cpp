// A network whose weights were trained elsewhere, from a safetensors file.
#include <millrace/model/formats/network_tensors.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mm = millrace::model;

// [network_file]
mr::result<double> first_score(const std::string& path) {
  auto file = mm::load_safetensors(path);
  if (!file) return std::move(file).error();
  auto network = mm::network_of<mm::squared_loss>(*file, {.prefix = "layers.", .hidden = mm::activation::relu});
  if (!network) return std::move(network).error();
  return (*network)(std::vector<float>{3, -1});
}
// [/network_file]

int main() {
  // As torch.nn.Linear has them: units x inputs.
  const std::vector<float> first{1, 0, 0, 1};
  const std::vector<float> second{2, 10};
  using view = mr::tensor::basic_tensor_view<const float>;
  const std::vector<mm::named_tensor> tensors{
      {"layers.0.weight", view(first.data(), mr::tensor::tensor_shape{2, 2})},
      {"layers.1.weight", view(second.data(), mr::tensor::tensor_shape{1, 2})},
  };
  const auto bytes = mm::write_safetensors(tensors);
  if (!bytes || !mr::store::write_file("network.safetensors", *bytes)) return 1;
  const auto score = first_score("network.safetensors");
  if (!score) return std::fprintf(stderr, "%s\n", score.error().describe().c_str()), 1;
  std::printf("%g\n", *score);
  return *score == 6 ? 0 : 1;
}
