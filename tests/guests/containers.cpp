// The C++ library: containers, algorithms, streams, virtual calls, static objects and their destructors.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : Shape {
  explicit Square(double side) : side(side) {}
  double area() const override { return side * side; }
  double side;
};
struct Circle : Shape {
  explicit Circle(double radius) : radius(radius) {}
  double area() const override { return 3 * radius * radius; }
  double radius;
};

struct Farewell {
  ~Farewell() { std::cout << "bye" << std::endl; }
} farewell;

}  // namespace

int main() {
  std::map<std::string, int> counts;
  std::istringstream words("the cat and the dog and the bird");
  for (std::string word; words >> word;) ++counts[word];
  for (const auto& [word, count] : counts) std::cout << word << '=' << count << ' ';
  std::cout << '\n';

  std::unordered_map<int, std::vector<int>> multiples;
  for (int i = 1; i <= 1000; ++i) multiples[i % 7].push_back(i);
  const auto& row = multiples[3];
  std::cout << row.size() << ' ' << std::accumulate(row.begin(), row.end(), 0) << '\n';

  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 1; i <= 4; ++i) {
    if (i % 2) shapes.push_back(std::make_unique<Square>(i));
    else shapes.push_back(std::make_unique<Circle>(i));
  }
  std::sort(shapes.begin(), shapes.end(), [](const auto& a, const auto& b) { return a->area() > b->area(); });
  for (const auto& shape : shapes) std::cout << shape->area() << ' ';
  std::cout << std::endl;
}
