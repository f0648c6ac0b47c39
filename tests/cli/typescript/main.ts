import { Circle, Rectangle, type Shape } from "./shapes";
import settings from "./settings.json";

enum Order {
  Up = 1,
  Down = -1,
}

const shapes: Shape[] = [new Circle(2), new Rectangle(3, settings.height ?? 4), new Circle(0.5)];

function* sorted<T extends Shape>(list: T[], order: Order = Order.Up): Generator<[string, number]> {
  for (const shape of [...list].sort((a, b) => order * (a.area() - b.area()))) {
    yield [shape.name, Math.round(shape.area() * 100) / 100];
  }
}

for (const [name, area] of sorted(shapes, Order.Down)) {
  console.log(`${settings.title}: ${name.padEnd(10)} ${area}`);
}
