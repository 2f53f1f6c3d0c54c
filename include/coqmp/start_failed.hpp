// The exception of a machine that did not get ready.
#ifndef COQMP_START_FAILED_HPP
#define COQMP_START_FAILED_HPP

#include <coqmp/exit_status.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>

namespace coqmp {

/// A machine that did not get ready. Its text has all that is known, including QEMU's own error output. The text is safe for a
/// terminal and for a log, whatever the program wrote: control characters (except line ends and tabs), characters that change
/// the direction of writing, invisible characters, and bytes that are not UTF-8 are escaped, as in `\x1b`.
class start_failed : public boost::system::system_error
{
public:
    start_failed(boost::system::error_code code, std::string text, std::optional<exit_status> status, std::string standard_error);

    /// How it ended, if it ended by itself.
    [[nodiscard]] std::optional<exit_status> const& status() const noexcept { return status_; }

    /// The end of its standard error, byte for byte as the program wrote it: not safe for a terminal.
    [[nodiscard]] std::string const& standard_error() const noexcept { return standard_error_; }

    [[nodiscard]] char const* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
    std::optional<exit_status> status_;
    std::string standard_error_;
};

}  // namespace coqmp

#endif
