#ifndef MILLRACE_CONNECT_REST_API_HPP
#define MILLRACE_CONNECT_REST_API_HPP

#include <millrace/connect/rest/body.hpp>
#include <millrace/connect/rest/detail/openapi.hpp>
#include <millrace/connect/rest/detail/paths.hpp>
#include <millrace/connect/rest/detail/request_parts.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/options.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/connect/rest/watching.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {

template <class Part>
inline constexpr std::size_t route_count = 0;
template <class Part>
requires part<Part>
inline constexpr std::size_t route_count<Part> = sizeof(Part::routes) / sizeof(Part::routes[0]);

/// Whether no route of a part is one of another's, or one of its own again.
template <class One, class Other>
constexpr bool have_no_route_in_common() noexcept {
  if constexpr (part<One> && part<Other>) {
    for (std::size_t i = 0; i < route_count<One>; ++i)
      for (std::size_t k = 0; k < route_count<Other>; ++k)
        if ((!std::is_same_v<One, Other> || i != k) && One::routes[i].method == Other::routes[k].method &&
            same_shape(One::routes[i].path, Other::routes[k].path))
          return false;
  }
  return true;
}
template <class... Parts>
constexpr bool have_routes_of_their_own() noexcept {
  const auto against = []<class One>(std::type_identity<One>) {
    return (have_no_route_in_common<One, Parts>() && ...) && (!part<One> || (std::is_same_v<One, Parts> + ...) == 1);
  };
  return (against(std::type_identity<Parts>()) && ...);
}

}  // namespace detail

/// An API over HTTP, made of parts: each brings its routes, and what is not given is not there, neither as a route nor
/// in the description of the API.
///
///     mr::connect::rest::api service({.users = ...}, mr::connect::rest::predictions(models),
///                                    mr::connect::rest::aggregates(metrics), mr::connect::rest::audited(trail));
///     auto hosted = mr::connect::http::server::listen(service, {.port = 8000});
///
/// Besides the parts' routes there is `GET /openapi.json`: the description that is made from the same tables. Every
/// error is a problem document (RFC 9457); every response has the request's id, `X-Request-Id`, which is the client's
/// if it has sent one. Further arguments may be watchers (`audited`, `watched_requests`), which are told of requests.
/// A part or a watcher of your own is a type with a table of routes, or with `handled`.
///
/// Models: store::http_handler. A response to HEAD is that to GET, of which a server sends no body.
/// Guarantee: what a part throws is status 500, without a word of it. A path or a method that there is not is 404 or
/// 405, no valid token 401, a body that is no JSON 415 or 400, a longer one 413, one that says something else than the
/// route takes 422, more than `max_requests` at a time 429 with `Retry-After`.
/// Threads: any number at once. What parts refer to outlives it.
template <class... Parts>
class api {
  static_assert(((part<Parts> || request_watcher<Parts>) && ...),
                "millrace[REST-1]: an API is made of parts, which have a table of routes, and of watchers of requests");
  static_assert(detail::have_routes_of_their_own<Parts...>(),
                "millrace[REST-3]: two routes of an API have the same method and path: leave one of the parts out");

 public:
  explicit api(api_options options, Parts... parts)
      : options_(std::move(options)), parts_(std::move(parts)...), shared_(new shared) {
    list(std::index_sequence_for<Parts...>());
    std::vector<detail::described_route> described;
    for (const entry& each : entries_) described.push_back({each.method, each.path, each.about});
    detail::openapi_writer(description_, options_).write(described);
  }

  /// The description of the API: OpenAPI 3.1 as JSON.
  const std::string& openapi() const noexcept { return description_; }
  const api_options& options() const noexcept { return options_; }

  store::http_response handle(const store::http_request& request) const {
    const std::uint64_t begun = time();
    handled_request told{request};
    const std::string id = detail::request_id(request, shared_->series, shared_->seed + shared_->count.add_acq_rel(1));
    told.id = id;
    store::http_response made = admit(request, told);
    told.status = made.status;
    told.nanoseconds = time() - begun;
    if ((made.status == 429 || made.status == 503) && store::find_header(made.headers, "Retry-After") == nullptr)
      made.headers.push_back({"Retry-After", std::to_string(options_.retry_seconds)});
    made.headers.push_back({"X-Request-Id", id});
    tell(told, std::index_sequence_for<Parts...>());
    return made;
  }

 private:
  struct entry {
    std::string_view method;
    std::string_view path;
    const operation* about;
    std::size_t at;  // in the part's table
    result<store::http_response> (*handle)(const api&, std::size_t, const call&);
  };
  struct shared {
    std::uint64_t series = entropy_seed();
    std::uint64_t seed = entropy_seed();
    millrace::detail::light_atomic<std::uint64_t> count{0};
    millrace::detail::light_atomic<std::size_t> active{0};
  };
  using named_parts = std::vector<std::pair<std::string_view, std::string_view>>;

  static constexpr operation describes_itself{.id = "openapi",
                                              .summary = "The description of this API",
                                              .tag = "api",
                                              .returns = R"({"type":"object"})",
                                              .is_open = true};

