// The codes of DWARF that this reader looks at. Visible: the namespaces tag, at, form, rle.
// Spec: DWARF 5, section 7; the GNU forms and MIPS_linkage_name are of DWARF 4's time.
#pragma once

#include <cstdint>

namespace wasmrun::dwarf {

namespace tag {
inline constexpr uint64_t kInlinedSubroutine = 0x1d;
inline constexpr uint64_t kSubprogram = 0x2e;
}  // namespace tag

namespace at {
inline constexpr uint64_t kName = 0x03;
inline constexpr uint64_t kStmtList = 0x10;
inline constexpr uint64_t kLowPc = 0x11;
inline constexpr uint64_t kHighPc = 0x12;
inline constexpr uint64_t kCompDir = 0x1b;
inline constexpr uint64_t kAbstractOrigin = 0x31;
inline constexpr uint64_t kSpecification = 0x47;
inline constexpr uint64_t kRanges = 0x55;
inline constexpr uint64_t kCallColumn = 0x57;
inline constexpr uint64_t kCallFile = 0x58;
inline constexpr uint64_t kCallLine = 0x59;
inline constexpr uint64_t kLinkageName = 0x6e;
inline constexpr uint64_t kStrOffsetsBase = 0x72;
inline constexpr uint64_t kAddrBase = 0x73;
inline constexpr uint64_t kRnglistsBase = 0x74;
inline constexpr uint64_t kMipsLinkageName = 0x2007;
}  // namespace at

namespace form {
inline constexpr uint64_t kAddr = 0x01;
inline constexpr uint64_t kBlock2 = 0x03;
inline constexpr uint64_t kBlock4 = 0x04;
inline constexpr uint64_t kData2 = 0x05;
inline constexpr uint64_t kData4 = 0x06;
inline constexpr uint64_t kData8 = 0x07;
inline constexpr uint64_t kString = 0x08;
inline constexpr uint64_t kBlock = 0x09;
inline constexpr uint64_t kBlock1 = 0x0a;
inline constexpr uint64_t kData1 = 0x0b;
inline constexpr uint64_t kFlag = 0x0c;
inline constexpr uint64_t kSdata = 0x0d;
inline constexpr uint64_t kStrp = 0x0e;
inline constexpr uint64_t kUdata = 0x0f;
inline constexpr uint64_t kRefAddr = 0x10;
inline constexpr uint64_t kRef1 = 0x11;
inline constexpr uint64_t kRef2 = 0x12;
inline constexpr uint64_t kRef4 = 0x13;
inline constexpr uint64_t kRef8 = 0x14;
inline constexpr uint64_t kRefUdata = 0x15;
inline constexpr uint64_t kIndirect = 0x16;
inline constexpr uint64_t kSecOffset = 0x17;
inline constexpr uint64_t kExprloc = 0x18;
inline constexpr uint64_t kFlagPresent = 0x19;
inline constexpr uint64_t kStrx = 0x1a;
inline constexpr uint64_t kAddrx = 0x1b;
inline constexpr uint64_t kRefSup4 = 0x1c;
inline constexpr uint64_t kStrpSup = 0x1d;
inline constexpr uint64_t kData16 = 0x1e;
inline constexpr uint64_t kLineStrp = 0x1f;
inline constexpr uint64_t kRefSig8 = 0x20;
inline constexpr uint64_t kImplicitConst = 0x21;
inline constexpr uint64_t kLoclistx = 0x22;
inline constexpr uint64_t kRnglistx = 0x23;
inline constexpr uint64_t kRefSup8 = 0x24;
inline constexpr uint64_t kStrx1 = 0x25;
inline constexpr uint64_t kStrx2 = 0x26;
inline constexpr uint64_t kStrx3 = 0x27;
inline constexpr uint64_t kStrx4 = 0x28;
inline constexpr uint64_t kAddrx1 = 0x29;
inline constexpr uint64_t kAddrx2 = 0x2a;
inline constexpr uint64_t kAddrx3 = 0x2b;
inline constexpr uint64_t kAddrx4 = 0x2c;
inline constexpr uint64_t kGnuAddrIndex = 0x1f01;
inline constexpr uint64_t kGnuStrIndex = 0x1f02;
inline constexpr uint64_t kGnuRefAlt = 0x1f20;
inline constexpr uint64_t kGnuStrpAlt = 0x1f21;
}  // namespace form

/// Entries of .debug_rnglists.
namespace rle {
inline constexpr uint8_t kEndOfList = 0;
inline constexpr uint8_t kBaseAddressx = 1;
inline constexpr uint8_t kStartxEndx = 2;
inline constexpr uint8_t kStartxLength = 3;
inline constexpr uint8_t kOffsetPair = 4;
inline constexpr uint8_t kBaseAddress = 5;
inline constexpr uint8_t kStartEnd = 6;
inline constexpr uint8_t kStartLength = 7;
}  // namespace rle

}  // namespace wasmrun::dwarf
