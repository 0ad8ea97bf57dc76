// C++: virtual calls, containers, strings and lambdas, each through functions of a few lines.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#ifndef ROUNDS
#define ROUNDS 100
#endif

namespace {

std::uint32_t seed = 1;

std::uint32_t number() { return (seed = seed * 1664525u + 1013904223u) >> 8; }

struct Shape {
    virtual ~Shape() = default;
    virtual std::uint32_t area() const = 0;
    virtual std::string name() const = 0;
};

class Rectangle : public Shape {
public:
    Rectangle(std::uint32_t width, std::uint32_t height) : width_(width), height_(height) {}
    std::uint32_t area() const override { return width_ * height_; }
    std::string name() const override { return "rectangle of " + std::to_string(width_); }

private:
    std::uint32_t width_, height_;
};

class Square : public Rectangle {
public:
    explicit Square(std::uint32_t side) : Rectangle(side, side) {}
    std::string name() const override { return "square"; }
};

class Triangle : public Shape {
public:
    Triangle(std::uint32_t base, std::uint32_t height) : base_(base), height_(height) {}
    std::uint32_t area() const override { return base_ * height_ / 2; }
    std::string name() const override { return "triangle"; }

private:
    std::uint32_t base_, height_;
};

std::unique_ptr<Shape> made() {
    std::uint32_t kind = number() % 3, x = number() % 100, y = number() % 100;
    if (kind == 0) return std::make_unique<Rectangle>(x, y);
    if (kind == 1) return std::make_unique<Square>(x);
    return std::make_unique<Triangle>(x, y);
}

} // namespace

int main() {
    std::uint32_t sum = 0;
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int round = 0; round < ROUNDS; round++) {
        shapes.push_back(made());
        if (shapes.size() > 24) shapes.erase(shapes.begin() + number() % shapes.size());
        std::sort(shapes.begin(), shapes.end(),
                  [](const auto &a, const auto &b) { return a->area() < b->area(); });
        sum = std::accumulate(shapes.begin(), shapes.end(), sum, [](std::uint32_t so_far, const auto &one) {
            return so_far * 31 + one->area();
        });
        for (char letter : shapes[number() % shapes.size()]->name())
            sum = sum * 31 + static_cast<std::uint8_t>(letter);
    }
    std::printf("objects %08lx\n", static_cast<unsigned long>(sum));
    return 0;
}
