#ifndef MILLRACE_CONNECT_DATABRICKS_MODEL_SIGNATURE_HPP
#define MILLRACE_CONNECT_DATABRICKS_MODEL_SIGNATURE_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/storage.hpp>

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
namespace databricks {

/// An input or an output of a model, as MLflow's signatures have it: a tensor, or a column of a table.
struct signature_field {
  std::string name;
  std::string type;                      // of a tensor numpy's name, `float32`; of a column MLflow's, `double`
  std::vector<std::int64_t> shape = {};  // of a tensor, -1 for any length; empty: a column
};

/// What a model takes and gives: the signature that each model in Unity Catalog has to have.
///
///     auto signature = mr::connect::databricks::model_signature::make({{"input", "float32", {-1, 30}}},
///                                                                     {{"score", "float32", {-1, 1}}});
///     auto done = mr::registry::export_mlflow_model(models, version, folder, "churn/");
///     done = mr::connect::databricks::add_signature(folder, "churn/", *signature);
///
/// Source: MLflow, "Model Signatures", and `mlflow.types.Schema.to_json`.
class model_signature {
 public:
  /// Errors: invalid_argument: no input or no output, a type that MLflow does not know, tensors and columns mixed, or
  /// columns without names.
  static result<model_signature> make(std::span<const signature_field> inputs,
                                      std::span<const signature_field> outputs) {
    model_signature made;
    if (auto done = made.put("inputs", inputs); !done) return std::move(done).error();
    if (auto done = made.put("outputs", outputs); !done) return std::move(done).error();
    made.text_ += "  params: null\n";
    return made;
  }
  static result<model_signature> make(const std::vector<signature_field>& inputs,
                                      const std::vector<signature_field>& outputs) {
    return make(std::span<const signature_field>(inputs), std::span<const signature_field>(outputs));
  }

  /// The lines to put behind those of an `MLmodel` file.
  const std::string& text() const noexcept { return text_; }

 private:
  model_signature() = default;

  result<void> put(std::string_view side, std::span<const signature_field> fields) {
    const auto fault = [&](const std::string& why) {
      return error(errc::invalid_argument, "the " + std::string(side) + " of a signature: " + why);
    };
    if (fields.empty()) return fault("there are none");
    std::string json;
    json_writer out(json);
    out.begin_array();
    for (const signature_field& each : fields) {
      const bool is_tensor = !each.shape.empty();
      if (is_tensor == fields.front().shape.empty()) return fault("they are tensors or columns, and not both");
      if (!is_known(each.type, is_tensor))
        return fault("MLflow has no " + std::string(is_tensor ? "tensor" : "column") + " of the type " +
                     detail::quoted_text(each.type));
      if (each.name.empty() && (!is_tensor || fields.size() > 1)) return fault("each has a name");
      out.begin_object();
      if (!each.name.empty()) out.member("name", each.name);
      if (is_tensor) {
        out.member("type", "tensor")
            .key("tensor-spec")
            .begin_object()
            .member("dtype", each.type)
            .key("shape")
            .begin_array();
        for (const std::int64_t length : each.shape) {
          if (length < -1) return fault("a length of a tensor is -1 or more");
          out.value(length);
        }
        out.end_array().end_object();
      } else {
        out.member("type", each.type).member("required", true);
      }
      out.end_object();
    }
    out.end_array();
    if (text_.empty()) text_ = "signature:\n";
    text_ += "  " + std::string(side) + ": ";
    millrace::detail::append_yaml(text_, json);
    text_ += '\n';
    return {};
  }
  static bool is_known(std::string_view type, bool is_tensor) noexcept {
    constexpr std::string_view tensors[] = {"bool",   "int8",   "int16",   "int32",   "int64",   "uint8", "uint16",
                                            "uint32", "uint64", "float16", "float32", "float64", "str"};
    constexpr std::string_view columns[] = {"boolean", "integer", "long",   "float",
                                            "double",  "string",  "binary", "datetime"};
    if (is_tensor) {
      for (const std::string_view each : tensors)
        if (each == type) return true;
    } else {
      for (const std::string_view each : columns)
        if (each == type) return true;
    }
    return false;
  }

  std::string text_;
};

/// Whether an `MLmodel` file has a signature with inputs and outputs, as Unity Catalog asks. It looks at the lines of
/// the file, which MLflow writes in block style, and at nothing in the schemas.
/// Errors: invalid_argument, with what is missing.
inline result<void> check_signature(std::string_view mlmodel) {
  bool is_inside = false;
  bool has_signature = false;
  bool has_inputs = false;
  bool has_outputs = false;
  while (!mlmodel.empty()) {
    const std::size_t end = mlmodel.find('\n');
    std::string_view line = mlmodel.substr(0, end);
    mlmodel = end == mlmodel.npos ? std::string_view() : mlmodel.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && line.front() != ' ' && line.front() != '#') is_inside = line.starts_with("signature:");
    has_signature = has_signature || is_inside;
    const auto has_value = [&](std::string_view key) {
      if (!is_inside || !line.starts_with(key)) return false;
      const std::string_view value = line.substr(key.size());
      const std::size_t begin = value.find_first_not_of(' ');
      return begin != value.npos && value.substr(begin) != "null" && value.substr(begin) != "~";
    };
    has_inputs = has_inputs || has_value("  inputs:");
    has_outputs = has_outputs || has_value("  outputs:");
  }
  if (has_inputs && has_outputs) return {};
  return error(errc::invalid_argument,
               std::string("a model in Unity Catalog has a signature with inputs and outputs; this MLmodel file has ") +
                   (!has_signature ? "none"
                    : !has_inputs  ? "no inputs in it"
                                   : "no outputs in it"));
}

/// Puts a signature into the `MLmodel` file that a storage has below `prefix`, which is empty or ends with a slash:
/// such as one that `registry::export_mlflow_model` wrote. Errors: not_found: there is no such file; already_exists: it
/// has a signature; those of the storage.
template <store::storage Storage>
result<void> add_signature(Storage& files, const std::string& prefix, const model_signature& signature) {
  const std::string key = prefix + "MLmodel";
  const auto found = files.read(key);
  if (!found) return found.error();
  std::string text(reinterpret_cast<const char*>(found->data()), found->size());
  if (text.starts_with("signature:") || text.find("\nsignature:") != text.npos)
    return error(errc::already_exists, "the file " + detail::quoted_text(key) + " has a signature");
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += signature.text();
  return files.write(key, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_MODEL_SIGNATURE_HPP
