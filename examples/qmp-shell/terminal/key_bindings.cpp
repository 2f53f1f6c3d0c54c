#include "terminal/key_bindings.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

namespace qmp_shell {

namespace {

struct key
{
    char const* sends;
    char const* does;
};

/// What libedit does not know by itself: Ctrl or Alt with an arrow, Home, End, Delete.
constexpr std::array keys = {
    key{"\\e[1;5C", "em-next-word"}, key{"\\e[1;5D", "ed-prev-word"},      key{"\\e[1;3C", "em-next-word"},
    key{"\\e[1;3D", "ed-prev-word"}, key{"\\e[H", "ed-move-to-beg"},       key{"\\e[1~", "ed-move-to-beg"},
    key{"\\e[7~", "ed-move-to-beg"}, key{"\\e[F", "ed-move-to-end"},       key{"\\e[4~", "ed-move-to-end"},
    key{"\\e[8~", "ed-move-to-end"}, key{"\\e[3~", "ed-delete-next-char"}, key{"^R", "em-inc-search-prev"},
};

void bind_key(EditLine* editor, std::string const& sent, char const* does)
{
    ::el_set(editor, EL_BIND, sent.c_str(), does, nullptr);
}

/// Keys that have no use here: libedit would put the end of what they send into the line. F1 to F20, Page Up, and so on, with
/// Shift, Alt and Ctrl, as xterm, rxvt and Linux' console send them.
void bind_what_does_nothing(EditLine* editor)
{
    constexpr char const* nothing = "ed-unassigned";
    for (int number = 1; number <= 34; ++number) {
        bind_key(editor, "\\e[" + std::to_string(number) + '~', nothing);
        for (int modifiers = 2; modifiers <= 8; ++modifiers)
            bind_key(editor, "\\e[" + std::to_string(number) + ';' + std::to_string(modifiers) + '~', nothing);
    }
    for (char const last : std::string_view("ABCDEFHPQRS"))
        for (int modifiers = 2; modifiers <= 8; ++modifiers)
            bind_key(editor, "\\e[1;" + std::to_string(modifiers) + last, nothing);
    for (char const last : std::string_view("PQRS"))
        bind_key(editor, std::string("\\eO") + last, nothing);
    for (char const last : std::string_view("ABCDE"))
        bind_key(editor, std::string("\\e[[") + last, nothing);
    bind_key(editor, "\\e[Z", nothing);
}

}  // namespace

void bind_usual_keys(EditLine* editor)
{
    bind_what_does_nothing(editor);
    for (key const& each : keys)
        bind_key(editor, each.sends, each.does);
}

void read_editrc(EditLine* editor)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread
    char const* const named = std::getenv("EDITRC");
    char const* const home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    std::string const file = named != nullptr ? named : home != nullptr ? std::string(home) + "/.editrc" : std::string();
    struct ::stat about{};
    if (::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode))
        ::el_source(editor, file.c_str());
}

}  // namespace qmp_shell
