// The files of crash dumps: names, limits, and what QEMU says of a dump.
#include "supervision/dump_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace coqmp::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

coqmp::reply answer(std::string_view text)
{
    return coqmp::reply(boost::json::parse(text));
}

dump_settings limits(std::uint64_t largest)
{
    return {"/dumps", largest, 0};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_file_of_a_dump)

BOOST_AUTO_TEST_CASE(is_named_after_its_machine_and_the_time)
{
    std::chrono::system_clock::time_point const when{1'796'146'200'007ms};
    std::string const name = dump_name("vm7", when);
    BOOST_TEST(name == "vm7.20261201T173000.007Z.elf");
    BOOST_TEST(is_dump_of("vm7", name));
    BOOST_TEST(!is_incomplete_dump_of("vm7", name));
    BOOST_TEST(name < dump_name("vm7", when + 1ms));
}

BOOST_AUTO_TEST_CASE(has_another_name_until_it_is_complete)
{
    std::string const name = incomplete_name_of("vm7.20261201T173000.007Z.elf");
    BOOST_TEST(name == "vm7.20261201T173000.007Z.partial");
    BOOST_TEST(is_incomplete_dump_of("vm7", name));
    BOOST_TEST(!is_dump_of("vm7", name));
    BOOST_TEST(complete_name_of(name) == "vm7.20261201T173000.007Z.elf");
    BOOST_TEST(complete_name_of("vm7").empty());
}

BOOST_AUTO_TEST_CASE(belongs_to_one_machine)
{
    char const* const other = "vm.20261201T173000.007Z.elf.20261201T173000.007Z.elf";
    BOOST_TEST(is_dump_of("vm.20261201T173000.007Z.elf", other));
    BOOST_TEST(!is_dump_of("vm", other));
    for (char const* const name : {"vm7.20261201T173000.007Z.elf", "vm.2026120aT173000.007Z.elf", "vm.elf", "vm", "",
                                   "vm-20261201T173000.007Z.elf", "vm.20261201T173000.007Z.elf~"})
        BOOST_TEST(!is_dump_of("vm", name), name);
}

BOOST_AUTO_TEST_CASE(is_removed_when_there_are_too_many)
{
    std::vector<std::string> const all{"vm.20261203T000000.000Z.elf",     "vm.20261201T000000.000Z.elf",
                                       "vm.20261202T000000.000Z.elf",     "vm2.20251201T000000.000Z.elf",
                                       "vm.20251201T000000.000Z.partial", "core"};
    std::vector<std::string> const oldest{"vm.20261201T000000.000Z.elf", "vm.20261202T000000.000Z.elf"};
    BOOST_TEST(surplus_dumps("vm", all, 1) == oldest, boost::test_tools::per_element());
    BOOST_TEST(surplus_dumps("vm", all, 3).empty());
    BOOST_TEST(surplus_dumps("vm", all, 0).size() == 3U);
}

BOOST_AUTO_TEST_CASE(is_not_written_when_it_is_too_large_or_there_is_no_room)
{
    BOOST_TEST(dump_refusal(512 * mebibyte, limits(512 * mebibyte), 576 * mebibyte).empty());
    BOOST_TEST(dump_refusal(512 * mebibyte, limits(0), 576 * mebibyte).empty());
    BOOST_TEST(dump_refusal(512 * mebibyte + 1, limits(512 * mebibyte), 9000 * mebibyte) ==
               "its memory (513 MiB) is larger than a dump may be (512 MiB)");
    BOOST_TEST(dump_refusal(512 * mebibyte, limits(0), 576 * mebibyte - 1) ==
               "there is no room for its memory (512 MiB) in /dumps (576 MiB are free)");
    BOOST_TEST(!dump_refusal(1, limits(0), 0).empty());
}

BOOST_AUTO_TEST_CASE(is_as_large_as_the_guests_memory)
{
    BOOST_TEST((guest_memory_in(answer(R"({"base-memory":33554432})")) == 32 * mebibyte));
    BOOST_TEST((guest_memory_in(answer(R"({"base-memory":33554432,"plugged-memory":1048576})")) == 33 * mebibyte));
    BOOST_TEST(
        (guest_memory_in(answer(R"({"base-memory":18446744073709551615,"plugged-memory":1})")) == 18446744073709551615ULL));
    BOOST_TEST(!guest_memory_in(answer("{}")).has_value());
    BOOST_TEST(!guest_memory_in(answer("[]")).has_value());
    BOOST_TEST(!guest_memory_in(coqmp::reply(coqmp::command_error{"GenericError", "no"})).has_value());
}

BOOST_AUTO_TEST_CASE(is_complete_when_qemu_says_so)
{
    BOOST_TEST((dump_progress_in(answer(R"({"status":"none","completed":0,"total":0})")) == dump_progress::none));
    BOOST_TEST((dump_progress_in(answer(R"({"status":"active","completed":1,"total":2})")) == dump_progress::active));
    BOOST_TEST((dump_progress_in(answer(R"({"status":"completed"})")) == dump_progress::completed));
    BOOST_TEST((dump_progress_in(answer(R"({"status":"failed"})")) == dump_progress::failed));
    BOOST_TEST((dump_progress_in(answer("null")) == dump_progress::none));
    coqmp::event done;
    BOOST_TEST((dump_progress_in(done) == dump_progress::none));
    done.data = boost::json::parse(R"({"result":{"status":"completed","completed":2,"total":2}})").as_object();
    BOOST_TEST((dump_progress_in(done) == dump_progress::completed));
}

BOOST_AUTO_TEST_SUITE_END()
