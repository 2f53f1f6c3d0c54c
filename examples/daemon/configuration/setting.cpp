#include "daemon/configuration/setting.hpp"

#include <coqmp/similar_names.hpp>

#include "daemon/printable_text.hpp"

#include <array>
#include <charconv>

namespace coqmp_daemon {

namespace {

constexpr std::size_t longest_quotation = 60;

std::string in_quotes(std::string_view text)
{
    return '"' + printable(text, longest_quotation) + '"';
}

struct description
{
    std::string operator()(std::string const& text) const { return "the string " + in_quotes(text); }
    std::string operator()(std::int64_t value) const { return "the integer " + std::to_string(value); }
    std::string operator()(double value) const
    {
        std::array<char, 32> digits{};  // the shortest form of a double has at most 24
        return "the number " + std::string(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(toml_time) const { return "a date or time"; }
    std::string operator()(toml_list const&) const { return "a list"; }
    std::string operator()(toml_table const&) const { return "a table"; }
};

std::string name_of(std::string_view table)
{
    return table.empty() ? std::string("the file") : "the table " + in_quotes(table);
}

}  // namespace

void add_wrong_value(setting const& read, std::string_view expected, problem_list& problems)
{
    problems.add(read.value.position,
                 read.path + ": expected " + std::string(expected) + ", found " + std::visit(description(), read.value.content));
}

void add_unknown_key(toml_entry const& entry, std::string_view table, std::vector<std::string> const& known,
                     problem_list& problems)
{
    std::string sentence = "unknown key " + in_quotes(entry.key);
    if (!table.empty())
        sentence += " in " + name_of(table);
    std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(entry.key, known));
    if (!suggestion.empty()) {
        sentence += ": " + suggestion;
    } else {
        sentence += known.size() == 1 ? "; the only key is " : "; the keys are ";
        for (std::string const& each : known)
            sentence.append(&each == &known.front() ? "" : &each == &known.back() ? " and " : ", ").append(each);
    }
    problems.add(entry.position, sentence);
}

void add_missing_key(std::string_view key, std::string_view table, file_position position, problem_list& problems)
{
    problems.add(position, name_of(table) + " needs the key " + in_quotes(key));
}

std::string path_in(std::string_view table, std::string_view key)
{
    return std::string(table).append(table.empty() ? "" : ".").append(printable(key, longest_quotation));
}

}  // namespace coqmp_daemon