  static std::uint64_t time() noexcept {
    const steady_clock clock;
    return clock.nanoseconds(clock.ticks());
  }

  template <std::size_t... Index>
  void list(std::index_sequence<Index...>) {
    (list_part<Index>(), ...);
    entries_.push_back({"GET", "/openapi.json", &describes_itself, 0,
                        [](const api& self, std::size_t, const call&) -> result<store::http_response> {
                          return json_response(self.description_);
                        }});
  }
  template <std::size_t Index>
  void list_part() {
    using type = std::tuple_element_t<Index, std::tuple<Parts...>>;
    if constexpr (part<type>)
      for (std::size_t i = 0; i < detail::route_count<type>; ++i)
        entries_.push_back({type::routes[i].method, type::routes[i].path, &type::routes[i].about, i,
                            [](const api& self, std::size_t at, const call& one) {
                              return (std::get<Index>(self.parts_).*type::routes[at].handle)(one);
                            }});
  }
  template <std::size_t... Index>
  void tell(const handled_request& told, std::index_sequence<Index...>) const {
    const auto tell_one = [&](const auto& each) {
      if constexpr (request_watcher<std::remove_cvref_t<decltype(each)>>) each.handled(told);
    };
    (tell_one(std::get<Index>(parts_)), ...);
  }

  store::http_response admit(const store::http_request& request, handled_request& told) const {
    struct leaving {
      ~leaving() { active->subtract_acq_rel(1); }
      millrace::detail::light_atomic<std::size_t>* active;
    };
    const std::size_t others = shared_->active.add_acq_rel(1);
    const leaving guard{&shared_->active};
    if (others >= options_.max_requests) return busy_response("as many requests are handled as may be at a time");
    auto made = millrace::detail::guarded_result<store::http_response>(
        [&]() -> result<store::http_response> { return find_and_call(request, told); },
        [] { return std::string("a route"); });
    return made ? *std::move(made) : problem_response(made.error());
  }
  result<store::http_response> find_and_call(const store::http_request& request, handled_request& told) const {
    const std::string_view target(request.target);
    const std::string_view path = target.substr(0, target.find_first_of("?#"));
    if (path.empty() || path.front() != '/') return error(errc::invalid_argument, "the path begins with a slash");
    named_parts named;
    std::string allowed;
    const entry* const found = find(path, request.method, named, allowed);
    if (found != nullptr) {
      told.path = found->path;
      told.about = found->about;
    }
    if ((found == nullptr || !found->about->is_open) && !options_.users.empty()) {
      const api_user* const user = detail::find_user(request, options_.users);
      if (user == nullptr) {
        auto made = problem_response(error(errc::permission_denied, "the request has no valid token"), 401);
        made.headers.push_back({"WWW-Authenticate", "Bearer"});
        return made;
      }
      told.user = user->name;
    }
    if (found != nullptr) return call_entry(*found, request, named, told);
    if (allowed.empty()) return error(errc::not_found, "there is nothing at this path");
    auto made = problem_response(error(errc::unsupported, "this path has no such method"), 405);
    made.headers.push_back({"Allow", allowed});
    return made;
  }
  /// The route of a path and a method; of several the one with fewest names. Without one, `allowed` gets the methods
  /// that the path has.
  const entry* find(std::string_view path, std::string_view method, named_parts& named, std::string& allowed) const {
    const entry* best = nullptr;
    named_parts these;
    for (const entry& each : entries_) {
      if (!detail::matches(each.path, path, these)) continue;
      if (each.method != method && !(each.method == "GET" && method == "HEAD")) {
        if (allowed.find(each.method) == allowed.npos) (allowed += allowed.empty() ? "" : ", ") += each.method;
      } else if (best == nullptr || these.size() < named.size()) {
        best = &each;
        named = these;
      }
    }
    return best;
  }
  result<store::http_response> call_entry(const entry& found, const store::http_request& request,
                                          const named_parts& named, const handled_request& told) const {
    const auto target = store::http_target::parse(request.target);
    if (!target) return target.error();
    std::vector<store::http_parameter> path;
    for (const auto& [name, escaped] : named) {
      auto value = store::percent_decoded(escaped);
      if (!value) return std::move(value).error();
      path.push_back({std::string(name), *std::move(value)});
    }
    body in;
    if (!found.about->takes.empty()) {
      if (request.body.size() > options_.max_body)
        return problem_response(
            error(errc::out_of_range, "the body is longer than " + std::to_string(options_.max_body) + " bytes"), 413);
      if (!detail::says_json(request))
        return problem_response(error(errc::unsupported, "the body has to be application/json"), 415);
      auto read = body::read(request.body, found.about->takes, options_.limits);
      if (!read) return std::move(read).error();
      in = *std::move(read);
    }
    return found.handle(*this, found.at, call{request, path, target->query, in, told.user, told.id});
  }

  api_options options_;
  std::tuple<Parts...> parts_;
  std::vector<entry> entries_;
  std::string description_;
  millrace::detail::owning_pointer<shared> shared_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_API_HPP
