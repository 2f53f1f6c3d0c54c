// Shared by the fuzz targets: checks of promises, and choices made by the bytes of the input.
#ifndef COQMP_TEST_FUZZ_EXPECT_HPP
#define COQMP_TEST_FUZZ_EXPECT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace coqmp::fuzz {

/// Ends the program if a promise is broken, so that libFuzzer keeps the input that broke it.
inline void expect(bool holds, char const* promise, std::source_location where = std::source_location::current())
{
    if (holds)
        return;
    std::fprintf(stderr, "%s:%u: broken promise: %s\n", where.file_name(), static_cast<unsigned>(where.line()), promise);
    std::abort();
}

/// Takes the fuzzer's bytes from the front. Once they are used up, every choice is 0.
class choices
{
public:
    explicit choices(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

    std::uint8_t byte()
    {
        if (rest_.empty())
            return 0;
        char const first = rest_.front();
        rest_.remove_prefix(1);
        return static_cast<std::uint8_t>(first);
    }

    std::string_view text(std::size_t most)
    {
        std::string_view const taken = rest_.substr(0, most);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest() { return text(rest_.size()); }

private:
    std::string_view rest_;
};

}  // namespace coqmp::fuzz

#endif
