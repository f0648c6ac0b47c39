"""The parts of bench/run: programs, tools, measurements, reports."""
