// Characters from the terminal, one at a time, while the event loop runs.
#ifndef QMP_SHELL_TERMINAL_KEY_INPUT_HPP
#define QMP_SHELL_TERMINAL_KEY_INPUT_HPP

#include "event_loop.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace qmp_shell {

/// The terminal marks pasted text with these.
inline constexpr std::string_view paste_begins = "\033[200~";
inline constexpr std::string_view paste_ends = "\033[201~";

/// Why a wait for a character ended.
enum class key_event {
    character,
    interrupted,   ///< Ctrl-C
    woken,         ///< the caller's condition holds
    end_of_input,  ///< or an error: the terminal has gone
};

class key_input
{
public:
    /// @throws std::system_error if there is no terminal at standard input
    explicit key_input(event_loop& loop);
    key_input(key_input const&) = delete;
    key_input& operator=(key_input const&) = delete;

    /// Waits for a character, or until the condition holds.
    key_event wait(wchar_t& character, std::function<bool()> const& wakes);

    /// Discards what was typed or pasted before Ctrl-C, and of pasted text also the rest that is still to come, which would be
    /// taken for keys. A second Ctrl-C ends that, should the mark at the end of the text be lost.
    /// @param in_paste the beginning of pasted text was read already
    void discard(bool in_paste);

private:
    /// The state that a handler sets; it may run when this object is gone.
    struct async_state
    {
        bool waiting = false;
        bool readable = false;
    };

    void await_input();
    /// @return whether a character is whole
    bool complete_character(char byte, wchar_t& character);
    /// @return whether the byte belongs to the rest of text that was given up
    bool is_discarded(char byte);

    event_loop& loop_;
    boost::asio::posix::stream_descriptor input_;
    std::string partial_;      ///< bytes of a character that is not whole yet
    std::string recent_;       ///< the last bytes read: a mark may be cut in two
    bool discarding_ = false;  ///< until the end of pasted text
    std::shared_ptr<async_state> const state_ = std::make_shared<async_state>();
};

}  // namespace qmp_shell

#endif
