// C++: exceptions, containers, strings, virtual calls, dynamic_cast, static constructors.
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <variant>
#include <vector>

#include "system.h"

namespace {

struct Order {
    explicit Order(const char *name) : name_(name) { said += std::string("+") + name_; }
    ~Order() { said += std::string("-") + name_; }
    const char *name_;
    static std::string said;
};

std::string Order::said;
Order first("first"), second("second");

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};

struct Named {
    virtual ~Named() = default;
    virtual std::string name() const { return "named"; }
};

struct Square : Shape {
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
    std::string name() const override { return "square"; }
    double side;
};

struct Circle : Shape, Named {
    explicit Circle(double radius) : radius(radius) {}
    double area() const override { return 3.14159265358979 * radius * radius; }
    std::string name() const override { return "circle"; }
    double radius;
};

struct Refused : std::runtime_error {
    Refused(const std::string &what, int code) : std::runtime_error(what), code(code) {}
    int code;
};

__attribute__((noinline)) int deep(int levels, int &destroyed)
{
    struct Guard {
        int &count;
        ~Guard() { count++; }
    } guard{destroyed};
    if (levels == 0) {
        throw Refused("at the bottom", 42);
    }
    return deep(levels - 1, destroyed) + 1;
}

void exceptions()
{
    int destroyed = 0;
    try {
        std::printf("never %d\n", deep(20, destroyed));
    } catch (const Refused &refused) {
        std::printf("caught %s, code %d, guards %d\n", refused.what(), refused.code, destroyed);
    }
    try {
        try {
            throw 7;
        } catch (int &value) {
            value++;
            throw;
        }
    } catch (int value) {
        std::printf("rethrown %d\n", value);
    }
    try {
        std::vector<int>(3).at(5) = 1;
    } catch (const std::exception &error) {
        std::printf("out of range: %d\n", dynamic_cast<const std::out_of_range *>(&error) != nullptr);
    }
    try {
        std::stoi("not a number");
    } catch (const std::invalid_argument &error) {
        std::printf("invalid argument: %s\n", error.what());
    }
    try {
        throw std::string("text");
    } catch (...) {
        std::printf("anything\n");
    }
    try {
        const Shape *shape = new Square(1);
        std::unique_ptr<const Shape> keeper(shape);
        dynamic_cast<const Circle &>(*shape);
    } catch (const std::bad_cast &) {
        std::printf("bad cast\n");
    }
}

void shapes()
{
    std::vector<std::unique_ptr<Shape>> all;
    for (int k = 1; k <= 3; k++) {
        all.push_back(std::make_unique<Square>(k));
        all.push_back(std::make_unique<Circle>(k * 0.5));
    }
    std::sort(all.begin(), all.end(), [](auto &a, auto &b) { return a->area() < b->area(); });
    for (const auto &shape : all) {
        const Named *named = dynamic_cast<const Named *>(shape.get());
        std::printf("%s %.6f named %s\n", shape->name().c_str(), shape->area(),
                    named ? named->name().c_str() : "no");
    }
    std::printf("same type %d\n", typeid(*all[0]) == typeid(Circle));
}

void containers()
{
    std::map<std::string, int> counts;
    for (const std::string word : {"flash", "ram", "flash", "cache", "ram", "flash"}) {
        counts[word]++;
    }
    for (const auto &[word, count] : counts) {
        std::printf("%s=%d ", word.c_str(), count);
    }
    std::set<int> primes;
    for (int n = 2; n < 60; n++) {
        if (std::none_of(primes.begin(), primes.end(), [n](int p) { return n % p == 0; })) {
            primes.insert(n);
        }
    }
    std::printf("\n%d primes, sum %d\n", static_cast<int>(primes.size()),
                std::accumulate(primes.begin(), primes.end(), 0));
    std::unordered_map<int, std::string> names{{1, "one"}, {2, "two"}, {1000, "thousand"}};
    std::printf("%s %s %d\n", names[1000].c_str(), names.at(2).c_str(),
                static_cast<int>(names.count(3)));
    std::string text;
    for (int k = 0; k < 200; k++) {
        text += static_cast<char>('a' + k * 7 % 26);
    }
    std::reverse(text.begin(), text.end());
    std::printf("%s %d\n", text.substr(0, 20).c_str(), static_cast<int>(text.find("xyz")));
    std::array<std::function<int(int)>, 3> steps{[](int x) { return x + 1; },
                                                 [](int x) { return x * x; },
                                                 [&](int x) { return x - int(primes.size()); }};
    int value = 6;
    for (const auto &step : steps) {
        value = step(value);
    }
    std::variant<int, std::string> either = std::string("variant");
    const std::optional<double> maybe = value > 0 ? std::optional<double>(value / 7.0) : std::nullopt;
    std::printf("%d %s %.9g\n", value, std::get<std::string>(either).c_str(), maybe.value_or(-1));
}

} // namespace

int main()
{
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("%s\n", Order::said.c_str());
    exceptions();
    shapes();
    containers();
    std::fflush(stdout);
    return 0;
}
