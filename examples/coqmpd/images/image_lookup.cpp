#include "images/image_lookup.hpp"

#include "daemon/blocking_calls.hpp"
#include "daemon/printable_text.hpp"
#include "images/image_identity.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <utility>

namespace coqmpd {

namespace {

using namespace std::chrono_literals;

/// A local disk that has to wake up answers in this time.
constexpr auto patience = 2s;

/// More are not waited for: the daemon must become ready.
constexpr std::size_t most_silent = 5;

std::optional<std::string> identify_in_time(image_use const& image, std::string const& working_directory)
{
    auto const result = std::make_shared<std::optional<std::string>>();
    auto identify = [result, image, working_directory] {
        try {
            *result = identify_image(image, working_directory);
        } catch (std::exception const&) {
            // It is not known.
        }
    };
    return coqmp_daemon::call_within(patience, identify) ? *result : std::nullopt;
}

}  // namespace

image_lookup::image_lookup() : image_lookup(identify_in_time, mount_table::ours()) {}

image_lookup::image_lookup(function identify, mount_table mounts) : identify_(std::move(identify)), mounts_(std::move(mounts)) {}

std::optional<std::string> image_lookup::identify(image_use const& image, std::string const& working_directory)
{
    if (!image.is_local)
        return identify_(image, working_directory);
    std::filesystem::path const path = (std::filesystem::path(working_directory) / image.file).lexically_normal();
    std::string place = mounts_.mount_point_of(path.native());
    if (place == "/")
        place = path.parent_path().native();  // what hangs there is behind a symbolic link
    if (silent_.contains(place) || silent_.size() >= most_silent)
        return std::nullopt;
    auto result = identify_(image, working_directory);
    if (!result)
        silent_.insert(place);
    return result;
}

std::string describe_silence(std::string const& place)
{
    return "the file system of " + coqmp_daemon::printable(place) +
           " does not answer: whether two machines write to the same image there was not checked";
}

}  // namespace coqmpd
