// All that the shell prints. It knows what stands on the terminal's last lines, and keeps it whole.
#ifndef QMP_SHELL_TERMINAL_SCREEN_HPP
#define QMP_SHELL_TERMINAL_SCREEN_HPP

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace qmp_shell {

/// What is being typed, as the screen sees it: it can be taken away and put back.
class typed_line
{
public:
    virtual ~typed_line() = default;
    /// Clears it, with its prompt; the cursor then stands at the beginning of an empty line.
    virtual void hide() = 0;
    virtual void show() = 0;

protected:
    typed_line() = default;
    typed_line(typed_line const&) = default;
    typed_line& operator=(typed_line const&) = default;
};

/// Where answers, events and complaints go: all to one terminal, or apart from each other in a script.
class screen
{
public:
    /// @param interactive a user is at the terminal
    explicit screen(bool interactive);

    [[nodiscard]] bool interactive() const noexcept { return interactive_; }
    /// Whether answers may have colour: on a terminal that can, unless NO_COLOR says no.
    [[nodiscard]] bool colour() const noexcept { return colour_ && sink_ == nullptr; }
    /// Whether the terminal obeys escape sequences.
    [[nodiscard]] static bool is_capable();
    [[nodiscard]] static std::size_t width();
    [[nodiscard]] static std::size_t height();
    /// A text of QEMU in the form of an answer: unchanged, but on a terminal without characters that control it.
    [[nodiscard]] static std::string shown(std::string_view text);

    /// An answer: standard output. A line end is added if there is none.
    void answer(std::string_view text);
    /// A note that was not asked for, such as a hint, without characters that control a terminal. Standard error in a script.
    void note(std::string_view text);
    /// The same for output of print(), which is safe for a terminal and may have colours.
    void note_printed(std::string_view text);
    /// An error message, without characters that control a terminal. Standard error.
    void complain(std::string_view text);
    /// Where complaints of a script come from: `line 3`. Empty: from nowhere in particular.
    void place(std::string where) { place_ = std::move(where); }
    /// A last line that changes, such as a progress bar; empty: removes it. Only at a terminal.
    void progress(std::string text);
    /// Shows that line again, after another program had the terminal.
    void redraw();

    /// The user has pressed Ctrl-C, and the terminal may have echoed it: the next text begins on a line of its own.
    void after_interrupt();

    /// Collects the answers of a while instead of printing them. @param sink null: prints again
    void collect(std::string* sink) noexcept { sink_ = sink; }

    /// Why standard output has not got all of the answers, as an errno; zero: it has, or it is a broken pipe.
    [[nodiscard]] int output_error() const noexcept { return output_error_; }

    /// How many texts were printed so far: shows whether the typed line is still the last on the terminal.
    [[nodiscard]] std::size_t printed() const noexcept { return printed_; }

    /// Keeps what is to be printed until release(), while another program has the terminal. Of a storm the end is kept.
    void hold();
    void release();

    void line_is_typed(typed_line* line) noexcept { typed_ = line; }
    [[nodiscard]] bool is_line_typed() const noexcept { return typed_ != nullptr; }

private:
    struct held_text
    {
        int number;
        std::string text;
    };

    void print(int number, std::string text);
    void keep(int number, std::string text);

    static constexpr std::size_t most_held = 1000;

    bool const interactive_;
    bool const colour_;
    int output_error_ = 0;
    std::size_t printed_ = 0;
    std::string place_;
    std::string progress_;
    typed_line* typed_ = nullptr;
    std::string* sink_ = nullptr;
    bool held_ = false;
    std::deque<held_text> kept_;  ///< oldest first
    std::size_t left_out_ = 0;    ///< older than those
};

/// Another program has the terminal as long as this lives.
class terminal_lent
{
public:
    explicit terminal_lent(screen& of) : screen_(of) { screen_.hold(); }
    terminal_lent(terminal_lent const&) = delete;
    terminal_lent& operator=(terminal_lent const&) = delete;
    ~terminal_lent() { screen_.release(); }

private:
    screen& screen_;
};

}  // namespace qmp_shell

#endif
