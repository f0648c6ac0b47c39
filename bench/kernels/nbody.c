// Gravity between five bodies: double arithmetic, square roots, few memory accesses.
#include "../bench.h"
#include <math.h>

struct body { double x, y, z, vx, vy, vz, mass; };

uint64_t kernel(void) {
  struct body bodies[5];
  uint32_t seed = 1;
  for (int i = 0; i < 5; ++i) {
    double* field = &bodies[i].x;
    for (int j = 0; j < 7; ++j) field[j] = (double)(next_random(&seed) % 1000 + 1) / 500.0;
  }
  for (int step = 0; step < 300000; ++step) {
    for (int i = 0; i < 5; ++i) {
      for (int j = i + 1; j < 5; ++j) {
        struct body *a = &bodies[i], *b = &bodies[j];
        const double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
        const double d2 = dx * dx + dy * dy + dz * dz + 0.01;
        const double pull = 0.0001 / (d2 * sqrt(d2));
        a->vx -= dx * b->mass * pull; a->vy -= dy * b->mass * pull; a->vz -= dz * b->mass * pull;
        b->vx += dx * a->mass * pull; b->vy += dy * a->mass * pull; b->vz += dz * a->mass * pull;
      }
    }
    for (int i = 0; i < 5; ++i) {
      bodies[i].x += 0.0001 * bodies[i].vx; bodies[i].y += 0.0001 * bodies[i].vy; bodies[i].z += 0.0001 * bodies[i].vz;
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < 5; ++i) sum ^= bits_of(bodies[i].x) * (uint64_t)(i + 1);
  return sum;
}
