// A statistic of your own as a member of an `aggregate`: how many requests took longer than the limit, and how many of
// them in a row at most. It is updated, merged and saved with the other members; windows, groups and shards take it.
#include <millrace/aggregate.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

namespace mr = millrace;

struct breaches {
  template <class T>
  struct state {
    static constexpr bool commutative = false;  // merge needs the later part second: a row may continue in it
    std::uint64_t items = 0, count = 0, longest = 0, at_begin = 0, at_end = 0;

    void update(T ms) {
      const bool broken = ms > 100;
      ++items;
      count += broken ? 1 : 0;
      at_end = broken ? at_end + 1 : 0;
      if (at_end == items) at_begin = at_end;
      longest = std::max(longest, at_end);
    }
    void merge(const state& later) {
      longest = std::max({longest, later.longest, at_end + later.at_begin});
      if (at_begin == items) at_begin += later.at_begin;
      at_end = later.at_end == later.items ? at_end + later.at_end : later.at_end;
      items += later.items;
      count += later.count;
    }
    void save(mr::envelope_writer& to) const {
      for (const auto n : {items, count, longest, at_begin, at_end}) to.u64(n);
    }
    bool load(mr::envelope_reader& from) {
      for (auto* const n : {&items, &count, &longest, &at_begin, &at_end}) *n = from.u64();
      return count <= items && longest <= count;
    }
  };
  static const auto& value(const auto& a) { return a.template state<breaches>(); }
};

int main() {
  using service_level = mr::aggregate<mr::count, mr::mean, mr::quantiles<>, breaches>;
  mr::grouped<std::string, service_level> by_region;
  for (int i = 0; i < 1000; ++i) by_region.update(i % 3 == 0 ? "eu" : "us", 40.0 + i % 70);
  by_region.for_each([](const std::string& region, const service_level& seen) {
    std::printf("%s: %llu requests, mean %.1f ms, p99 %.1f ms, %llu over 100 ms, %llu in a row\n", region.c_str(),
                static_cast<unsigned long long>(seen.get<mr::count>()), seen.get<mr::mean>(),
                seen.get<mr::quantiles>()(0.99), static_cast<unsigned long long>(seen.get<breaches>().count),
                static_cast<unsigned long long>(seen.get<breaches>().longest));
  });
  const auto all = by_region.all();
  auto back = service_level::load(all.save());
  return back && back->get<breaches>().count == all.get<breaches>().count ? 0 : 1;
}
