export interface Shape {
  readonly name: string;
  area(): number;
}

export class Circle implements Shape {
  readonly name = "circle";
  constructor(private radius: number) {}
  area(): number {
    return Math.PI * this.radius ** 2;
  }
}

export class Rectangle implements Shape {
  readonly name = "rectangle";
  constructor(
    private width: number,
    private height: number,
  ) {}
  area(): number {
    return this.width * this.height;
  }
}

export function unused(): never {
  throw new Error("left out of the bundle");
}
