#ifndef MILLRACE_INFER_ONNXRUNTIME_HPP
#define MILLRACE_INFER_ONNXRUNTIME_HPP

#include <millrace/core/result.hpp>
#include <millrace/infer/detail/onnxruntime_api.hpp>
#include <millrace/infer/detail/planner.hpp>
#include <millrace/infer/detail/ports.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// ONNX Runtime as an engine, for models that graph_engine lacks an operator for, or to compare with. This header
// includes nothing of it: the caller includes its C header first and gives the table of functions.
namespace millrace {
inline namespace v0 {
namespace infer {

/// How ONNX Runtime runs a model.
struct onnxruntime_options {
  int threads = 1;  // of one run
};

namespace detail {

/// What all runs of a model share.
template <class Api>
struct onnxruntime_session {
  explicit onnxruntime_session(const Api& given)
      : api(&given), environment(given), options(given), session(given), memory(given) {}

  const Api* api;
  onnxruntime_handle<Api, &Api::ReleaseEnv> environment;
  onnxruntime_handle<Api, &Api::ReleaseSessionOptions> options;
  onnxruntime_handle<Api, &Api::ReleaseSession> session;
  onnxruntime_handle<Api, &Api::ReleaseMemoryInfo> memory;
  std::vector<model::graph_value> inputs;
  std::vector<model::graph_value> outputs;
};

}  // namespace detail

template <class Api>
class onnxruntime_run;

namespace detail {

template <class Api>
inline constexpr std::string_view not_numbers<onnxruntime_run<Api>> = "texts, or no tensor";

}  // namespace detail

/// A model of ONNX Runtime that is ready for inputs of certain shapes, as a `graph_run` is.
/// Guarantee: what the library's kernels do; a row may have other bits in a batch than alone.
/// Allocates: in `prepare`; the library may in each run.
/// Threads: one at a time; make one for each thread.
template <class Api>
class onnxruntime_run {
 public:
  /// Of no model; only to be assigned to.
  onnxruntime_run() = default;

  std::size_t inputs() const noexcept { return inputs_.size(); }
  std::size_t outputs() const noexcept { return outputs_.size(); }
  std::span<const std::int64_t> input_shape(std::size_t i) const noexcept { return inputs_[i].sizes; }
  std::span<const std::int64_t> output_shape(std::size_t i) const noexcept { return outputs_[i].sizes; }
  tensor::dtype input_type(std::size_t i) const noexcept { return inputs_[i].type; }
  tensor::dtype output_type(std::size_t i) const noexcept { return outputs_[i].type; }
  bool input_is_text(std::size_t) const noexcept { return false; }
  /// Texts, and what is no tensor, are not fetched.
  bool output_is_text(std::size_t i) const noexcept { return !outputs_[i].is_number; }
  std::string_view input_name(std::size_t i) const noexcept { return shared_->inputs[i].name; }
  std::string_view output_name(std::size_t i) const noexcept { return shared_->outputs[i].name; }

  /// Which input, or output, has a name. Errors: not_found, with the names that there are.
  result<std::size_t> find_input(std::string_view name) const {
    return detail::find_port(detail::input_ports{*this}, name);
  }
  result<std::size_t> find_output(std::string_view name) const {
    return detail::find_port(detail::output_ports{*this}, name);
  }

  /// Where an input's elements are to be written, in row-major order; empty if they are not of type `T`.
  template <tensor::tensor_element T>
  std::span<T> input(std::size_t i) noexcept {
    return inputs_[i].template as<T>();
  }
  /// An output's elements after `run`; empty if they are not of type `T`.
  template <tensor::tensor_element T>
  std::span<const T> output(std::size_t i) const noexcept {
    return outputs_[i].template as<T>();
  }
  /// The same of a model that comes from elsewhere, by its place or its name: once, before the first run.
  /// Errors: type_mismatch, with its name, the type that it has and the one that was asked for; not_found;
  /// out_of_range.
  template <tensor::tensor_element T>
  result<std::span<T>> input_as(std::size_t i) {
    return detail::elements_as<T>(detail::input_ports{*this}, i);
  }
  template <tensor::tensor_element T>
  result<std::span<T>> input_as(std::string_view name) {
    return detail::elements_as<T>(detail::input_ports{*this}, name);
  }
  template <tensor::tensor_element T>
  result<std::span<const T>> output_as(std::size_t i) const {
    return detail::elements_as<T>(detail::output_ports{*this}, i);
  }
  template <tensor::tensor_element T>
  result<std::span<const T>> output_as(std::string_view name) const {
    return detail::elements_as<T>(detail::output_ports{*this}, name);
  }

  /// Returns false, and leaves outputs undefined, where the library fails.
  bool run() noexcept {
    const Api& api = *shared_->api;
    auto* const status = api.Run(shared_->session.get(), nullptr, input_names_.data(), given_.data(), given_.size(),
                                 output_names_.data(), output_names_.size(), taken_.data());
    if (status == nullptr) return true;
    api.ReleaseStatus(status);
    return false;
  }

 private:
  template <class>
  friend class onnxruntime_engine;

  using value_handle = detail::onnxruntime_handle<Api, &Api::ReleaseValue>;
  using value_pointer = typename value_handle::pointer;

  /// A tensor in memory of ours.
  struct held_tensor {
    explicit held_tensor(const Api& api) : value(api) {}
    tensor::dtype type = tensor::dtype::f32;
    detail::shape sizes;
    bool is_number = false;
    std::unique_ptr<std::byte[]> bytes;
    value_handle value;

    template <class T>
    std::span<T> as() const noexcept {
      if (!is_number || type != detail::dtype_for<T>) return {};
      return {reinterpret_cast<T*>(bytes.get()), detail::elements(sizes)};
    }
  };

  result<void> make(held_tensor& to) {
    const Api& api = *shared_->api;
    const std::size_t size = detail::elements(to.sizes) * tensor::size_of(to.type);
    to.bytes = std::make_unique<std::byte[]>(size + 1);
    to.is_number = true;
    return detail::said(
        api,
        api.CreateTensorWithDataAsOrtValue(shared_->memory.get(), to.bytes.get(), size, to.sizes.data(),
                                           to.sizes.size(), detail::onnxruntime_type(to.type), to.value.out()),
        "a tensor of " + detail::text_of(to.sizes));
  }

  std::shared_ptr<const detail::onnxruntime_session<Api>> shared_;
  std::vector<held_tensor> inputs_;
  std::vector<held_tensor> outputs_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;  // of those that are fetched
  std::vector<const std::remove_pointer_t<value_pointer>*> given_;
  std::vector<value_pointer> taken_;
};

/// ONNX Runtime behind the interface of `graph_engine`, for `bind<Columns, Outputs>` and what takes its models.
///
///     #include <onnxruntime_c_api.h>                       // yours, with the library to link
///     #include <millrace/infer/onnxruntime.hpp>
///     const OrtApi& api = *OrtGetApiBase()->GetApi(ORT_API_VERSION);
///     auto engine = mr::infer::onnxruntime_engine<OrtApi>::load(api, "model.onnx");
///     auto model = mr::infer::bind<30, 1>(*engine);
///
/// Threads: const calls from any number.
/// Errors: what the library says, with its code as errc: corrupt, unsupported, invalid_argument, invalid_data.
/// Source: onnxruntime_c_api.h; tested with its version 29 and the library 1.32.0.
template <class Api>
class onnxruntime_engine {
 public:
  using run_type = onnxruntime_run<Api>;

  /// Makes an engine of a model's bytes, which are not needed afterwards.
  static result<onnxruntime_engine> make(const Api& api, std::span<const std::byte> model,
                                         const onnxruntime_options& with = {}) {
    auto made = std::make_shared<detail::onnxruntime_session<Api>>(api);
    const auto ok = [&](auto* status, const char* what) { return detail::said(api, status, what); };
    constexpr detail::any_enumerator errors_only{3};
    if (auto done = ok(api.CreateEnv(errors_only, "millrace", made->environment.out()), "the environment"); !done)
      return std::move(done).error();
    if (auto done = ok(api.CreateSessionOptions(made->options.out()), "the options"); !done)
      return std::move(done).error();
    if (auto done = ok(api.SetIntraOpNumThreads(made->options.get(), with.threads), "the threads"); !done)
      return std::move(done).error();
    if (auto done = ok(api.CreateSessionFromArray(made->environment.get(), model.data(), model.size(),
                                                  made->options.get(), made->session.out()),
                       "the model");
        !done)
      return std::move(done).error();
    constexpr detail::any_enumerator device_allocator{0};
    constexpr detail::any_enumerator usual_memory{0};
    if (auto done = ok(api.CreateCpuMemoryInfo(device_allocator, usual_memory, made->memory.out()), "memory"); !done)
      return std::move(done).error();
    if (auto done = read_ports<&Api::SessionGetInputCount, &Api::SessionGetInputName, &Api::SessionGetInputTypeInfo>(
            *made, made->inputs);
        !done)
      return std::move(done).error();
    if (auto done = read_ports<&Api::SessionGetOutputCount, &Api::SessionGetOutputName, &Api::SessionGetOutputTypeInfo>(
            *made, made->outputs);
        !done)
      return std::move(done).error();
    return onnxruntime_engine(std::move(made));
  }
  /// Makes an engine of a model's file, whose constants stand in it. Errors also: those of files.
  static result<onnxruntime_engine> load(const Api& api, const std::string& path, const onnxruntime_options& with = {},
                                         store::file_access how = store::file_access::read) {
    const auto content = store::file_bytes::open(path, how);
    if (!content) return content.error();
    auto made = make(api, content->bytes(), with);
    if (!made) return std::move(made).error().wrap(path);
    return made;
  }

  std::size_t inputs() const noexcept { return shared_->inputs.size(); }
  std::size_t outputs() const noexcept { return shared_->outputs.size(); }
  const model::graph_value& input(std::size_t i) const noexcept { return shared_->inputs[i]; }
  const model::graph_value& output(std::size_t i) const noexcept { return shared_->outputs[i]; }

  /// Which input, or output, has a name. Errors: not_found, with the names that there are.
  result<std::size_t> find_input(std::string_view name) const {
    return detail::find_port(detail::input_ports{*this}, name);
  }
  result<std::size_t> find_output(std::string_view name) const {
    return detail::find_port(detail::output_ports{*this}, name);
  }

  /// Lays out memory for inputs of these shapes, and runs the model once on zeros, which shows its outputs' shapes.
  /// Errors: shape_mismatch (as many shapes as inputs are asked for), unsupported (an input of no numbers), and what
  /// the library says.
  result<run_type> prepare(std::span<const std::vector<std::int64_t>> shapes) const {
    if (shapes.size() != inputs())
      return error(errc::shape_mismatch, "the graph has " + std::to_string(inputs()) + " inputs, " +
                                             std::to_string(shapes.size()) + " shapes are given");
    run_type run;
    run.shared_ = shared_;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const model::graph_value& named = input(i);
      if (!named.type || named.type->kind != model::graph_kind::tensor)
        return error(errc::unsupported, "input \"" + named.name + "\" is no tensor of numbers");
      const auto count = model::element_count(shapes[i]);
      if (!count || *count > std::size_t{1} << 34)
        return error(errc::shape_mismatch,
                     "input \"" + named.name + "\" is not of shape " + detail::text_of(shapes[i]));
      auto& made = run.inputs_.emplace_back(*shared_->api);
      made.type = named.type->dtype;
      made.sizes = shapes[i];
      if (auto done = run.make(made); !done) return std::move(done).error();
      run.input_names_.push_back(named.name.c_str());
      run.given_.push_back(made.value.get());
    }
    if (auto done = find_outputs(run); !done) return std::move(done).error();
    return run;
  }
  result<run_type> prepare(std::initializer_list<std::vector<std::int64_t>> shapes) const {
    return prepare(std::span(shapes.begin(), shapes.size()));
  }

  /// Nobody promises it.
  bool keeps_rows_apart(const run_type&, const run_type&, std::size_t) const noexcept { return false; }

 private:
  using session_type = detail::onnxruntime_session<Api>;
  using info_type = detail::last_argument_of<&Api::ReleaseTensorTypeAndShapeInfo>;

  explicit onnxruntime_engine(std::shared_ptr<const session_type> shared) noexcept : shared_(std::move(shared)) {}

  /// The names and types of all inputs, or of all outputs.
  template <auto Count, auto Name, auto Type>
  static result<void> read_ports(const session_type& of, std::vector<model::graph_value>& made) {
    const Api& api = *of.api;
    std::size_t count = 0;
    if (auto done = detail::said(api, (api.*Count)(of.session.get(), &count), "the number of inputs"); !done)
      return done;
    std::remove_pointer_t<detail::last_argument_of<&Api::GetAllocatorWithDefaultOptions>> allocator = nullptr;
    if (auto done = detail::said(api, api.GetAllocatorWithDefaultOptions(&allocator), "the allocator"); !done)
      return done;
    for (std::size_t i = 0; i < count; ++i) {
      char* name = nullptr;
      if (auto done = detail::said(api, (api.*Name)(of.session.get(), i, allocator, &name), "a name"); !done)
        return done;
      made.push_back({name, std::nullopt, std::nullopt});
      if (auto done = detail::said(api, api.AllocatorFree(allocator, name), "a name"); !done) return done;
      detail::onnxruntime_handle<Api, &Api::ReleaseTypeInfo> type(api);
      if (auto done = detail::said(api, (api.*Type)(of.session.get(), i, type.out()), "a type"); !done) return done;
      const std::remove_pointer_t<info_type>* tensor = nullptr;
      if (auto done = detail::said(api, api.CastTypeInfoToTensorInfo(type.get(), &tensor), "a type"); !done)
        return done;
      if (tensor == nullptr) continue;
      model::graph_type found;
      if (!read_type(api, tensor, found)) continue;
      made.back().type = std::move(found);
    }
    return {};
  }
  /// A tensor's type and sizes, -1 for those that are open; false if it is of no numbers.
  static bool read_type(const Api& api, const std::remove_pointer_t<info_type>* info, model::graph_type& made) {
    std::remove_pointer_t<detail::last_argument_of<&Api::GetTensorElementType>> element{};
    std::size_t rank = 0;
    if (!detail::said(api, api.GetTensorElementType(info, &element), "a type") ||
        !detail::said(api, api.GetDimensionsCount(info, &rank), "a shape"))
      return false;
    const auto type = detail::dtype_of_onnxruntime(static_cast<int>(element));
    std::vector<std::int64_t> sizes(rank);
    if (!type || !detail::said(api, api.GetDimensions(info, sizes.data(), rank), "a shape")) return false;
    made.kind = model::graph_kind::tensor;
    made.dtype = *type;
    auto& shape = made.shape.emplace();
    for (const std::int64_t size : sizes) shape.push_back({size, ""});
    return true;
  }

  /// Runs once, so that the library makes the outputs, and makes tensors of ours like them.
  result<void> find_outputs(run_type& run) const {
    const Api& api = *shared_->api;
    std::vector<typename run_type::value_handle> trial;
    std::vector<typename run_type::value_pointer> made(outputs(), nullptr);
    std::vector<const char*> names;
    for (const model::graph_value& each : shared_->outputs) names.push_back(each.name.c_str());
    auto ran = detail::said(api,
                            api.Run(shared_->session.get(), nullptr, run.input_names_.data(), run.given_.data(),
                                    run.given_.size(), names.data(), names.size(), made.data()),
                            "a run on zeros");
    for (const auto each : made) *trial.emplace_back(api).out() = each;
    if (!ran) return ran;
    for (std::size_t i = 0; i < outputs(); ++i) {
      auto& to = run.outputs_.emplace_back(api);
      int is_tensor = 0;
      if (auto done = detail::said(api, api.IsTensor(trial[i].get(), &is_tensor), "an output"); !done) return done;
      if (is_tensor == 0) continue;
      detail::onnxruntime_handle<Api, &Api::ReleaseTensorTypeAndShapeInfo> info(api);
      if (auto done = detail::said(api, api.GetTensorTypeAndShape(trial[i].get(), info.out()), "an output"); !done)
        return done;
      model::graph_type type;
      if (!read_type(api, info.get(), type)) continue;
      to.type = type.dtype;
      for (const model::graph_dimension& each : *type.shape) to.sizes.push_back(each.size);
      if (auto done = run.make(to); !done) return done;
      run.output_names_.push_back(names[i]);
      run.taken_.push_back(to.value.get());
    }
    return {};
  }

  std::shared_ptr<const session_type> shared_;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONNXRUNTIME_HPP
