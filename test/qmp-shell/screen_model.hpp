// What a terminal shows of what a program writes: as much of one as libedit and the shell use.
#ifndef COQMP_TEST_QMP_SHELL_SCREEN_MODEL_HPP
#define COQMP_TEST_QMP_SHELL_SCREEN_MODEL_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell::test {

/// Rows of characters and a cursor. What it does not understand it keeps, so that a test sees it.
class screen_model
{
public:
    screen_model(std::size_t columns, std::size_t rows) : columns_(columns), height_(rows), rows_(1) {}

    void write(std::string_view text);

    /// All rows from the first that was written to, also those that scrolled away; without blanks at their ends.
    [[nodiscard]] std::vector<std::string> rows() const;
    /// The same as one text.
    [[nodiscard]] std::string text() const;
    /// The row with the cursor, and those above it that are full.
    [[nodiscard]] std::string line_at_cursor() const;
    [[nodiscard]] std::size_t cursor_column() const noexcept { return column_; }

    /// As terminals do that fold anew what they show; only for the row with the cursor, which is the last.
    void resize(std::size_t columns);

private:
    void take(char32_t character);
    void put(char32_t character);
    void move_to(std::size_t where);
    void obey(char final);
    void erase_in_line(std::size_t kind);
    [[nodiscard]] std::size_t number(std::size_t otherwise) const;
    [[nodiscard]] std::size_t top() const { return rows_.size() > height_ ? rows_.size() - height_ : 0; }

    std::size_t columns_;
    std::size_t height_;
    std::vector<std::u32string> rows_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    std::string undecoded_;
    bool escape_ = false;
    bool sequence_ = false;
    std::string parameters_;
};

}  // namespace qmp_shell::test

#endif
