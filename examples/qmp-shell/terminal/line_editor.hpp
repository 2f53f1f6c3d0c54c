// Lines from a terminal, edited by libedit, while the event loop runs.
// Invariant: whatever is printed while a line is typed, the line stands whole below it.
#ifndef QMP_SHELL_TERMINAL_LINE_EDITOR_HPP
#define QMP_SHELL_TERMINAL_LINE_EDITOR_HPP

#include "event_loop.hpp"
#include "language/complete/completion.hpp"
#include "terminal/key_input.hpp"
#include "terminal/recalled_lines.hpp"
#include "terminal/screen.hpp"

#include <boost/asio/signal_set.hpp>

#include <histedit.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace qmp_shell {

/// How a line came to its end.
enum class line_end {
    entered,
    interrupted,   ///< Ctrl-C
    end_of_input,  ///< Ctrl-D, or the terminal has gone
    stopped        ///< what the caller waited for beside it
};

class line_editor : private typed_line
{
public:
    using completer = std::function<completion(std::string_view line_to_cursor)>;

    /// @param past must outlive the editor
    line_editor(event_loop& loop, screen& screen, recalled_lines const& past, completer completes);
    line_editor(line_editor const&) = delete;
    line_editor& operator=(line_editor const&) = delete;
    ~line_editor() override;

    /// Reads a line, or until the condition holds. Pasted text of several lines waits for Enter; this call then returns its
    /// first line, and further calls the others.
    line_end read(std::string const& prompt, std::function<bool()> const& stops, std::string& line);

    /// Drops the rest of several pasted lines, and what was typed ahead.
    void forget_pasted();

private:
    /// The state that handlers set; they may run when the editor is gone.
    struct async_state
    {
        line_editor* editor = nullptr;  ///< null: it has gone
        bool resized = false;
        bool suspended = false;
        bool reading = false;  ///< a line; else something else is waited for
    };

    static line_editor& self(EditLine* editor);
    static unsigned char interrupt(EditLine* editor, int key);
    static unsigned char paste(EditLine* editor, int key);

    void hide() override;
    void show() override;

    void bind_keys();
    line_end next_pasted_line(std::string const& prompt, std::string& line);
    /// @return as libedit wants it: 1, or 0 at the end
    int await_character(wchar_t& character, bool in_paste);
    static void await_terminal_signals(std::shared_ptr<async_state> const& state);
    void suspend();
    /// A second time for the same line it lists all, as many as there are.
    void complete_line();

    /// Rows of the terminal between the prompt's first and, first, the cursor, second, the line's end.
    [[nodiscard]] std::pair<std::size_t, std::size_t> rows() const;

    event_loop& loop_;
    screen& screen_;
    completer completer_;
    key_input input_;
    boost::asio::signal_set terminal_signals_;
    std::unique_ptr<EditLine, void (*)(EditLine*)> editor_;
    std::string prompt_;
    std::function<bool()> stops_;
    std::optional<std::string> counted_for_;  ///< the line to the cursor for which there were too many possibilities
    bool shown_ = false;                      ///< the line stands on the terminal
    std::deque<std::string> pasted_lines_;    ///< the lines of pasted text that were not read yet
    bool interrupted_ = false;
    bool interrupt_is_due_ = false;  ///< Ctrl-C came, and libedit may have taken it for a part of an escape sequence
    bool stopped_ = false;
    std::shared_ptr<async_state> const state_ = std::make_shared<async_state>();
};

}  // namespace qmp_shell

#endif
