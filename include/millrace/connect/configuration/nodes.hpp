#ifndef MILLRACE_CONNECT_CONFIGURATION_NODES_HPP
#define MILLRACE_CONNECT_CONFIGURATION_NODES_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/mlops_settings.hpp>
#include <millrace/core/detail/nearest_names.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// The functions that nodes of a pipeline may call, by name. `Value` is what nodes hand on, such as a table; `Run` is
/// what a function that learns is given to log to.
///
///     mr::connect::configuration::node_functions<feature::table, track::run<storage>> functions;
///     functions.add("etl.load_csv", [&](auto inputs) { return load(path); });
///     functions.add_learning("ml.train", [&](auto inputs, auto& run) { return train(*inputs[0], run); });
template <class Value, class Run = void>
class node_functions {
 public:
  using value_type = Value;
  using run_type = Run;
  using inputs_type = std::span<const Value* const>;

  /// A function of the nodes before it that learns nothing. It replaces one of the same name.
  template <class F>
  requires std::is_invocable_r_v<result<Value>, F&, inputs_type>
  node_functions& add(std::string name, F function) {
    return put({std::move(name), std::move(function), {}});
  }
  /// A function that learns, and logs to a run.
  template <class F>
  requires(!std::is_void_v<Run> &&
           std::is_invocable_r_v<result<Value>, F&, inputs_type, std::add_lvalue_reference_t<Run>>)
  node_functions& add_learning(std::string name, F function) {
    return put({std::move(name), {}, [f = std::move(function)](inputs_type inputs, void* run) mutable -> result<Value> {
                  return f(inputs, *static_cast<Run*>(run));
                }});
  }

  std::size_t size() const noexcept { return all_.size(); }

 private:
  template <class, class>
  friend class node_pipeline;
  struct entry {
    std::string name;
    std::function<result<Value>(inputs_type)> call;
    std::function<result<Value>(inputs_type, void*)> learn;
  };

  node_functions& put(entry one) {
    for (entry& each : all_)
      if (each.name == one.name) {
        each = std::move(one);
        return *this;
      }
    all_.push_back(std::move(one));
    return *this;
  }
  const entry* find(std::string_view name) const noexcept {
    for (const entry& each : all_)
      if (each.name == name) return &each;
    return nullptr;
  }

  std::vector<entry> all_;
};

/// A pipeline that a file describes: nodes, each with the name of a function and the nodes whose results it is given.
///
///     auto pipeline = mr::connect::configuration::node_pipeline<table>::make(file.nodes, functions, "ml_info.yaml");
///     auto made = pipeline->run();                                  // where no node learns
///     auto made = pipeline->run([&] { return start_run(); });       // called once, before the first that does
///
/// A node that does not say its inputs is given what the node before it made; the first one nothing. A run is opened
/// only where a node learns, so that a pipeline that moves data alone needs no tracker. Complexity: `make`: nodes x
/// inputs. A node's result is kept until the last that needs it has run. Threads: one.
template <class Value, class Run = void>
class node_pipeline {
 public:
  using functions_type = node_functions<Value, Run>;
  using nodes_type = std::vector<std::pair<std::string, node_settings>>;

  /// Errors: invalid_data: all that is wrong, a line each, with the file, the line and the column of the node: a
  /// function that is not among `functions` (with the nearest), an input that is no node (with the nearest) or the node
  /// itself, nodes that wait for each other. The functions outlive the pipeline.
  static result<node_pipeline> make(const nodes_type& nodes, functions_type& functions, const std::string& file);

  /// Whether a node learns.
  bool learns() const noexcept { return learns_; }
  /// The nodes' names, in the order in which they run.
  std::vector<std::string_view> order() const {
    std::vector<std::string_view> made;
    for (const std::size_t each : order_) made.push_back(steps_[each].name);
    return made;
  }

  /// Runs all nodes, and returns what the last one made. Errors: invalid_argument: a node learns, and there is no run;
  /// a function's own, with the node's name.
  result<Value> run() {
    return run_all([]() -> result<void*> {
      return error(errc::invalid_argument, "a node learns, and there is no run to log to");
    });
  }
  /// The same with a run: `open()` returns a pointer to it, or a result of one.
  template <class Open>
  requires(!std::is_void_v<Run>)
  result<Value> run(Open&& open) {
    return run_all([&]() -> result<void*> {
      auto opened = open();
      if constexpr (std::is_pointer_v<decltype(opened)>) {
        return static_cast<void*>(opened);
      } else {
        if (!opened) return std::move(opened).error();
        return static_cast<void*>(*opened);
      }
    });
  }

 private:
  struct step {
    std::string name;
    const typename functions_type::entry* function = nullptr;
    std::vector<std::size_t> inputs = {};
    std::size_t needed_by = 0;  // how many nodes
  };

