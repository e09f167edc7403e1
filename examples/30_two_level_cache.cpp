// Profiles of customers from a service that is slow and sometimes down: kept in memory, and as copies in a folder that
// the next process finds.
#include <millrace/resilience/caches.hpp>
#include <millrace/store/folder_storage.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

// The service: how often it was asked, and whether it is up.
struct profile_service {
  std::atomic<int> asked{0};
  std::atomic<bool> is_up{true};

  mr::result<std::string> profile(std::string_view customer) {
    ++asked;
    std::this_thread::sleep_for(2ms);
    if (!is_up) return mr::error(mr::errc::unavailable, "the profile service is down");
    return "profile of " + std::string(customer) + ", answer " + std::to_string(asked);
  }
};

// [two_level]
using profile_cache = mr::resilience::two_level_cache<std::string, mr::store::folder_storage>;

mr::result<std::string> profile_of(profile_cache& profiles, profile_service& service, int customer) {
  const mr::resilience::cache_key key("customer", customer);
  return profiles.get_or_load(key, [&] { return service.profile(key); });
}

mr::resilience::two_level_options kept_for_a_day() {
  return {.memory = {.max_weight = 10'000, .ttl = 5min}, .storage_ttl = 24h, .prefix = "profiles"};
}
// [/two_level]

int main() {
  std::filesystem::remove_all("cache");
  auto folder = mr::store::folder_storage::open("cache");
  if (!folder) return std::fprintf(stderr, "%s\n", folder.error().describe().c_str()), 1;
  profile_service service;
  {
    profile_cache profiles(*folder, kept_for_a_day());
    // Sixteen threads ask for one customer at once: the service is asked once.
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) threads.emplace_back([&] { (void)profile_of(profiles, service, 17); });
    for (auto& thread : threads) thread.join();
    std::printf("16 threads asked, and the service was asked %d time(s)\n", service.asked.load());
    if (service.asked != 1) return 1;

    // What we write ourselves is what everybody reads next.
    if (auto done = profiles.insert(mr::resilience::cache_key("customer", 18), "profile of 18, by hand"); !done)
      return 1;
    const auto own = profile_of(profiles, service, 18);
    std::printf("%s\n", own ? own->c_str() : own.error().describe().c_str());
    if (!own || *own != "profile of 18, by hand") return 1;
  }

  // The process ends, and the service too; the next one still has the copies.
  service.is_up = false;
  profile_cache profiles(*folder, kept_for_a_day());
  const auto kept = profile_of(profiles, service, 17);
  const auto missing = profile_of(profiles, service, 99);
  std::printf("%s\n", kept ? kept->c_str() : kept.error().describe().c_str());
  std::printf("%s\n", missing ? missing->c_str() : missing.error().describe().c_str());

  // Errors are not kept: the service is asked again.
  service.is_up = true;
  const auto again = profile_of(profiles, service, 99);
  const auto counted = profiles.statistics();
  std::printf(
      "memory: %llu hits, %llu misses; copies: %llu hits, %llu misses, %llu errors\n",
      static_cast<unsigned long long>(counted.memory.hits), static_cast<unsigned long long>(counted.memory.misses),
      static_cast<unsigned long long>(counted.storage_hits), static_cast<unsigned long long>(counted.storage_misses),
      static_cast<unsigned long long>(counted.storage_errors));
  return kept && !missing && again && counted.storage_hits == 1 && counted.storage_errors == 0 ? 0 : 1;
}
