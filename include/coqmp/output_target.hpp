// Where a program's output goes.
#ifndef COQMP_OUTPUT_TARGET_HPP
#define COQMP_OUTPUT_TARGET_HPP

#include <coqmp/descriptor.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp {

/// Where a machine's standard output, or its standard error, goes.
/// @code
/// spec.standard_output = coqmp::output_target::file("/var/log/qemu/vm1.log");
/// spec.standard_error = coqmp::output_target::lines([](std::string_view line) { std::clog << "vm1: " << line << '\n'; });
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/launch_options.cpp
class output_target
{
public:
    enum class kind { inherited, discarded, file, descriptor, lines };
    using line_callback = std::function<void(std::string_view)>;

    /// The same as that of the calling program.
    [[nodiscard]] static output_target inherited() { return output_target(kind::inherited); }

    /// Nowhere.
    [[nodiscard]] static output_target discarded() { return output_target(kind::discarded); }

    /// Appended to a file, which is created with mode 0600 if it does not exist. The program writes to it directly, so that it may outlive us.
    /// @param path also of a FIFO that has a reader; with a FIFO that has none, the start fails
    /// @see examples/adopt.cpp
    [[nodiscard]] static output_target file(std::string path);

    /// Written to a descriptor by the program directly.
    /// @param target open for writing; it is closed on our side when the program has been started, unless the caller keeps a copy
    [[nodiscard]] static output_target to(coqmp::descriptor target);

    /// Passed to a callback, line by line and without the line's end, on the machine's executor.
    /// @param callback Its argument is valid only during the call. The bytes are those that the program wrote: they may not be safe
    /// for a terminal. A line of more than 16 KiB comes in pieces, and what follows the last line's end comes when the program has
    /// ended. If it throws, it is not called again, and the rest of the output is discarded.
    /// @see examples/launch_options.cpp
    [[nodiscard]] static output_target lines(line_callback callback);

    [[nodiscard]] kind type() const noexcept { return kind_; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }                ///< Of a file.
    [[nodiscard]] coqmp::descriptor const& target() const noexcept { return descriptor_; }  ///< Empty if it has none.
    [[nodiscard]] line_callback const& callback() const noexcept { return callback_; }      ///< For lines.

private:
    explicit output_target(kind type) : kind_(type), descriptor_(-1) {}

    kind kind_;
    std::string path_;
    coqmp::descriptor descriptor_;
    line_callback callback_;
};

}  // namespace coqmp

#endif