  template <class Open>
  result<Value> run_all(Open&& open);
  static std::size_t place_of(const nodes_type& nodes, std::string_view name) noexcept {
    std::size_t at = 0;
    while (at < nodes.size() && nodes[at].first != name) ++at;
    return at;
  }
  bool put_in_order();

  std::vector<step> steps_;
  std::vector<std::size_t> order_;
  bool learns_ = false;
};

template <class Value, class Run>
result<node_pipeline<Value, Run>> node_pipeline<Value, Run>::make(const nodes_type& nodes, functions_type& functions,
                                                                  const std::string& file) {
  node_pipeline made;
  std::string wrong;
  const auto fault = [&](std::size_t at, const std::string& what) {
    const store::setting_place place = nodes[at].second.at;
    if (!wrong.empty()) wrong += '\n';
    wrong += file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column) + ": nodes." +
             nodes[at].first + ": " + what;
  };
  const auto nearest = [](std::string_view name, const std::vector<std::string_view>& all) {
    const std::string close = millrace::detail::nearest_names(name, all);
    return close.empty() ? std::string() : "; the nearest: " + close;
  };
  std::vector<std::string_view> known;
  for (const auto& each : functions.all_) known.push_back(each.name);
  std::vector<std::string_view> names;
  for (const auto& each : nodes) names.push_back(each.first);
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const node_settings& by = nodes[at].second;
    step one{nodes[at].first, functions.find(by.function)};
    if (one.function == nullptr)
      fault(at, "there is no function " + millrace::detail::quoted_text(by.function) + nearest(by.function, known));
    else
      made.learns_ = made.learns_ || one.function->learn;
    for (const std::string& input : by.inputs ? *by.inputs : std::vector<std::string>()) {
      const std::size_t from = place_of(nodes, input);
      if (from == nodes.size())
        fault(at, "its input " + millrace::detail::quoted_text(input) + " is no node" + nearest(input, names));
      else if (from == at)
        fault(at, "it is its own input");
      else
        one.inputs.push_back(from);
    }
    if (!by.inputs && at != 0) one.inputs.push_back(at - 1);
    made.steps_.push_back(std::move(one));
  }
  if (wrong.empty() && !made.put_in_order()) {
    std::vector<bool> runs(nodes.size(), false);
    for (const std::size_t each : made.order_) runs[each] = true;
    std::string waiting;
    std::size_t first = nodes.size();
    for (std::size_t at = 0; at < nodes.size(); ++at)
      if (!runs[at]) {
        first = first == nodes.size() ? at : first;
        (waiting += waiting.empty() ? "" : ", ") += nodes[at].first;
      }
    fault(first, "nodes wait for each other: " + waiting);
  }
  if (!wrong.empty()) return error(errc::invalid_data, std::move(wrong));
  return made;
}

/// Orders the nodes so that each stands behind its inputs, otherwise as in the file. Returns whether that is possible.
template <class Value, class Run>
bool node_pipeline<Value, Run>::put_in_order() {
  std::vector<bool> runs(steps_.size(), false);
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (std::size_t at = 0; at < steps_.size() && !goes_on; ++at) {
      bool is_ready = !runs[at];
      for (const std::size_t each : steps_[at].inputs) is_ready = is_ready && runs[each];
      if (!is_ready) continue;
      runs[at] = goes_on = true;
      order_.push_back(at);
    }
  }
  for (const step& each : steps_)
    for (const std::size_t from : each.inputs) ++steps_[from].needed_by;
  return order_.size() == steps_.size();
}

template <class Value, class Run>
template <class Open>
result<Value> node_pipeline<Value, Run>::run_all(Open&& open) {
  if (order_.empty()) return error(errc::invalid_argument, "a pipeline without nodes makes nothing");
  std::vector<std::vector<Value>> kept(steps_.size());  // none, or one
  std::vector<std::size_t> needed(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) needed[i] = steps_[i].needed_by;
  void* log = nullptr;
  for (const std::size_t at : order_) {
    const step& one = steps_[at];
    std::vector<const Value*> inputs;
    for (const std::size_t each : one.inputs) inputs.push_back(&kept[each].front());
    if (one.function->learn && log == nullptr) {
      auto opened = open();
      if (!opened) return std::move(opened).error().wrap("the node \"" + one.name + '"');
      log = *opened;
    }
    auto made = one.function->learn ? one.function->learn(inputs, log) : one.function->call(inputs);
    if (!made) return std::move(made).error().wrap("the node \"" + one.name + '"');
    kept[at].push_back(*std::move(made));
    for (const std::size_t each : one.inputs)
      if (--needed[each] == 0) kept[each].clear();
  }
  if (kept[order_.back()].empty()) return error(errc::invalid_data, "the last node made nothing");
  return std::move(kept[order_.back()].front());
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_NODES_HPP
