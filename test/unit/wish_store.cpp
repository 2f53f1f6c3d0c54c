// The wishes of a supervisor on the disk.
#include "supervisor/directory_wish_store.hpp"

#include "support/temporary_directory.hpp"

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <vector>

using boost::system::error_code;
using namespace coqmp::detail;
using coqmp::errc;
using coqmp::test::temporary_directory;

namespace {

memory_record up()
{
    memory_record record;
    record.memory.wish = machine_wish::up;
    record.memory.is_held = true;
    record.boot_id = "a-boot";
    return record;
}

/// Saves, and waits until that is over.
error_code save(directory_wish_store& store, std::string const& machine, memory_record const& record)
{
    std::promise<error_code> result;
    store.save(machine, record, [&result](error_code error) { result.set_value(error); });
    return result.get_future().get();
}

struct fixture
{
    temporary_directory folder;
    std::string const path = folder.path() / "state";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_directory_of_wishes, fixture)

BOOST_AUTO_TEST_CASE(gives_back_what_was_saved)
{
    {
        directory_wish_store store(path);
        BOOST_TEST(!store.load("vm").has_value());
        BOOST_TEST(save(store, "vm", up()) == error_code());
        BOOST_TEST(save(store, "vm.wish", memory_record{{}, "another-boot", 1, {}}) == error_code());
    }
    directory_wish_store store(path);
    BOOST_TEST((store.load("vm") == up()));
    BOOST_REQUIRE(store.load("vm.wish").has_value());
    BOOST_TEST((store.load("vm.wish")->memory.wish == machine_wish::down));
}

BOOST_AUTO_TEST_CASE(gives_the_names_of_its_machines)
{
    directory_wish_store store(path);
    BOOST_TEST(store.names().empty());
    BOOST_TEST(save(store, "vm2", up()) == error_code());
    BOOST_TEST(save(store, "vm1", up()) == error_code());
    std::filesystem::create_directory(std::filesystem::path(path) / "neither");
    BOOST_TEST(store.names() == (std::vector<std::string>{"vm1", "vm2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_a_record_that_no_supervisor_could_read)
{
    directory_wish_store store(path);
    BOOST_TEST((save(store, "vm", memory_record{}) == boost::system::errc::function_not_supported));
    BOOST_TEST(!store.load("vm").has_value());
}

BOOST_AUTO_TEST_CASE(belongs_to_one_supervisor_at_a_time)
{
    directory_wish_store const first(path);
    auto const is_locked = [](boost::system::system_error const& error) {
        return error.code() == boost::system::errc::resource_unavailable_try_again;
    };
    BOOST_CHECK_EXCEPTION(directory_wish_store second(path), boost::system::system_error, is_locked);
}

BOOST_AUTO_TEST_CASE(keeps_the_older_record_when_a_newer_one_cannot_be_written)
{
    directory_wish_store store(path);
    BOOST_TEST(save(store, "vm", up()) == error_code());
    std::filesystem::create_directories(path + "/vm/wish.new/in-the-way");  // neither a file nor empty
    memory_record down = up();
    down.memory.wish = machine_wish::down;
    BOOST_TEST(save(store, "vm", down).failed());
    BOOST_TEST((store.load("vm") == up()));
}

BOOST_AUTO_TEST_CASE(does_not_guess_what_a_damaged_record_says)
{
    directory_wish_store store(path);
    std::filesystem::create_directories(path + "/vm");
    std::ofstream(path + "/vm/wish") << R"({"format":1,"needs":1,"wish":"u)";
    auto const names_the_file = [this](boost::system::system_error const& error) {
        return error.code() == errc::invalid_record && std::string(error.what()).find(path + "/vm/wish") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(static_cast<void>(store.load("vm")), boost::system::system_error, names_the_file);
}

BOOST_AUTO_TEST_CASE(forgets_a_machine_after_its_last_save)
{
    {
        directory_wish_store store(path);
        BOOST_TEST(save(store, "vm", up()) == error_code());
        store.forget("vm", [](error_code) {});
        BOOST_TEST(save(store, "other", up()) == error_code());  // after it, on the same thread
    }
    BOOST_TEST(!std::filesystem::exists(path + "/vm"));
}

BOOST_AUTO_TEST_SUITE_END()
