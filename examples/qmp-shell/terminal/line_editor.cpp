#include "terminal/line_editor.hpp"

#include "terminal/candidate_list.hpp"
#include "terminal/columns.hpp"
#include "terminal/key_bindings.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

constexpr wchar_t control_c = 3;

/// Writes what libedit has kept, and then this.
void write_now(std::string const& text)
{
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

/// Pasted text in a form that a line can hold: with line ends of Linux, and with a blank for each key such as Tab.
std::wstring without_keys(std::wstring_view pasted)
{
    constexpr wchar_t delete_key = 127;
    std::wstring result;
    for (std::size_t index = 0; index < pasted.size(); ++index) {
        wchar_t const each = pasted[index];
        bool const two = each == L'\r' && index + 1 < pasted.size() && pasted[index + 1] == L'\n';
        if (each == L'\n' || each == L'\r')
            result += two ? L"" : L"\n";
        else
            result += each < L' ' || each == delete_key ? L' ' : each;
    }
    return result;
}

/// How many rows of the terminal a text, which may have several lines, takes above its last row.
std::size_t rows_of(std::string_view prompt, std::string_view text)
{
    std::size_t const width = screen::width();
    std::size_t rows = 0;
    std::size_t column = columns_of(prompt);
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        rows += (column + columns_of(text.substr(0, end))) / width + 1;
        column = 0;
        text.remove_prefix(end + 1);
    }
    return rows + (column + columns_of(text)) / width;
}

/// The terminal marks pasted text: `ESC[200~text ESC[201~`. The marks stay on while the shell waits for an answer, because text
/// may be pasted then. The next program on the terminal may not understand them.
void mark_pastes(bool marks)
{
    if (screen::is_capable())
        write_now(marks ? "\033[?2004h" : "\033[?2004l");
}

/// As if it had not been caught. The kernel discards the signal if no shell could wake us up again (`ssh -t HOST qmp-shell`):
/// SIGSTOP would stop us for good.
void stop_as_usual()
{
    struct ::sigaction usual{};
    struct ::sigaction former{};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGTSTP, &usual, &former);
    ::raise(SIGTSTP);
    ::sigaction(SIGTSTP, &former, nullptr);
}

/// A process that loses the terminal at this very moment must not be stopped for touching it.
void give_terminal_back(EditLine* editor)
{
    ::sigset_t signals{};
    ::sigset_t former{};
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &signals, &former);
    ::el_set(editor, EL_PREP_TERM, 0);
    ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

}  // namespace

line_editor::line_editor(event_loop& loop, screen& screen, recalled_lines const& past, completer completes)
    : loop_(loop),
      screen_(screen),
      completer_(std::move(completes)),
      input_(loop),
      terminal_signals_(loop.get_executor()),
      editor_(::el_init("qmp-shell", stdin, stdout, stderr), &::el_end)
{
    if (!editor_)
        throw std::system_error(errno, std::generic_category(), "cannot use this terminal");
    ::el_set(editor_.get(), EL_CLIENTDATA, this);
    ::el_set(editor_.get(), EL_HIST, &::history, past.get());
    ::el_set(editor_.get(), EL_PROMPT, +[](EditLine* editor) { return self(editor).prompt_.data(); });
    ::el_set(editor_.get(), EL_SIGNAL, 0);
    ::el_set(editor_.get(), EL_EDITOR, "emacs");
    // Ctrl-C must not discard the marks of pasted text: what it is to discard is discarded here.
    ::el_set(editor_.get(), EL_SETTY, "-d", "+noflsh", nullptr);
    bind_usual_keys(editor_.get());
    read_editrc(editor_.get());
    bind_keys();
    ::el_set(
        editor_.get(), EL_GETCFN, +[](EditLine* editor, wchar_t* character) {
            self(editor).shown_ = true;
            return self(editor).await_character(*character, false);
        });
    state_->editor = this;
    terminal_signals_.add(SIGWINCH);
    terminal_signals_.add(SIGTSTP);
    await_terminal_signals(state_);
}

line_editor::~line_editor()
{
    mark_pastes(false);
    state_->editor = nullptr;
}

void line_editor::forget_pasted()
{
    pasted_lines_.clear();
    input_.discard(false);
}

