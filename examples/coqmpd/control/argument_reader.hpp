// The arguments of a control command, without I/O.
#ifndef COQMPD_CONTROL_ARGUMENT_READER_HPP
#define COQMPD_CONTROL_ARGUMENT_READER_HPP

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace coqmpd {

/// Reads one argument after another, and refuses those that are left over. Errors are worded like QEMU's.
/// @throws std::invalid_argument in every function: an argument is missing, is unknown, or has the wrong type
class argument_reader
{
public:
    /// @param arguments outlives this object
    explicit argument_reader(boost::json::object const& arguments) noexcept : arguments_(arguments) {}

    [[nodiscard]] std::string text(std::string_view key);
    [[nodiscard]] bool flag(std::string_view key, bool otherwise);
    /// A number of seconds, from zero to a year.
    [[nodiscard]] std::optional<std::chrono::seconds> seconds(std::string_view key);
    void finish() const;

private:
    [[nodiscard]] boost::json::value const* find(std::string_view key);

    boost::json::object const& arguments_;
    std::set<std::string, std::less<>> read_;
};

}  // namespace coqmpd

#endif
