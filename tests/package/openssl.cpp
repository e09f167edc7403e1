// A program that signs a model, and loads it where the signature is authentic.
#include <millrace/model/linear.hpp>
#include <millrace/store.hpp>
#include <millrace/store/ed25519.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mm = millrace::model;
namespace mr = millrace;
namespace ms = millrace::store;

// [signed]
/// Where models are trained, and the private key is.
mr::result<void> release(const std::string& path, const mm::linear_regression& model, const std::string& private_pem) {
  const auto key = ms::ed25519_private_key::from_pem(private_pem);
  if (!key) return key.error();
  return ms::write_signed(path, model.save(), *key);  // the file, and its signature as <path>.sig
}
/// Where they serve. Bytes that were not signed reach no parser.
mr::result<mm::linear_regression> load_released(const std::string& path, const std::string& public_pem) {
  const auto key = ms::ed25519_public_key::from_pem(public_pem);
  if (!key) return key.error();
  const auto bytes = ms::read_verified(path, *key);
  if (!bytes) return bytes.error();
  return mm::linear_regression::load(*bytes);  // of an ONNX file: mm::read_onnx(*bytes)
}
// [/signed]

int main(int, char** arguments) {
  const std::string path = std::string(arguments[0]) + ".model";
  const std::string private_pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n";
  const std::string public_pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n";
  const std::vector<float> sizes{50, 60, 80};
  const std::vector<float> prices{150, 180, 240};
  const auto model = mm::linear_regression::fit(mm::matrix_view(sizes, 1), prices);
  if (!model) return 1;
  if (auto done = release(path, *model, private_pem); !done)
    return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  if (!load_released(path, public_pem)) return 1;
  if (!ms::write_file(path, "somebody else's model")) return 1;
  return load_released(path, public_pem) ? 1 : 0;
}
