// Any bytes load as a window that works, or answer an error.
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/pairs.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/topk_tracker.hpp>
#include <millrace/aggregate/windows/session.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

#include <support/envelope.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using some_late = mr::event_time<mr::duration(20)>;
using topk = mr::basic_topk_tracker<std::int64_t, 3>;
using everything = mr::aggregate<mr::sum, mr::max>;

template <class W>
void use(std::span<const std::byte> payload) {
  auto loaded = W::load(support::with_payload(W().save(), payload));
  if (!loaded) return;
  W& window = *loaded;
  support::stop_unless_reloaded(window);
  for (std::int64_t i = 0; i < 100; ++i)
    window.update(static_cast<typename W::sample>(i % 7), mr::time_point(5 * i - i % 9));
  W other = window;
  (void)other.merge(window);
  if (!W::load(other.save())) std::abort();
}

/// Windows by count have no time, and no merge.
template <class W>
void use_count(std::span<const std::byte> payload) {
  auto loaded = W::load(support::with_payload(W().save(), payload));
  if (!loaded) return;
  W& window = *loaded;
  support::stop_unless_reloaded(window);
  typename W::sample x{};
  for (int i = 0; i < 100; ++i) window.update(x);
  if (!W::load(window.save())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte says whose payload the rest is.
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size).subspan(1));
  switch (data[0] % 12) {
    case 0: use<mr::windowed<mr::sliding<mr::duration(100)>, everything>>(bytes); break;
    case 1: use<mr::windowed<mr::sliding<mr::duration(100)>, everything, some_late>>(bytes); break;
    case 2: use<mr::windowed<mr::sliding<mr::duration(100)>, mr::aggregate<mr::max>>>(bytes); break;
    case 3: use<mr::windowed<mr::sliding<mr::duration(100), mr::duration(20)>, mr::kll<16>, some_late>>(bytes); break;
    case 4: use<mr::windowed<mr::hopping<mr::duration(30), mr::duration(20)>, everything, some_late>>(bytes); break;
    case 5: use<mr::windowed<mr::session<mr::duration(30)>, everything, some_late>>(bytes); break;
    case 6: use<mr::windowed<mr::tumbling<mr::duration(30)>, everything, some_late>>(bytes); break;
    case 7: use_count<mr::windowed<mr::tumbling_count<40>, everything>>(bytes); break;
    case 8: use_count<mr::windowed<mr::sliding_count<40>, everything>>(bytes); break;
    case 9: use_count<mr::windowed<mr::sliding_count<40>, mr::aggregate<mr::max>>>(bytes); break;
    case 10: use<mr::windowed<mr::sliding<mr::duration(100), mr::duration(20)>, topk, some_late>>(bytes); break;
    default: use_count<mr::windowed<mr::sliding_count<20>, mr::aggregate<mr::covariance>>>(bytes);
  }
  return 0;
}