void line_editor::bind_keys()
{
    EditLine* const editor = editor_.get();
    unsigned char (*const complete)(EditLine*, int) = [](EditLine* of, int /*key*/) {
        self(of).complete_line();
        return static_cast<unsigned char>(CC_REFRESH);
    };
    ::el_set(editor, EL_ADDFN, "qmp-complete", "Complete the word at the cursor", complete);
    ::el_set(editor, EL_ADDFN, "qmp-interrupt", "Give the line up", &line_editor::interrupt);
    ::el_set(editor, EL_ADDFN, "qmp-paste", "Put the pasted text that follows into the line", &line_editor::paste);
    ::el_set(editor, EL_BIND, "\\e[200~", "qmp-paste", nullptr);
    ::el_set(editor, EL_BIND, "-a", "\\e[200~", "qmp-paste", nullptr);
    ::el_set(editor, EL_BIND, "\\e[201~", "ed-unassigned", nullptr);
    ::el_set(editor, EL_BIND, "^I", "qmp-complete", nullptr);
    ::el_set(editor, EL_BIND, "^C", "qmp-interrupt", nullptr);
    ::el_set(editor, EL_BIND, "-a", "^C", "qmp-interrupt", nullptr);
}

line_editor& line_editor::self(EditLine* editor)
{
    void* data = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<line_editor*>(data);
}

line_end line_editor::read(std::string const& prompt, std::function<bool()> const& stops, std::string& line)
{
    if (!pasted_lines_.empty())
        return next_pasted_line(prompt, line);
    prompt_ = prompt;
    stops_ = stops;
    interrupted_ = stopped_ = false;
    interrupt_is_due_ = false;
    counted_for_.reset();
    state_->reading = true;
    screen_.line_is_typed(this);
    ::el_resize(editor_.get());  // the size may have changed meanwhile
    // Before the prompt is shown, and again when the line has ended: keys that are typed in between are kept as they are. The
    // kernel would swallow Ctrl-D.
    ::el_set(editor_.get(), EL_PREP_TERM, 1);
    mark_pastes(true);
    int size = 0;
    char const* const text = ::el_gets(editor_.get(), &size);
    ::el_set(editor_.get(), EL_PREP_TERM, 1);
    screen_.line_is_typed(nullptr);
    state_->reading = false;
    bool const shown = std::exchange(shown_, false);
    if (interrupted_)
        return line_end::interrupted;
    if (text != nullptr && size > 0) {
        line.assign(text, static_cast<std::size_t>(size));
        if (line.ends_with('\n'))
            line.pop_back();
        if (line.find('\n') == std::string::npos)
            return line_end::entered;
        for (std::string_view const each : parts_of(line, '\n'))
            pasted_lines_.emplace_back(each);
        return next_pasted_line(prompt, line);
    }
    if (shown)
        write_now("\n");
    return stopped_ ? line_end::stopped : line_end::end_of_input;
}

/// The line is shown again above its answer, because the pasted text is a block above all answers.
line_end line_editor::next_pasted_line(std::string const& prompt, std::string& line)
{
    line = std::move(pasted_lines_.front());
    pasted_lines_.pop_front();
    write_now(prompt + harmless(line) + '\n');
    return line_end::entered;
}

// ---- Characters ------------------------------------------------------------------------------------------------------------

int line_editor::await_character(wchar_t& character, bool in_paste)
{
    auto const must_stop = [this] { return loop_.terminated() != 0 || stops_(); };
    if (std::exchange(interrupt_is_due_, false)) {
        character = control_c;
        return 1;
    }
    for (;;) {
        key_event const came = input_.wait(character, [&] { return state_->resized || state_->suspended || must_stop(); });
        if (std::exchange(state_->resized, false)) {
            hide();
            ::el_resize(editor_.get());
            show();
        }
        if (std::exchange(state_->suspended, false))
            suspend();
        stopped_ = must_stop();
        if (stopped_ || came == key_event::end_of_input)
            return 0;
        if (came == key_event::interrupted) {
            input_.discard(in_paste);
            interrupt_is_due_ = true;
            character = control_c;
        }
        if (came != key_event::woken)
            return 1;
    }
}

// ---- The terminal ----------------------------------------------------------------------------------------------------------

void line_editor::await_terminal_signals(std::shared_ptr<async_state> const& state)
{
    state->editor->terminal_signals_.async_wait([state](boost::system::error_code error, int number) {
        if (error || state->editor == nullptr)
            return;
        await_terminal_signals(state);
        if (number != SIGTSTP)
            state->resized = true;
        else if (state->reading)
            state->suspended = true;  // between two keys
        else
            state->editor->suspend();
    });
}

