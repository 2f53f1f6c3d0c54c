// Shows each message to the hooks of the caller, complete and without anything that does not belong to it.
#ifndef COQMP_SRC_PROTOCOL_TRACE_HPP
#define COQMP_SRC_PROTOCOL_TRACE_HPP

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp::protocol {

class trace
{
public:
    using hook = std::function<void(std::string_view)>;

    /// @param on_output, on_input none: nothing is shown
    trace(hook on_output, hook on_input) : on_output_(std::move(on_output)), on_input_(std::move(on_input)) {}

    /// A message was put into the output.
    void output(std::string_view text) const
    {
        if (!on_output_)
            return;
        constexpr char delimiter = '\xff';  // before a command that synchronizes with a guest agent
        if (text.starts_with(delimiter))
            text.remove_prefix(1);
        on_output_(text);
    }

    /// Whether input() does anything.
    [[nodiscard]] bool shows_input() const noexcept { return on_input_ != nullptr; }

    /// Bytes were received. @param is_complete whether they end a message
    void input(std::string_view bytes, bool is_complete)
    {
        if (!on_input_)
            return;
        received_ += bytes;
        if (!is_complete)
            return;
        std::string const complete = std::exchange(received_, {});
        std::string_view text = complete;
        text.remove_prefix(std::min(text.find('{'), text.size()));
        if (!text.empty())
            on_input_(text);
    }

private:
    hook on_output_;
    hook on_input_;
    std::string received_;  // the beginning of a message that is not complete
};

}  // namespace coqmp::protocol

#endif
