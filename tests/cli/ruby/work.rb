# Uses Ruby's core and standard library, reads and writes files. Prints the same on every engine.
require "digest"
require "json"
require "set"
require "stringio"
require "tempfile"

folder = ARGV[0]

primes = (2..20_000).select { |n| (2..Integer.sqrt(n)).none? { |d| (n % d).zero? } }
puts "primes #{primes.size} #{primes.sum} #{Digest::SHA256.hexdigest(primes.join(","))[0, 16]}"

path = File.join(folder, "table.txt")
File.open(path, "w") do |file|
  "the quick brown fox jumps over the lazy dog".chars.tally.sort.each { |char, count| file.puts "#{char.inspect} #{count}" }
end
File.open(path, "a") { |file| file.write "end\n" }
lines = File.readlines(path, chomp: true)
puts "lines #{lines.size} #{lines.first} #{lines.last} #{File.size(path)}"
File.open(path, "r+") do |file|
  file.seek(-4, IO::SEEK_END)
  file.write "END\n"
  file.rewind
  puts "seek #{file.read.lines.last.chomp} #{file.eof?}"
end
File.rename(path, File.join(folder, "renamed.txt"))
Dir.mkdir(File.join(folder, "sub"))
File.symlink("renamed.txt", File.join(folder, "link"))
puts "files #{Dir.children(folder).sort} #{File.symlink?(File.join(folder, "link"))} #{File.readlink(File.join(folder, "link"))}"
puts "glob #{Dir.glob(File.join(folder, "*.txt")).map { |name| File.basename(name) }}"
File.utime(Time.at(1_000_000_000, 123_456_789, :nsec), Time.at(1_234_567_890, 987_654_321, :nsec), File.join(folder, "renamed.txt"))
puts "times #{File.stat(File.join(folder, "renamed.txt")).mtime.nsec} #{File.mtime(File.join(folder, "link")).to_i}"
File.truncate(File.join(folder, "renamed.txt"), 3)
puts "cut #{File.read(File.join(folder, "link")).inspect}"
File.delete(File.join(folder, "renamed.txt"), File.join(folder, "link"))
Dir.rmdir(File.join(folder, "sub"))
puts "empty #{Dir.empty?(folder)}"

text = JSON.generate({ "größe" => "ß", "pi" => Math::PI, "list" => [1, nil, true] })
puts "json #{text} #{JSON.parse(text)["list"]}"
puts "regexp #{"hello world, good day".gsub(/(?<first>\w+) (\w+)/) { "#{$~[:first]}!" }}"
puts "big #{2**200 % 1_000_007} #{Rational(3, 4) + 1} #{[0xffffffff, -1, 0.1].pack("Nq<E").unpack1("H*")}"
fiber = Fiber.new { 3.times { |i| Fiber.yield i * i }; :done }
puts "fiber #{4.times.map { fiber.resume }}"
def depth(n) = n.zero? ? 0 : 1 + depth(n - 1)
puts "depth #{depth(500)}"
begin
  File.open(File.join(folder, "missing"))
rescue SystemCallError => error
  puts "error #{error.class}"
end
begin
  catch(:found) { raise ArgumentError, "wrong" }
rescue => error
  puts "rescued #{error.message} #{error.backtrace.size.positive?}"
ensure
  puts "ensured"
end
puts "set #{Set[3, 1, 2].sort} #{StringIO.new("a\nb").each_line.count} #{$stdin.read.length}"
exit 7