/// All of the text becomes part of the line, including its line ends: none of it is executed before Enter. Ctrl-C abandons it,
/// even if its end was lost.
unsigned char line_editor::paste(EditLine* editor, int key)
{
    std::wstring const end(paste_ends.begin(), paste_ends.end());
    line_editor& that = self(editor);
    std::wstring pasted;
    while (!pasted.ends_with(end)) {
        wchar_t character = 0;
        if (that.await_character(character, true) <= 0)
            return CC_EOF;
        if (character == control_c) {
            if (!that.interrupt_is_due_)  // the terminal sends no signal for it
                that.input_.discard(true);
            return interrupt(editor, key);
        }
        pasted += character;
    }
    pasted.resize(pasted.size() - end.size());
    if (::el_winsertstr(editor, without_keys(pasted).c_str()) != 0)
        write_now("\a");
    return CC_REFRESH;
}

/// The terminal is left as it was found: also if no line is typed, and an answer or a job is waited for.
void line_editor::suspend()
{
    // If a wrapper (`sh -c`, `sudo`) has stopped first, the login shell has the terminal already: a process that touches it is
    // stopped for that, woken up, and would stop here once more.
    bool const ours = ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
    if (ours) {
        hide();
        if (!shown_)
            write_now("\r\033[K");  // a progress bar, if there is one
        mark_pastes(false);
        give_terminal_back(editor_.get());
    }
    stop_as_usual();
    if (!ours)
        ::el_set(editor_.get(), EL_PREP_TERM, 0);  // as it is by now; libedit does not know
    ::el_set(editor_.get(), EL_PREP_TERM, 1);
    ::el_resize(editor_.get());
    screen_.redraw();
    mark_pastes(true);
    show();
}

std::pair<std::size_t, std::size_t> line_editor::rows() const
{
    ::LineInfo const* const line = ::el_line(editor_.get());
    std::string_view const all(line->buffer, static_cast<std::size_t>(line->lastchar - line->buffer));
    std::string_view const before = all.substr(0, static_cast<std::size_t>(line->cursor - line->buffer));
    return {rows_of(prompt_, before), rows_of(prompt_, all)};
}

void line_editor::hide()
{
    if (!shown_)
        return;
    std::size_t const up = rows().first;
    write_now((up > 0 ? "\033[" + std::to_string(up) + 'A' : std::string()) + "\r\033[J");
}

void line_editor::show()
{
    if (shown_)
        ::el_set(editor_.get(), EL_REFRESH);
}

unsigned char line_editor::interrupt(EditLine* editor, int /*key*/)
{
    line_editor& that = self(editor);
    auto const [cursor, end] = that.rows();
    write_now((end > cursor ? "\033[" + std::to_string(end - cursor) + 'B' : std::string()) + "^C\n");
    that.interrupted_ = true;
    that.interrupt_is_due_ = false;
    return CC_EOF;
}

// ---- Completion ------------------------------------------------------------------------------------------------------------

void line_editor::complete_line()
{
    ::LineInfo const* const typed = ::el_line(editor_.get());
    std::string_view const before(typed->buffer, static_cast<std::size_t>(typed->cursor - typed->buffer));
    std::string const line(before.substr(before.rfind('\n') + 1));  // npos + 1 is 0
    completion const found = completer_(line);
    if (found.candidates.empty() || found.begin > line.size()) {
        write_now("\a");
        return;
    }
    std::string common = common_beginning(found.candidates);
    bool const only_one = found.candidates.size() == 1;
    if (only_one && found.candidates.front().final && !found.in_braces)  // there a comma comes next, or a brace
        common += ' ';
    std::string_view const word = std::string_view(line).substr(found.begin);
    if (common.size() >= word.size() && common != word) {
        ::el_deletestr(editor_.get(), static_cast<int>(characters_in(word)));
        ::el_insertstr(editor_.get(), common.c_str());
    } else if (!only_one) {
        std::string const shown = listing(found.candidates, word, screen::width(), screen::height());
        if (!shown.empty())
            screen_.note(shown);
        else if (counted_for_ == line)
            screen_.note(whole_listing(found.candidates, word, screen::width()));
        else
            screen_.note(std::to_string(found.candidates.size()) +
                         " possibilities: a few more characters make them fewer, Tab lists them all");
        counted_for_ = line;
    }
}

}  // namespace qmp_shell
