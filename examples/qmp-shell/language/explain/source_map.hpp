// Where the arguments of a command were typed.
#ifndef QMP_SHELL_LANGUAGE_EXPLAIN_SOURCE_MAP_HPP
#define QMP_SHELL_LANGUAGE_EXPLAIN_SOURCE_MAP_HPP

#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// By their names as QEMU writes them: `file.filename`, `options[0].size`, `actions[1].data.node`. What stands in braces is looked
/// for when it is asked for.
class source_map
{
public:
    void add(std::string path, place where) { names_.emplace_back(std::move(path), where); }
    /// All of `key=value ...`. @param path where they belong
    void add_arguments(argument_node const& from, std::string const& path);
    /// A value in braces. @param inside what stands there of it is only the value of this member
    void add_braces(std::string path, word const& text, std::string inside = {});
    /// Those of a part, which belongs to `path` and began so many lines later.
    void add_part(source_map part, std::string const& path, std::size_t lines);

    /// @return nothing: it was not typed
    [[nodiscard]] std::optional<place> find(std::string_view path) const;
    /// Of what encloses it, if it was not typed itself. @return nothing: it belongs to the command
    [[nodiscard]] std::optional<place> find_enclosing(std::string_view path) const;

private:
    struct braces
    {
        std::string path;
        word text;
        std::string inside;
    };

    std::vector<std::pair<std::string, place>> names_;
    std::vector<braces> braces_;
};

}  // namespace qmp_shell

#endif
