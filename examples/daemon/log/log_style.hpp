// How the lines of a log look.
#ifndef COQMP_DAEMON_LOG_LOG_STYLE_HPP
#define COQMP_DAEMON_LOG_LOG_STYLE_HPP

#include <sys/stat.h>

#include <array>
#include <string_view>
#include <utility>

namespace coqmp_daemon {

/// What `--log-format` asks for.
enum class log_format {
    automatic,  ///< As the journal wants it if standard error is the journal, text otherwise.
    text,       ///< `TIME PRIORITY SOURCE: TEXT`
    json        ///< An object on each line.
};

inline constexpr std::array<std::pair<std::string_view, log_format>, 3> log_formats{
    {{"auto", log_format::automatic}, {"text", log_format::text}, {"json", log_format::json}}};

struct log_style
{
    enum class layout {
        bare,  ///< `SOURCE: TEXT`; the journal adds the rest.
        text,
        json
    };

    layout lines = layout::text;
    bool priority_prefix = false;  ///< `<N>`, which the journal reads and removes (sd-daemon(3)).
    bool colours = false;

    friend bool operator==(log_style const&, log_style const&) = default;
};

/// What decides about the style, besides the user.
struct log_surroundings
{
    bool is_journal = false;
    bool is_terminal = false;
    bool refuses_colours = false;  ///< `NO_COLOR` is set and not empty (no-color.org), or `TERM` is `dumb`.
};

[[nodiscard]] log_style choose_style(log_format format, log_surroundings const& surroundings) noexcept;

/// Whether a descriptor is the stream to the journal that the service manager opened, and not one that a shell or a wrapper has
/// put in its place (systemd.exec(5)).
/// @param journal_stream the value of `JOURNAL_STREAM`, `DEVICE:INODE`; may be null
[[nodiscard]] bool is_journal_stream(char const* journal_stream, struct ::stat const& facts) noexcept;

/// Looks at standard error and the environment.
[[nodiscard]] log_surroundings look_at_surroundings();

}  // namespace coqmp_daemon

#endif
