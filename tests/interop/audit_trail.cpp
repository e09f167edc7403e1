// Writes audit trails for a second implementation to verify: one that is sound, and many that were tampered with; and
// what verify_trail says of each.
//
// usage: audit_trail FOLDER COUNT
#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

using files = std::map<std::string, std::string>;

std::uint64_t now = 1'796'040'000'000'000'000;
std::uint64_t clock_of_test() noexcept { return now; }

/// Writes 600 records over two days, erases, prunes; returns the head of the first day.
mr::result<mr::store::tree_head> write_trail(const std::string& folder) {
  mo::audit_trail_options options;
  options.segment_bytes = 20 << 10;
  options.wall_clock = clock_of_test;
  auto trail = mo::audit_trail<>::open(folder, options);
  if (!trail) return std::move(trail).error();
  mr::store::tree_head head;
  for (int i = 0; i < 600; ++i) {
    if (i == 300) {
      head = trail->head();
      now += 86'400'000'000'000;
    }
    const std::string name = "person " + std::to_string(i);
    const mo::audit_field fields[] = {{"name", name, mo::pii_type::person_name}, {"amount", "12.50"}};
    mo::audit_event event{mo::audit_kinds::data_accessed, static_cast<mo::audit_severity>(i % 4)};
    event.actor = "alice";
    event.actor_pii = i % 3 == 0 ? mo::pii_type::person_name : mo::pii_type::none;
    event.object = "table/customers";
    event.fields = std::span(fields).first(static_cast<std::size_t>(i % 3));
    if (trail->append(event) == 0) return mr::error(mr::errc::io, "refused");
    if (i % 30 == 29)
      if (auto durable = trail->flush(); !durable) return std::move(durable).error();
  }
  const mo::personal_value values[] = {{100, "name"}, {301, "name"}, {302, "name"}, {303, {}}};
  if (auto erased = trail->erase(values, "dpo", "request 1"); !erased) return std::move(erased).error();
  if (auto pruned = trail->prune(now - 1, "retention", ""); !pruned) return std::move(pruned).error();
  if (auto closed = trail->close(); !closed) return std::move(closed).error();
  return head;
}

files read_files(const std::string& folder) {
  files all;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    if (each.path().filename() != "audit.lock")
      all[each.path().filename().string()] = mr::store::read_file(each.path().string()).value();
  return all;
}

/// The frames of a segment, as offsets, the end last.
std::vector<std::size_t> frames_of(const std::string& segment) {
  std::vector<std::size_t> frames;
  std::size_t at = 4096;
  for (std::uint32_t size = 0; at + 8 <= segment.size(); at += size) {
    std::memcpy(&size, segment.data() + at, 4);
    frames.push_back(at);
  }
  frames.push_back(at);
  return frames;
}

/// Changes something at random.
void tamper(files& all, mr::random_engine& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random.below(bound)); };
  const auto file = std::next(all.begin(), static_cast<std::ptrdiff_t>(below(all.size())));
  std::string& bytes = file->second;
  const auto what = below(8);
  if (what == 0) {
    all.erase(file);
    return;
  }
  if (what == 1 || !file->first.ends_with(".audit")) {
    bytes[below(bytes.size())] ^= static_cast<char>(1 + below(255));
    return;
  }
  const auto frames = frames_of(bytes);
  const std::size_t i = below(frames.size() - 1);
  const std::size_t j = below(frames.size() - 1);
  const std::string frame = bytes.substr(frames[i], frames[i + 1] - frames[i]);
  switch (what) {
    case 2: bytes.erase(frames[i], frame.size()); break;
    case 3: bytes.insert(frames[j], frame); break;
    case 4: bytes.resize(below(bytes.size())); break;
    case 5: bytes.resize(frames[i]); break;
    case 6: {  // a record with its hash
      std::uint32_t leaf = 0;
      std::memcpy(&leaf, bytes.data() + frames[i] + 8, 4);
      if (std::size_t at = bytes.find("customers", frames[i]); at < frames[i + 1]) {
        bytes[at] = 'C';
        const auto hash = mr::sha256_of(std::as_bytes(std::span(bytes)).subspan(frames[i] + 48, leaf));
        std::memcpy(bytes.data() + frames[i] + 16, hash.bytes, 32);
      }
      break;
    }
    default: bytes[frames[i] + below(frame.size())] ^= static_cast<char>(1U << below(8)); break;
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string folder = arguments[1];
  const auto head = write_trail(folder + "/sound");
  if (!head) {
    std::fprintf(stderr, "%s\n", head.error().describe().c_str());
    return 1;
  }
  if (!mr::store::write_file(folder + "/head", to_text(*head))) return 1;
  const files sound = read_files(folder + "/sound");
  mr::random_engine random(20'261'130);
  const int variants = std::atoi(arguments[2]);
  for (int i = -1; i < variants; ++i) {
    const std::string at = i < 0 ? folder + "/sound" : folder + "/" + std::to_string(i);
    if (i >= 0) {
      files all = sound;
      tamper(all, random);
      std::filesystem::create_directory(at);
      for (const auto& [name, bytes] : all) std::ofstream(at + "/" + name, std::ios::binary) << bytes;
    }
    const auto report = mo::verify_trail(at, std::span(&*head, 1));
    if (!report)
      std::printf("%s error %s\n", at.c_str(), report.error().message().c_str());
    else if (*report)
      std::printf("%s sound %llu %s\n", at.c_str(), static_cast<unsigned long long>(report->records),
                  to_string(report->head.root.hash).c_str());
    else
      std::printf("%s bad %llu %s\n", at.c_str(), static_cast<unsigned long long>(report->fault.index),
                  report->fault.what.c_str());
  }
  return 0;
}
