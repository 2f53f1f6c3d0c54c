// All that travels, for those who ask to see it: in a file, or on the screen.
#ifndef QMP_SHELL_TRAFFIC_HPP
#define QMP_SHELL_TRAFFIC_HPP

#include "screen.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/session_options.hpp>

#include <string>
#include <string_view>

namespace qmp_shell {

/// Sees each message, the shell's own questions too.
class traffic
{
public:
    /// @param greets QEMU's greeting is the first message that travels: ours, which answers it, is told before it
    /// @param file to append to, made readable for its owner only: passwords travel as well. Empty: none.
    /// @throws std::system_error if it cannot be written to; it is opened, never bound or replaced
    traffic(screen& shown_on, std::string file, bool greets);

    /// For session_options::trace.
    void see(coqmp::direction way, std::string_view message);

    void show(bool shown) noexcept { shown_ = shown; }
    [[nodiscard]] bool shown() const noexcept { return shown_; }

private:
    void write(coqmp::direction way, std::string_view message);

    screen& screen_;
    std::string name_;
    coqmp::descriptor file_{-1};
    bool shown_ = false;
    bool awaits_greeting_;
    std::string held_back_;  ///< what answers the greeting
};

}  // namespace qmp_shell

#endif
